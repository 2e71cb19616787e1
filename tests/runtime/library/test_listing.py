"""The runs are listed from the ends of their logs, and remembered until a log changes."""

from __future__ import annotations

import time

import pytest

from helpers_core import live, until, workflow_for
from helpers_events import delta
from helpers_library import DAY, ids_of, log_of
from helpers_transport import serving
from pipeline_runtime.events import RunFinished, StepSummary
from pipeline_runtime.library import Library, RunFilter
from pipeline_runtime.paths import runs_dir, state_dir
from pipeline_runtime.runlog import summaries
from pipeline_runtime.runlog.reader import RunLog


def test_without_a_folder_there_are_no_runs():
    library = Library()
    assert library.runs() == []
    assert not state_dir().exists()
    assert library.room().total == 0


def test_a_run_is_told_by_the_ends_of_its_log():
    log = log_of("20260101T000000000Z-draft-aaaa", deltas=63, stalls=1, inputs={"topic": "tea"})
    [run] = Library().runs()
    assert (run.status, run.deltas, run.stalls, run.deliveries) == ("ok", 63, 1, ("stream",))
    assert (run.elapsed, run.size, run.inputs) == (6_700_000_000, log.stat().st_size, {"topic": "tea"})
    assert not run.running


def test_the_newest_are_first_and_other_files_are_left_out():
    for name in ("20260102T0-a-aaaa", "20260101T0-a-bbbb", "20260103T0-a-cccc"):
        log_of(name)
    (runs_dir() / "note.txt").write_text("mine")
    (runs_dir() / "empty.jsonl").write_bytes(b"")
    newer = runs_dir() / "newer.jsonl"
    newer.write_text('{"kind":"log","schema":99,"writer":"pipeline-tui 9"}\n')
    library = Library()
    assert ids_of(library.runs()) == ["20260103T0-a-cccc", "20260102T0-a-aaaa", "20260101T0-a-bbbb"]
    assert library.unreadable == [newer, runs_dir() / "empty.jsonl"]


def test_a_log_that_ends_while_it_is_looked_at_is_looked_at_again(monkeypatch):
    log = log_of("r-aaaa")
    whole = log.read_bytes()
    log.write_bytes(whole[: whole[:-1].rindex(b"\n") + 1])
    real = summaries.is_held

    def ends_now(path):
        held = real(path)
        log.write_bytes(whole)
        return held

    monkeypatch.setattr(summaries, "is_held", ends_now)
    monkeypatch.setattr(RunLog, "finished", property(lambda _: None))
    Library().runs()
    monkeypatch.undo()
    monkeypatch.setenv("PIPELINE_STATE_DIR", str(log.parents[1]))
    assert [run.status for run in Library().runs()] == ["ok"]


def test_a_log_without_an_end_is_cut():
    log_of("r-aaaa", delta(), status="cut")
    [run] = Library().runs()
    assert (run.status, run.elapsed, run.deltas, run.stalls, run.deliveries) == ("cut", None, None, None, ())


async def test_a_run_is_running_until_its_writer_lets_go():
    async def endless(peer):
        await peer.request()
        await peer.gone.wait()

    async with serving(endless) as server:
        run = live(workflow_for(server))
        run.start()
        await until(
            lambda: run.log_path is not None and run.log_path.exists() and run.log_path.stat().st_size
        )
        library = Library()
        assert [one.status for one in library.runs()] == ["running"]
        assert [one.status for one in library.runs()] == ["running"]
        run.cancel()
        await run.wait()
        assert [one.status for one in library.runs()] == ["cancelled"]


def test_a_lock_that_ends_without_a_change_of_the_file_is_seen(monkeypatch):
    log_of("r-aaaa", status="cut")
    library = Library()
    held = True
    monkeypatch.setattr("pipeline_runtime.runlog.summaries.is_held", lambda _: held)
    monkeypatch.setattr("pipeline_runtime.library.cache.is_held", lambda _: held)
    assert [run.status for run in library.runs()] == ["running"]
    held = False
    assert [run.status for run in library.runs()] == ["cut"]
    assert [run.status for run in Library().runs()] == ["cut"]


def test_a_log_is_not_opened_again_until_it_changes(monkeypatch):
    first, _ = log_of("r-aaaa"), log_of("r-bbbb")
    before = Library().runs()
    opened = []
    real = summaries.summarise_log
    monkeypatch.setattr(
        "pipeline_runtime.library.cache.summarise_log", lambda file: opened.append(file.name) or real(file)
    )
    assert Library().runs() == before
    assert opened == []
    log_of("r-aaaa", delta(), workflow="Other")
    assert [run.workflow for run in Library().runs()] == ["Draft", "Other"]
    assert opened == [first.name]


@pytest.mark.parametrize("damage", [b"", b"rubbish", b"\x82\xa7version\xa1x\xa9summaries\x80"])
def test_a_damaged_cache_is_made_again(damage):
    log_of("r-aaaa")
    before = Library().runs()
    cache = state_dir() / "runs.cache"
    whole = cache.read_bytes()
    cache.write_bytes(damage)
    assert Library().runs() == before
    assert cache.read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_no_error():
    log_of("r-aaaa")
    (state_dir() / "runs.cache").mkdir()
    assert ids_of(Library().runs()) == ["r-aaaa"]
    assert sorted(one.name for one in state_dir().iterdir()) == ["runs", "runs.cache"]


def test_a_state_folder_that_has_moved_lists_its_logs_where_they_are(tmp_path):
    log_of("r-aaaa")
    Library().runs()
    moved = state_dir().rename(tmp_path / "moved")
    [run] = Library(moved).runs()
    assert run.log == str(moved / "runs" / "r-aaaa.jsonl")


def test_large_inputs_are_not_kept_twice():
    log_of("r-aaaa", inputs={"text": "x" * 100_000})
    [run] = Library().runs()
    assert len(run.inputs["text"]) == 100_000
    assert not (state_dir() / "runs.cache").exists() or (state_dir() / "runs.cache").stat().st_size < 1_000


def test_deleted_runs_leave_the_cache():
    log = log_of("r-aaaa")
    log_of("r-bbbb")
    Library().runs()
    log.unlink()
    assert ids_of(Library().runs()) == ["r-bbbb"]
    assert b"r-aaaa" not in (state_dir() / "runs.cache").read_bytes()


def test_a_last_event_of_many_steps_is_found():
    log = log_of("r-aaaa", status="cut")
    steps = tuple(StepSummary(f"step-{number}", "ok", 5) for number in range(2_000))
    end = RunFinished("r-aaaa", None, None, 1, 9, "ok", 9, steps)
    import msgspec

    with log.open("ab") as file:
        file.write(msgspec.json.encode(end) + b"\n")
    assert RunLog(log).finished == end


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (RunFilter(), "abcd"),
        (RunFilter(workflow="draft"), "abd"),
        (RunFilter(workflow="DRA"), ""),
        (RunFilter(statuses=frozenset({"failed", "cut"})), "bd"),
        (RunFilter(older_than=2 * DAY), "cd"),
        (RunFilter(newer_than=2 * DAY), "ab"),
        (RunFilter(older_than=2 * DAY, workflow="draft"), "d"),
        (RunFilter(text="oTHe"), "c"),
        (RunFilter(text="-b"), "b"),
        (RunFilter(larger_than=1_000_000), ""),
        (RunFilter(larger_than=10), "abcd"),
    ],
)
def test_filters(wanted, found):
    log_of("4-a")
    log_of("3-b", status="failed", age=DAY)
    log_of("2-c", workflow="Other", age=3 * DAY)
    log_of("1-d", status="cut", age=30 * DAY)
    assert "".join(run[-1] for run in ids_of(Library().runs(wanted))) == found


def test_the_age_is_that_of_the_last_write():
    log_of("r-aaaa", age=DAY)
    [run] = Library().runs()
    assert DAY - 60 < time.time() - run.modified / 1e9 < DAY + 60
