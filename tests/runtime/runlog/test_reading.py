"""What is read back is what was told, from whole logs, cut ones and logs that still grow."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from helpers_core import (
    events_of,
    gather,
    head,
    live,
    mocked,
    of,
    only,
    piece,
    pieces,
    replying,
    seen,
    workflow_for,
)
from helpers_transport import Peer, serving
from pipeline_runtime import load_workflow
from pipeline_runtime.engine.run import Run
from pipeline_runtime.engine.setting import Setting
from pipeline_runtime.errors import RunLogError
from pipeline_runtime.events import Delta, FrameReceived, Lint, RunFinished
from pipeline_runtime.runlog.bodies import RawBodies
from pipeline_runtime.runlog.reader import RunLog
from pipeline_runtime.runlog.summaries import last_runs, recent_runs
from pipeline_runtime.simulator import Simulator, bundled_scenarios

if TYPE_CHECKING:
    from collections.abc import Iterator

SCENARIOS = sorted(set(bundled_scenarios()) - {"long"})
BUNDLED = sorted(path.name for path in (Path(__file__).parents[3] / "workflows").glob("*.yaml"))


@pytest.fixture(scope="module")
def instant() -> Iterator[Simulator]:
    with Simulator(time_scale=0) as running:
        yield running


@pytest.mark.streaming
@pytest.mark.parametrize("provider", ["claude", "openai"])
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_every_scenario_reads_back(scenario: str, provider: str, instant: Simulator) -> None:
    steps = ", ".join(
        f"{{id: {name}, needs: [], prompt: hi, scenario: {scenario}, provider: {provider}, retry: {{backoff: 0.01}}}}"
        for name in ("a", "b")
    )
    await events_of(mocked(f"steps: [{steps}]", instant))


@pytest.mark.streaming
@pytest.mark.parametrize("name", BUNDLED)
async def test_every_bundled_workflow_reads_back(name: str, repository: Path, instant: Simulator) -> None:
    workflow = load_workflow(repository / "workflows" / name)
    inputs = {key: given.default for key, given in workflow.inputs.items()}
    await events_of(Run(workflow, inputs, Setting.of(workflow, mode="mock", simulator=instant, console=None)))


async def small_log(simulator: Simulator) -> tuple[Path, list]:
    steps = "{id: a, needs: [], prompt: hi, scenario: {reply: 'four words are here'}}, " * 2
    steps = steps.replace("id: a", "id: b", 1)
    run = mocked(f"steps: [{steps} {{id: c, prompt: x, scenario: error-mid-stream}}]", simulator)
    events = await events_of(run)
    assert run.log_path is not None
    return run.log_path, events


def is_prefix(told: list, events: list) -> bool:
    return told == events[: len(told)]


@pytest.mark.streaming
async def test_a_log_cut_at_any_line_is_a_prefix(instant: Simulator, tmp_path: Path) -> None:
    path, events = await small_log(instant)
    lines = path.read_bytes().splitlines(keepends=True)
    longest = 0
    for count in range(1, len(lines) + 1):
        cut = tmp_path / "cut.jsonl"
        cut.write_bytes(b"".join(lines[:count]))
        log = RunLog(cut)
        told = list(log.events(close=False))
        assert is_prefix(told, events)
        assert len(told) >= longest
        longest = len(told)
        assert log.torn is None
        closing = list(log.events())[len(told) :]
        assert all(isinstance(event, FrameReceived | Lint | Delta) for event in closing)
        assert (log.finished is None) == (count < len(lines))
    assert longest == len(events)


@pytest.mark.streaming
async def test_a_log_cut_inside_a_line_is_a_prefix(instant: Simulator, tmp_path: Path) -> None:
    path, events = await small_log(instant)
    data = path.read_bytes()
    first = data.index(b"\n") + 1
    for place in range(first, len(data), 67):
        cut = tmp_path / "cut.jsonl"
        cut.write_bytes(data[:place])
        log = RunLog(cut)
        assert is_prefix(list(log.events(close=False)), events)
        assert (log.torn is None) == (data[place - 1 : place] == b"\n" or data[place : place + 1] == b"\n")
        list(log.events())


@pytest.mark.parametrize(
    "damage",
    [
        b"\xff\xfe not utf-8\n",
        b'{"kind":"delta"',
        b"[" * 99_999 + b"\n",
        b"\x00" * 50,
        b'{"kind":"nonsense"}\n',
    ],
)
async def test_damage_ends_the_reading_and_is_told(damage: bytes, instant: Simulator) -> None:
    path, events = await small_log(instant)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:4]) + damage + b"".join(lines[4:]))
    log = RunLog(path)
    assert is_prefix(list(log.events(close=False)), events)
    assert log.torn is not None
    assert log.torn.startswith("line 5: ")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a run log"),
        (b"hello\n", "not a run log"),
        (b"\xff\xfe\n", "not a run log"),
        (b'{"kind":"delta","schema":1}\n', "not a run log"),
        (b'{"some": "json"}\n', "not a run log"),
        (b"[" * 99_999, "not a run log"),
        (
            b'{"kind":"log","schema":2,"writer":"pipeline-tui 9.9","new":"field"}\n',
            "newer version (pipeline-tui 9.9)",
        ),
    ],
)
def test_files_that_are_no_log_of_ours(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(RunLogError, match=r"a\.jsonl") as caught:
        RunLog(path)
    assert words in caught.value.message
    assert caught.value.cure


@pytest.mark.parametrize("place", ["absent", "."])
def test_files_that_cannot_be_opened(tmp_path: Path, place: str) -> None:
    with pytest.raises(RunLogError, match="cannot be read"):
        RunLog(tmp_path / place)


async def test_an_unknown_protocol_is_said(instant: Simulator) -> None:
    path, _ = await small_log(instant)
    path.write_bytes(path.read_bytes().replace(b'"protocol":"anthropic"', b'"protocol":"telepathy"'))
    with pytest.raises(RunLogError, match="telepathy"):
        list(RunLog(path).events())


async def test_unknown_fields_of_a_later_version_are_no_harm(instant: Simulator) -> None:
    path, events = await small_log(instant)
    path.write_bytes(
        path.read_bytes().replace(b'{"kind":"run_started",', b'{"kind":"run_started","mood":"good",')
    )
    assert list(RunLog(path).events()) == events


async def test_a_frame_that_was_too_large_reads_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline_runtime.wire.sse.SSEParser.__init__.__defaults__", (3000,))
    body = piece("fine ") + b"data: " + b"x" * 9000
    async with serving(replying(head(), body[:500], body[500:5000], body[5000:])) as server:
        events = await events_of(live(workflow_for(server)))
    assert only(events, RunFinished).status == "failed"


# --- raw bytes --------------------------------------------------------------------------------------------


@pytest.mark.streaming
async def test_the_bytes_of_every_frame(instant: Simulator) -> None:
    body = b"".join(pieces("Ünï", "cödé", "x" * 300)) + b"data: \xff\xfe\n\n: a comment\n\n"
    places = range(0, len(body), 37)

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(head())
        for place in places:
            await peer.send(body[place : place + 37])
            await asyncio.sleep(0)

    async with serving(script) as server:
        run = live(workflow_for(server))
        events = await events_of(run)
    frames = of(events, FrameReceived)
    assert b"".join(run.raw_bytes("s1", 1, one.offset, one.size) for one in frames) == body
    for one in frames:
        assert run.raw_bytes("s1", 1, one.offset, one.size) == body[one.offset : one.offset + one.size]
    assert run.raw_bytes("s1", 1, 10, 5) == body[10:15]
    assert run.raw_bytes("s1", 1, len(body) - 3, 99) == body[-3:]
    assert run.raw_bytes("s1", 1, len(body) + 3, 9) == b""
    assert run.raw_bytes("s1", 2, 0, 9) == b""
    assert run.raw_bytes("nobody", 1, 0, 9) == b""


@pytest.mark.streaming
async def test_the_bytes_of_a_log_that_grows() -> None:
    go_on = asyncio.Event()
    first, second = piece("first"), piece("second")

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(), first)
        await go_on.wait()
        await peer.send(second, *pieces("end"))

    async with serving(script) as server:
        run = live(workflow_for(server))
        watching = asyncio.create_task(gather(run))
        await asyncio.sleep(0)
        await seen(run, Delta)
        assert run.log_path is not None
        bodies = RawBodies(run.log_path)
        assert run.raw_bytes("s1", 1, 0, 9999) == first
        assert bodies.read("s1", 1, 0, 9999) == first
        with run.log_path.open("ab") as file:
            assert bodies.read("s1", 1, 0, len(first)) == first
            file.flush()
        go_on.set()
        await watching
        assert bodies.read("s1", 1, len(first), len(second)) == second
        assert bodies.read("s1", 1, 0, 9999) == first + second + b"".join(pieces("end"))


# --- summaries --------------------------------------------------------------------------------------------


async def test_summaries_of_earlier_runs(instant: Simulator, tmp_path: Path) -> None:
    text = "inputs: {topic: {default: tea}}\nsteps: [{id: a, prompt: '{{ inputs.topic }}', scenario: {reply: ok}}]"
    first = mocked(text, instant, {"topic": "tea"})
    await events_of(first)
    second = mocked(text, instant, {"topic": "rain"})
    await events_of(second)
    folder = tmp_path / "state" / "runs"
    (folder / "99999999-not-a-log.jsonl").write_text("hello\n")
    killed = folder / "00000000-killed.jsonl"
    assert first.log_path is not None
    killed.write_bytes(b"".join(first.log_path.read_bytes().splitlines(keepends=True)[:3]))
    runs = recent_runs()
    assert [one.run for one in runs] == [second.id, first.id, first.id]
    assert [one.inputs for one in runs][:2] == [{"topic": "rain"}, {"topic": "tea"}]
    assert runs[0].finished == second.result
    assert runs[2].finished is None
    assert last_runs() == {"test": runs[0]}
    assert [one.run for one in recent_runs(2)] == [second.id]


def test_no_runs_yet() -> None:
    assert recent_runs() == []
