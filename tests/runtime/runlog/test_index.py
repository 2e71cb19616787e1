"""The index gives back every event of every log, wherever it is cut, while it grows, and out of a kept file."""

from __future__ import annotations

import asyncio
import os
import tempfile
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers_core import events_of, mocked, until
from pipeline_runtime.errors import RunLogError
from pipeline_runtime.events import Delta, FrameReceived, Lint, Stall, Unknown
from pipeline_runtime.runlog.bodies import RawBodies
from pipeline_runtime.runlog.index import (
    BURST,
    NO_FRAME,
    OTHER,
    EventIndex,
    LogIndex,
    Traits,
    index_path,
    keep_index,
)
from pipeline_runtime.runlog.index import blocks as blocks_module
from pipeline_runtime.runlog.index import kept as kept_module
from pipeline_runtime.runlog.index import rows as rows_module
from pipeline_runtime.runlog.reader import RunLog
from pipeline_runtime.simulator import Simulator, bundled_scenarios

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.runlog.index import Row

PROVIDERS = ("claude", "openai", "openai-responses", "gemini", "ollama")
SCENARIOS = sorted(set(bundled_scenarios()) - {"long"})


@pytest.fixture(scope="module")
def instant() -> Iterator[Simulator]:
    with Simulator(time_scale=0) as running:
        yield running


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks so small that short runs have many."""
    monkeypatch.setattr(blocks_module, "BLOCK", 16)


def flat(rows: list[Row]) -> list[AnyEvent]:
    return list(chain.from_iterable((row.event, *row.made) for row in rows))


def indexed(path: Path) -> LogIndex:
    index = LogIndex(path)
    index.finish()
    return index


async def logged(simulator: Simulator, scenario: str = "tool-call", provider: str = "claude") -> Path:
    steps = ", ".join(
        f"{{id: {name}, needs: [], prompt: hi, scenario: {scenario}, provider: {provider}, retry: {{backoff: 0.01}}}}"
        for name in ("a", "b")
    )
    run = mocked(f"steps: [{steps}]", simulator)
    await events_of(run)
    assert run.log_path is not None
    return run.log_path


@pytest.mark.streaming
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_rows_hold_every_event_of_every_scenario_and_protocol(
    scenario: str, instant: Simulator
) -> None:
    for provider in PROVIDERS:
        path = await logged(instant, scenario, provider)
        index = indexed(path)
        events = list(RunLog(path).events())
        rows = index.rows(0, len(index))
        assert flat(rows) == events
        assert index.events == len(events)
        assert index.whole
        for number, row in enumerate(rows):
            assert index.rows(number, number + 1) == [row]
            assert not row.made or isinstance(row.event, FrameReceived)
            assert all(isinstance(one, Delta | Lint | Unknown) for one in row.made)
        middle = len(rows) // 2
        assert index.rows(middle - 3, middle + 3) == rows[max(0, middle - 3) : middle + 3]
        assert index.rows(len(rows), len(rows) + 9) == []
        index.clear()
        assert (len(index), index.rows(0, 9)) == (0, [])


@pytest.mark.streaming
async def test_columns_say_what_the_rows_are(instant: Simulator) -> None:
    index = indexed(await logged(instant))
    columns = index.columns
    for number, row in enumerate(index.rows(0, len(index))):
        frame = row.event if isinstance(row.event, FrameReceived) else None
        assert columns.numbers[number] == (frame.n if frame else NO_FRAME)
        assert columns.sizes[number] == (frame.size if frame else 0)
        assert columns.gaps[number] == row.gap
        assert columns.step_names[columns.steps[number]] == (row.event.step or "")
        traits = columns.all_traits[columns.traits[number]]
        assert traits is not None
        assert traits.kind == row.event.__struct_config__.tag
        assert set(traits.lanes) == {one.lane for one in (row.event, *row.made) if isinstance(one, Delta)}
        assert list(traits.made) == list(dict.fromkeys(one.__struct_config__.tag for one in row.made))
    index.close()


@pytest.mark.streaming
async def test_find_begins_anywhere(instant: Simulator) -> None:
    index = indexed(await logged(instant))
    places = [
        number for number, row in enumerate(index.rows(0, len(index))) if len(row.made) > 1 or row.gap == 0
    ]
    found, start = [], 0
    while (place := index.find(lambda row: len(row.made) > 1 or row.gap == 0, start)) is not None:
        found.append(place)
        start = place + 1
    assert found == places
    assert len(found) > 1
    index.close()


# --- logs that are cut, grow or are damaged ---------------------------------------------------------------


@pytest.mark.streaming
async def test_a_log_cut_anywhere_is_read_as_by_the_reader(instant: Simulator, tmp_path: Path) -> None:
    data = (await logged(instant)).read_bytes()
    cut = tmp_path / "cut.jsonl"
    for place in range(data.index(b"\n") + 1, len(data), 53):
        cut.write_bytes(data[:place])
        log, index = RunLog(cut), indexed(cut)
        assert flat(index.rows(0, len(index))) == list(log.events())
        assert index.torn == log.torn
        assert not index.whole
        index.close()


@pytest.mark.streaming
async def test_a_log_is_followed_while_it_is_written(instant: Simulator, tmp_path: Path) -> None:
    path = await logged(instant)
    data, events = path.read_bytes(), list(RunLog(path).events())
    for step in (1, 97, 5000):
        growing = tmp_path / f"{step}.jsonl"
        first = data.index(b"\n") + 1
        growing.write_bytes(data[:first])
        index, other = LogIndex(growing), LogIndex(growing)
        with growing.open("ab", buffering=0) as file:
            for place in range(first, len(data), step if step > 1 else 11):
                file.write(data[place : place + (step if step > 1 else 11)])
                index.follow()
                told = flat(index.rows(0, len(index)))
                assert told == events[: len(told)]
        assert index.follow() == 0
        assert told == events
        assert index.whole
        assert index.last_seq == len(events) - 1
        other.finish()
        assert flat(other.rows(0, len(other))) == events
        assert other.read() == []
        assert other.rest() == []
        index.close()
        other.close()


@pytest.mark.streaming
async def test_a_run_is_followed_while_it_goes_on(simulator: Simulator) -> None:
    run = mocked("steps: [{id: a, prompt: hi, scenario: tool-call}, {id: b, prompt: hi}]", simulator)
    run.start()
    path = run.log_path
    assert path is not None
    await until(lambda: path.exists() and path.stat().st_size)
    index = LogIndex.open(path)
    grown = 0
    while not run.finished:
        grown += bool(index.follow())
        await asyncio.sleep(0)
    await run.wait()
    index.finish()
    assert grown > 1
    assert flat(index.rows(0, len(index))) == list(run.history())
    assert index.whole
    index.close()


@pytest.mark.streaming
async def test_raw_bytes_read_the_log_only_as_far_as_needed(instant: Simulator) -> None:
    path = await logged(instant)
    index, bodies = indexed(path), RawBodies(path)
    frames = [row.event for row in index.rows(0, len(index)) if isinstance(row.event, FrameReceived)]
    first = frames[0]
    assert len(bodies.read("a", first.attempt, first.offset, first.size)) == first.size
    assert bodies._scanned < path.stat().st_size
    for frame in (frames[-1], *frames):
        assert len(bodies.read(frame.step, frame.attempt, frame.offset, frame.size)) == frame.size
    index.close()


@pytest.mark.streaming
@pytest.mark.parametrize("size", [1, 300, 1 << 20])
async def test_slices_of_any_size_give_the_same(size: int, instant: Simulator) -> None:
    path = await logged(instant)
    index = LogIndex(path)
    while events := index.read(size):
        index.add(events)
        index.add(events)
    assert flat(index.rows(0, len(index))) == list(RunLog(path).events())
    index.close()


@pytest.mark.streaming
async def test_damage_ends_the_reading_for_good(instant: Simulator) -> None:
    path = await logged(instant)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:9], b'{"kind":"nonsense"}\n', *lines[9:]]))
    log, index = RunLog(path), indexed(path)
    assert flat(index.rows(0, len(index))) == list(log.events())
    assert index.torn == log.torn
    assert index.torn.startswith("line 10: ")
    index.close()


def test_what_is_no_log_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("hello\n")
    with pytest.raises(RunLogError, match="not a run log"):
        LogIndex.open(tmp_path / "a.jsonl")
    with pytest.raises(RunLogError, match="cannot be read"):
        LogIndex.open(tmp_path / "b.jsonl")


# --- kept beside the log ----------------------------------------------------------------------------------


@pytest.fixture
def keep_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_module, "KEEP_FROM", 0)


@pytest.mark.streaming
@pytest.mark.usefixtures("keep_all")
async def test_a_kept_index_is_whole_without_reading(
    instant: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await logged(instant)
    first = LogIndex.open(path)
    assert not first.kept
    first.finish()
    rows = first.rows(0, len(first))
    assert keep_index(first, path)
    assert index_path(path).stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(LogIndex, "read", None)
    again = LogIndex.open(path)
    assert again.kept
    assert again.ended
    assert again.rows(0, len(again)) == rows == first.rows(0, len(first))
    assert [list(one) for one in again.columns.arrays] == [list(one) for one in first.columns.arrays]
    assert again.columns.all_traits == first.columns.all_traits
    assert again.columns.step_names == first.columns.step_names
    assert (again.events, again.last_seq) == (first.events, first.last_seq)
    assert not keep_index(again, path)
    assert sorted(one.name for one in path.parent.iterdir()) == [path.name, index_path(path).name]
    first.close()
    again.close()


@pytest.mark.streaming
@pytest.mark.usefixtures("keep_all")
async def test_a_kept_index_of_another_log_or_program_is_not_used(
    instant: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await logged(instant)
    index = indexed(path)
    assert keep_index(index, path)
    index.close()
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert not LogIndex.open(path).kept
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    monkeypatch.setattr(kept_module, "_VERSION", "0.0.0")
    assert not LogIndex.open(path).kept
    monkeypatch.undo()
    with path.open("ab") as file:
        file.write(b"{}\n")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert not LogIndex.open(path).kept


@pytest.mark.streaming
@pytest.mark.usefixtures("keep_all")
async def test_a_damaged_kept_index_is_not_used(instant: Simulator) -> None:
    path = await logged(instant)
    index = indexed(path)
    rows = index.rows(0, len(index))
    assert keep_index(index, path)
    index.close()
    kept = index_path(path)
    good = kept.read_bytes()
    for place in range(0, len(good), 211):
        kept.write_bytes(good[:place] + bytes([good[place] ^ 0x55]) + good[place + 1 :])
        assert not LogIndex.open(path).kept
        kept.write_bytes(good[:place])
        again = LogIndex.open(path)
        assert not again.kept
    again.finish()
    assert again.rows(0, len(again)) == rows
    assert keep_index(again, path)
    again.close()
    replaced = LogIndex.open(path)
    assert replaced.kept
    replaced.close()


@pytest.mark.streaming
async def test_only_whole_indexes_of_large_logs_are_kept(
    instant: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await logged(instant)
    index = indexed(path)
    assert not keep_index(index, path)
    monkeypatch.setattr(kept_module, "KEEP_FROM", 0)
    assert not keep_index(index, tmp_path / "gone.jsonl")
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(path.read_bytes()[:-9])
    part = indexed(cut)
    assert not keep_index(part, cut)
    assert not index_path(cut).exists()
    hole = EventIndex()
    hole.add(list(RunLog(path).events())[3:])
    assert not keep_index(hole, path)

    def full(*_args: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept_module.tempfile, "mkstemp", full)
    assert not keep_index(index, path)
    monkeypatch.undo()
    monkeypatch.setattr(kept_module, "KEEP_FROM", 0)
    monkeypatch.setattr(Path, "replace", full)
    assert not keep_index(index, path)
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    for one in (index, part, hole):
        one.close()


# --- blocks -----------------------------------------------------------------------------------------------


def frame(n: int, data: str | None = "{}", **more: Any) -> FrameReceived:
    fields = {"event": "message", "data": data, "offset": 0, "size": len(data or ""), "chunks": (n, n)} | more
    return FrameReceived("r", "s", 1, n, n * 50, n, **fields)


def test_a_disk_that_is_full_keeps_blocks_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    events = [frame(n) for n in range(100)]
    index = EventIndex()
    index.add(events[:40])

    def full(*_args: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    assert index.blocks._file is not None
    working = index.blocks._file
    monkeypatch.setattr(index.blocks, "_file", type("Full", (), {"seek": full})())
    index.add(events[40:80])
    monkeypatch.setattr(index.blocks, "_file", working)
    index.add(events[80:])
    assert flat(index.rows(0, 100)) == events
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    nowhere = EventIndex()
    nowhere.add(events)
    assert flat(nowhere.rows(0, 100)) == events
    index.close()
    nowhere.close()


def test_large_frames_end_a_block_early() -> None:
    big = "x" * (blocks_module.BLOCK_BYTES // 3)
    index = EventIndex()
    for n in range(20):
        index.add([frame(n, big)])
    assert max(len(index.blocks._block(n)) for n in range(len(index.blocks._ends))) <= 3
    assert len(index.blocks._tail) <= 3
    huge = frame(20, "y" * blocks_module._PLAIN_FROM)
    index.add([huge, frame(21)])
    assert [row.event.seq for row in index.rows(0, 22)] == list(range(22))
    assert index.rows(20, 21)[0].event == huge
    index.close()


def test_integers_that_no_binary_form_has() -> None:
    event = frame(0)
    strange = Unknown("r", "s", 1, 1, 1, "x", "{}", 2**70)
    index = EventIndex()
    index.add([event, strange, *(frame(n) for n in range(2, 60))])
    assert index.rows(1, 2)[0].event.frame == pytest.approx(2**70)
    assert index.may_hold([1], "nowhere")
    index.close()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=40, max_size=80), st.text(min_size=1, max_size=4))
def test_no_text_is_missed(texts: list[str], needle: str) -> None:
    index = EventIndex()
    index.add([frame(n, text) for n, text in enumerate(texts)])
    rows = range(len(index))
    groups = list(index.groups(rows))
    assert [row for group in groups for row in group] == list(rows)
    for group in groups:
        holds = any(needle.lower() in texts[row].lower() for row in group)
        assert index.may_hold(group, needle) or not holds
    index.close()


def test_what_cannot_be_there_is_told() -> None:
    index = EventIndex()
    index.add([frame(n, f"number {n}") for n in range(64)])
    groups = list(index.groups(range(64)))
    assert [index.may_hold(group, "NUMBER 40") for group in groups] == [40 in group for group in groups]
    assert list(index.groups([3, 5, 17, 63])) == [[3, 5], [17], [63]]
    index.close()


# --- rows -------------------------------------------------------------------------------------------------


def test_a_row_is_a_frame_and_what_follows_of_it() -> None:
    def delta(seq: int, of: int | None) -> Delta:
        return Delta("r", "s", 1, seq, 0, "x", "text", 0, of)

    index = EventIndex()
    stall = Stall("r", "s", 1, 90, 90, "began", 1, 2, 3)
    index.add([frame(0), delta(1, 0)])
    assert index.columns.all_traits[index.columns.traits[-1]] == Traits(
        "frame", "message", ("delta",), ("text",)
    )
    index.add([delta(2, 0), Lint("r", "s", 1, 3, 0, "code", "message", "cure", 0)])
    index.add([delta(4, None), delta(5, 0), frame(6), stall, delta(91, 6), frame(92, chunks=(6, 6))])
    rows = index.rows(0, len(index))
    assert [len(row.made) for row in rows] == [3, 0, 0, 0, 0, 0, 0]
    assert [row.gap for row in rows] == [0, 0, 0, 300, -210, -300, BURST]
    traits = index.columns.all_traits[index.columns.traits[0]]
    assert traits == Traits("frame", "message", ("delta", "lint"), ("text",))
    index.close()


def test_names_without_end_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "_MOST_TRAITS", 10)
    index = EventIndex()
    index.add([frame(n, event=f"name {n}") for n in range(50)])
    assert len(index.columns.all_traits) == 10
    assert list(index.columns.traits)[8:12] == [9, OTHER, OTHER, OTHER]
    index.close()


def of_steps(order: list[str]) -> list[AnyEvent]:
    """Frames of steps, each with its delta, numbered as they are recorded."""
    found: list[AnyEvent] = []
    for n, step in enumerate(order):
        found.append(FrameReceived("r", step, 1, 2 * n, n, n, "", "{}", 0, 2, (n, n)))
        found.append(Delta("r", step, 1, 2 * n + 1, n, "x", "text", 0, n))
    return found


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=40), st.data())
def test_steps_that_are_held_while_others_go_on_lose_no_row(order: list[str], data: st.DataObject) -> None:
    recorded = of_steps(order)
    waiting = {step: [event for event in recorded if event.step == step] for step in set(order)}
    handed_on: list[AnyEvent] = []
    index = EventIndex()
    while any(waiting.values()):
        step = data.draw(st.sampled_from(sorted(step for step in waiting if waiting[step])))
        size = 2 * data.draw(st.integers(1, 5))
        batch, waiting[step] = waiting[step][:size], waiting[step][size:]
        again = handed_on[len(handed_on) // 2 :]
        index.add([*again, *batch])
        handed_on += batch
    assert flat(index.rows(0, len(index))) == handed_on
    assert index.last_seq == len(recorded) - 1
    rows = index.rows(0, len(index))
    for seq in range(len(recorded)):
        assert seq in [event.seq for event in flat([rows[index.row_of(seq)]])]
    assert index.row_of(10_000) == index.row_of(len(recorded) - 1)
    assert index.row_of(-1) == -1


def test_a_number_that_is_not_there_is_at_the_nearest_below() -> None:
    index = EventIndex()
    assert index.row_of(3) == -1
    recorded = of_steps(["a", "b", "b", "a"])
    index.add([event for event in recorded if event.step == "b"])
    assert [index.row_of(seq) for seq in range(8)] == [-1, -1, 0, 0, 1, 1, 1, 1]
    assert not index.whole


async def test_only_an_index_in_the_order_of_the_log_is_whole(instant: Simulator) -> None:
    events = RunLog(await logged(instant)).events()
    held = [event for event in events if event.step is None or event.seq % 2]
    index = EventIndex()
    index.add(held)
    assert not index.whole
