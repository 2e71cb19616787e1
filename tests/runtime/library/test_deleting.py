"""Deleting can be undone, pruning cannot, and a run that is still written is never touched."""

from __future__ import annotations

import os

import pytest

from helpers_library import DAY, ids_of, log_of
from pipeline_runtime.errors import InputError
from pipeline_runtime.library import Library, PruneRule
from pipeline_runtime.paths import runs_dir
from pipeline_runtime.runlog.holding import hold
from pipeline_runtime.runlog.index import index_path


@pytest.fixture
def held():
    """Holds a log as its writer does."""
    files = []

    def take(log):
        files.append(os.open(log, os.O_RDONLY))
        hold(files[-1])

    yield take
    for file in files:
        os.close(file)


def test_a_deleted_run_comes_back_as_it_was():
    log = log_of("r-aaaa")
    before = (log.read_bytes(), log.stat().st_mtime_ns)
    library = Library()
    assert library.delete([log]) == ["r-aaaa"]
    assert library.runs() == []
    assert library.trashed() == ["r-aaaa"]
    assert library.restore("last") == log
    assert (log.read_bytes(), log.stat().st_mtime_ns) == before
    assert library.trashed() == []


def test_the_last_deleted_is_the_first_in_the_trash():
    library = Library()
    first, second = log_of("1-aaaa"), log_of("2-bbbb")
    library.delete([second])
    library.delete([first])
    old, new = library.trash / second.name, library.trash / first.name
    while new.stat().st_ctime_ns == old.stat().st_ctime_ns:  # until the file system's clock has moved on
        new.touch()
    assert library.trashed() == ["1-aaaa", "2-bbbb"]
    assert library.restore("bbbb") == second
    assert library.restore("last") == first


def test_what_is_kept_beside_a_log_goes_with_it():
    log = log_of("r-aaaa")
    index_path(log).write_bytes(b"index")
    Library().delete([log])
    assert not index_path(log).exists()


def test_all_or_none_are_deleted(held, tmp_path):
    first, second = log_of("r-aaaa"), log_of("r-bbbb")
    outside = log_of("r-cccc", folder=tmp_path / "else")
    library = Library()
    held(second)
    with pytest.raises(InputError, match="r-bbbb is still running"):
        library.delete([first, second])
    with pytest.raises(InputError, match="not among the recorded runs"):
        library.delete([first, outside])
    assert first.exists()
    assert library.trashed() == []


def test_a_run_is_not_restored_over_another():
    log = log_of("r-aaaa")
    library = Library()
    library.delete([log])
    log_of("r-aaaa", workflow="Other")
    with pytest.raises(InputError, match="there is a run r-aaaa already"):
        library.restore("r-aaaa")
    assert library.trashed() == ["r-aaaa"]


def test_an_empty_trash_has_nothing_to_restore():
    with pytest.raises(InputError, match="the trash is empty"):
        Library().restore("last")


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        (PruneRule(), "abcd"),
        (PruneRule(older_than=2 * DAY), "ab"),
        (PruneRule(keep=1), "a"),
        (PruneRule(keep=0), ""),
        (PruneRule(keep=9), "abcd"),
        (PruneRule(older_than=2 * DAY, keep=3), "abc"),
        (PruneRule(larger_than=10_000), "acd"),
        (PruneRule(larger_than=10_000, older_than=2 * DAY), "abcd"),
        (PruneRule(larger_than=10), ""),
    ],
)
def test_rules(rule, left):
    log_of("4-a")
    log_of("3-b", age=DAY, inputs={"text": "x" * 10_000})
    log_of("2-c", age=3 * DAY)
    log_of("1-d", age=30 * DAY)
    library = Library()
    chosen = ids_of(library.chosen(rule))
    assert len(library.runs()) == 4
    assert ids_of(library.prune(rule)) == chosen
    assert "".join(run[-1] for run in ids_of(library.runs())) == left
    assert len(chosen) + len(left) == 4


def test_pruning_spares_what_is_running_and_what_it_cannot_read(held):
    held(log_of("r-aaaa", status="cut"))
    newer = runs_dir() / "newer.jsonl"
    newer.write_text('{"kind":"log","schema":99,"writer":"pipeline-tui 9"}\n')
    library = Library()
    assert library.prune(PruneRule(keep=0)) == []
    assert ids_of(library.runs()) == ["r-aaaa"]
    assert newer.exists()


def test_pruning_empties_the_trash_and_removes_indexes_without_a_log():
    log, other = log_of("r-aaaa"), log_of("r-bbbb")
    index_path(other).write_bytes(b"index")
    (runs_dir() / "gone.jsonl.idx").write_bytes(b"index")
    library = Library()
    library.delete([log])
    room = library.room()
    assert (room.runs, room.trashed, room.indexes) == (1, 1, 10)
    assert room.total == room.logs + room.trash + room.indexes
    library.prune(PruneRule())
    assert (library.room().trashed, library.room().indexes) == (0, 5)
    assert ids_of(library.runs()) == ["r-bbbb"]
