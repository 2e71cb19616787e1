"""What is kept of breakpoints and watches: of each workflow, and never at the cost of another process."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers_shared_file import others_first
from pipeline_runtime import shared_file
from pipeline_runtime.debugging import Breakpoints, DebuggingBook, Kept, KeptBreakpoint, keeping, merged

if TYPE_CHECKING:
    from pathlib import Path

NOTHING = Kept()
STALL, ONCE = KeptBreakpoint("type:stall"), KeptBreakpoint("gap>500ms", once=True)
LINT = KeptBreakpoint("type:lint")
OFF = KeptBreakpoint("type:stall", enabled=False)
BOTH = Kept((STALL, ONCE), ("steps.a.text",))


@pytest.fixture
def book(tmp_path: Path) -> DebuggingBook:
    return DebuggingBook(tmp_path / "state" / "debugging.json")


def test_what_is_kept_is_read_again_for_its_own_workflow(book):
    assert book.settle("/w/a.yaml", NOTHING, BOTH) == BOTH
    assert DebuggingBook(book.path).read("/w/a.yaml") == BOTH
    assert book.read("/w/b.yaml") == NOTHING
    assert book.path.stat().st_mode & 0o077 == 0 or book.path.parent.stat().st_mode & 0o077 == 0


def test_what_is_forgotten_leaves_nothing(book):
    book.settle("/w/a.yaml", NOTHING, BOTH)
    assert book.settle("/w/a.yaml", BOTH, NOTHING) == NOTHING
    assert "a.yaml" not in book.path.read_text()


def test_nothing_is_written_when_nothing_changed(book):
    assert book.settle("/w/a.yaml", NOTHING, NOTHING) == NOTHING
    assert not book.path.parent.exists()


@pytest.mark.parametrize(
    ("mine", "theirs", "both"),
    [
        (Kept((STALL, LINT)), Kept((STALL, ONCE)), Kept((STALL, ONCE, LINT))),
        (Kept((OFF,)), Kept((STALL, ONCE)), Kept((OFF, ONCE))),
        (NOTHING, Kept((STALL, ONCE)), Kept((ONCE,))),
        (Kept((STALL,), ("b",)), Kept((), ("c",)), Kept((), ("c", "b"))),
        (Kept((STALL,)), NOTHING, NOTHING),
        (Kept((OFF,)), NOTHING, Kept((OFF,))),
    ],
    ids=[
        "both added", "one turned, one added", "one deleted, one added", "watches", "deleted", "deleted, turned",
    ],
)  # fmt: skip
def test_two_changes_of_the_same_become_one(book, mine, theirs, both):
    base = Kept((STALL,))
    book.settle("w", NOTHING, base)
    book.settle("w", base, theirs)
    assert book.settle("w", base, mine) == both == book.read("w")


kept = st.builds(
    Kept,
    st.lists(
        st.builds(KeptBreakpoint, st.sampled_from("abcd"), st.booleans(), st.booleans()),
        unique_by=lambda one: one.expression,
    ).map(tuple),
    st.lists(st.sampled_from("abcd"), unique=True).map(tuple),
)


@given(kept, kept, kept)
def test_merging_keeps_every_change_of_mine_and_all_else_of_theirs(base, mine, theirs):
    result = merged(base, mine, theirs)
    before, after, others, now = (
        {one.expression: one for one in k.breakpoints} for k in (base, mine, theirs, result)
    )
    for name in "abcd":
        wanted = others if before.get(name) == after.get(name) else after
        assert now.get(name) == wanted.get(name)
    assert len(now) == len(result.breakpoints)
    assert merged(base, base, theirs) == theirs
    assert set(merged(base, mine, base).watches) == set(mine.watches)


WRITER = """
import sys
from pathlib import Path
from pipeline_runtime.debugging import DebuggingBook, Kept, KeptBreakpoint
book, name, base = DebuggingBook(Path(sys.argv[1])), sys.argv[2], Kept()
for number in range(20):
    mine = Kept((*base.breakpoints, KeptBreakpoint(f"n:{number} step:{name}")), base.watches)
    base = book.settle("w.yaml", base, mine)
"""


def test_processes_that_set_breakpoints_at_once_lose_none(book):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(book.path), name]) for name in ("a", "b", "c")
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert len(book.read("w.yaml").breakpoints) == 60


def test_the_workflows_that_changed_longest_ago_are_forgotten(book, monkeypatch):
    monkeypatch.setattr(keeping, "MOST_WORKFLOWS", 3)
    for number in range(5):
        book.settle(f"{number}.yaml", NOTHING, BOTH)
        if number == 1:
            book.settle("0.yaml", BOTH, Kept((STALL,)))
    assert book.read("0.yaml") == NOTHING
    assert book.read("1.yaml") == NOTHING
    assert book.read("2.yaml") == BOTH


@pytest.mark.parametrize("data", [b"{not json", b'["\xff"]', b"[1]"])
def test_a_file_that_is_not_right_is_put_aside(book, data):
    book.path.parent.mkdir(parents=True)
    book.path.write_bytes(data)
    assert book.read("w") == NOTHING
    assert book.path.with_suffix(".broken").read_bytes() == data
    assert book.settle("w", NOTHING, BOTH) == BOTH


def test_a_broken_file_that_another_process_replaces_first_is_read_anew(book, monkeypatch):
    book.settle("w", NOTHING, BOTH)
    theirs = book.path.read_bytes()
    book.path.write_bytes(b"{not json")
    monkeypatch.setattr(shared_file, "locked", others_first(theirs))
    assert book.read("w") == BOTH
    assert not book.path.with_suffix(".broken").exists()


def test_a_file_that_cannot_be_read_is_not_written_over(book):
    book.path.mkdir(parents=True)
    assert book.read("w") == NOTHING
    with pytest.raises(OSError, match=r"debugging\.json"):
        book.settle("w", NOTHING, BOTH)


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "state").write_text("a file where the folder should be")
    book = DebuggingBook(tmp_path / "state" / "debugging.json")
    assert book.read("w") == NOTHING
    with pytest.raises(OSError, match="state"):
        book.settle("w", NOTHING, BOTH)


def test_a_breakpoint_that_is_added_again_is_there_once():
    points = Breakpoints()
    first = points.add("type:stall")
    first.enabled = False
    again = points.add("type:stall")
    assert [(one.number, one.enabled, one.once) for one in points] == [(2, True, False)]
    assert points.add("type:stall", once=True).once is False, "what stops always is not weakened"
    again = points.add("gap>1s", once=True)
    again.enabled = False
    assert points.add("gap>1s", once=True).once
    assert not points.add("gap>1s").once
