"""The pure parts behind the list: words, columns, filter, preview."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers_shell import BROKEN, DRAFT, NOW, QUICK, SLOW, Shell
from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.events import RunFinished, StepSummary
from pipeline_tui.listing.catalog import Catalog
from pipeline_tui.listing.line import columns_for, row_line
from pipeline_tui.listing.match import matching
from pipeline_tui.listing.places import Place
from pipeline_tui.listing.preview import LONGEST, MOST_BYTES, read_preview
from pipeline_tui.listing.rows import badge_of, first_delta_of, parse_time
from pipeline_tui.listing.words import ago

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_runtime.events import Delivery, Status
    from pipeline_tui.listing.rows import Row


@pytest.fixture
def rows(tmp_path: Path) -> list[Row]:
    files = {"broken.yaml": BROKEN, "draft.yaml": DRAFT, "quick.yaml": QUICK, "slow.yaml": SLOW}
    shell = Shell(tmp_path / "flows").write(files)
    shell.log("draft.yaml", 3)
    return Catalog(Place((shell.folder,), "./flows")).load()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (86_399, "23 h ago"),
        (86_400, "1 d ago"),
        (99 * 86_400, "99 d ago"),
        (100 * 86_400, "2025-12-04"),
    ],
)
def test_ago(seconds: int, words: str) -> None:
    assert ago(NOW - timedelta(seconds=seconds), NOW) == words
    assert len(words) <= 10


@given(st.integers(1, 400))
def test_a_line_never_exceeds_its_width(width: int) -> None:
    row = _row("a rather long name of a workflow 漢字", "claude", "openai")
    line = row_line(row, columns_for([row], width), width, now=NOW, running=False)
    assert line.cell_length <= width


def test_columns_go_by_how_telling_they_are(rows: list[Row]) -> None:
    everything = columns_for(rows, 100)
    assert all((everything.steps, everything.providers, everything.badge, everything.first_delta))
    narrow = columns_for(rows, 45)
    assert (narrow.badge, narrow.when, narrow.providers) == (9, 10, 0)
    assert columns_for(rows, 24).when == 0
    assert columns_for([], 80).name == 12


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["broken.yaml", "draft", "quick", "slow"]),
        ("DRAFT", ["draft"]),
        ("once", ["quick"]),
        ("openai", ["quick", "slow"]),
        ("openai token", ["slow"]),
        ("drft", ["draft"]),
        ("qk", ["quick"]),
        ("opni", ["quick", "slow"]),
        ("broken", ["broken.yaml"]),
        ("slow.yaml", ["slow"]),
        ("nothing", []),
        ("kq", []),
    ],
)
def test_the_filter(rows: list[Row], query: str, names: list[str]) -> None:
    assert [row.name for row in matching(rows, query)] == names


def test_a_name_counts_more_than_other_words(rows: list[Row]) -> None:
    shuffled = [*rows[:1], *rows[2:], rows[1]]
    assert [row.name for row in matching(shuffled, "t")][:1] == ["draft"]


@pytest.mark.parametrize(
    ("status", "deliveries", "badge"),
    [
        ("ok", ["stream", "stream"], "STREAM"),
        ("ok", ["stream", "sync", "buffered"], "SYNC"),
        ("ok", ["buffered", "stream"], "BUFFERED"),
        ("ok", [], "STREAM"),
        ("failed", ["stream"], "error"),
        ("cancelled", ["stream"], "cancelled"),
    ],
)
def test_the_badge_of_a_run(status: Status, deliveries: list[Delivery], badge: str) -> None:
    steps = tuple(StepSummary("a", status, 1, delivery, None) for delivery in deliveries)
    assert badge_of(RunFinished("r", None, None, 0, 0, status, 1, steps)) == badge


def test_the_first_delta_is_that_of_the_first_step_that_has_one() -> None:
    steps = (
        StepSummary("a", "ok", 1),
        StepSummary("b", "ok", 1, "stream", 7),
        StepSummary("c", "ok", 1, None, 9),
    )
    assert first_delta_of(RunFinished("r", None, None, 0, 0, "ok", 1, steps)) == 7
    assert first_delta_of(RunFinished("r", None, None, 0, 0, "ok", 1)) is None


def test_times_without_an_offset_are_not_believed() -> None:
    assert parse_time("2026-03-14T12:00:00+00:00") == datetime(2026, 3, 14, 12, tzinfo=UTC)
    assert parse_time("2026-03-14T12:00:00") is None
    assert parse_time("yesterday") is None


def test_a_preview_numbers_lines_and_puts_problems_above_theirs(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("one: 1\r\ntwo: 2\n\nfour: 4\n")
    problems = [
        WorkflowError("no such key", line=4, column=1, cure="did you mean five?"),
        WorkflowError("odd"),
    ]
    preview = read_preview(file, problems)
    assert preview.text.split("\n") == [
        "✗  odd",
        "1  one: 1",
        "2  two: 2",
        "3  ",
        "✗  column 1: no such key (did you mean five?)",
        "4  four: 4",
    ]
    assert preview.problem_line == 0


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"a: \x1b[31m\n", b"\n\n\n"])
def test_any_bytes_can_be_previewed(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(data)
    text = read_preview(file, [WorkflowError("wrong", line=99)]).text
    assert "wrong" in text
    assert "\x1b" not in text


def test_a_long_file_is_previewed_in_part(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"a: 1\n" * (MOST_BYTES // 5 + 10))
    assert read_preview(file, ()).text.endswith("… the file goes on: open it with e")


def test_a_long_line_is_previewed_in_part(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(f"prompt: {'so ' * LONGEST}\nlast: 1\n")
    preview = read_preview(file, ())
    first, last = preview.text.splitlines()
    assert first.startswith("1  prompt: so so")
    assert first.endswith("… the line goes on: open it with e")
    assert len(first) == preview.width < LONGEST + 50
    assert last == "2  last: 1"


def test_a_file_that_is_gone_says_so(tmp_path: Path) -> None:
    assert read_preview(tmp_path / "gone.yaml", ()).text == (
        "gone.yaml cannot be read: No such file or directory"
    )


def test_the_catalog_reads_only_what_changed(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "flows").write({"draft.yaml": DRAFT, "quick.yaml": QUICK})
    shell.log("draft.yaml", 3, inputs={"topic": "owls"})
    catalog = Catalog(Place((shell.folder,), "./flows"))
    before = catalog.load()
    assert catalog.changes() is None
    assert catalog.last_inputs(shell.folder / "draft.yaml") == {"topic": "owls"}
    assert catalog.last_inputs(shell.folder / "quick.yaml") == {}
    shell.write({"quick.yaml": QUICK.replace("quick", "quicker")})
    after = catalog.changes()
    assert after is not None
    assert [row.name for row in after] == ["draft", "quicker"]
    assert after[0].found is before[0].found


def _row(name: str, *providers: str) -> Row:
    from pathlib import Path

    from pipeline_runtime.workflow import FoundWorkflow
    from pipeline_tui.listing.rows import Row

    found = FoundWorkflow(Path("a.yaml"), None, (), 0, 0)
    return Row(found, name, "", 12, providers, "mock", "", None)
