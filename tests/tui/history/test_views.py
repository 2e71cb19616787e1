"""Rows, their order, their line, and the words around them: without Textual's screens."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers_history import NOW, record, run_id
from pipeline_runtime.errors import InputError
from pipeline_runtime.expression import parse_expression
from pipeline_runtime.library import Hit, Room
from pipeline_runtime.runlog.summaries import summarise_log
from pipeline_tui.views import history_search
from pipeline_tui.views.history_line import heading_line, history_line, layout_for, mark_of
from pipeline_tui.views.history_row import COLUMNS, HistoryRow, Order, make_row, matching_rows, sorted_rows
from pipeline_tui.views.history_search import Search
from pipeline_tui.views.history_words import detail_text, empty_text, head_text, marks_text, search_text_of
from pipeline_tui.views.prune_words import prune_text, read_rule
from pipeline_tui.views.replay_speed import SPEEDS, next_speed, speed_text


def row_of(log: Path) -> HistoryRow:
    summary = summarise_log(log)
    assert summary is not None
    return make_row(summary, log)


@pytest.fixture
def rows(logs: dict[str, Path]) -> list[HistoryRow]:
    return [row_of(log) for log in logs.values()]


def names(rows: list[HistoryRow]) -> list[str]:
    return [row.name for row in rows]


@pytest.mark.parametrize(
    ("column", "largest_first"),
    [
        ("started", ["draft", "review", "stalled", "killed"]),
        ("workflow", ["stalled", "review", "killed", "draft"]),
        ("took", ["stalled", "review", "draft", "killed"]),
        ("stalls", ["stalled", "draft", "review", "killed"]),
    ],
)
def test_rows_are_sorted_and_those_without_a_value_come_last(rows, column, largest_first):
    assert names(sorted_rows(rows, Order(column, descending=True))) == largest_first


def test_turned_round_what_has_no_value_still_comes_last(rows):
    assert names(sorted_rows(rows, Order("took", descending=False)))[-1] == "killed"
    assert names(sorted_rows(rows, Order("took", descending=False)))[0] == "draft"


def test_the_next_column_to_sort_by_goes_around():
    shown = ["started", "workflow", "size"]
    assert Order("size").next(shown) == Order("started", descending=True)
    assert Order("started").next(shown) == Order("workflow", descending=False)
    assert Order("mode").next(shown) == Order("started", descending=True), "a column that is not shown"


def test_every_word_of_a_filter_counts_and_none_is_a_pattern(rows):
    assert names(matching_rows(rows, "MOCK stal")) == ["stalled"]
    assert names(matching_rows(rows, "cut")) == ["killed"]
    assert names(matching_rows(rows, "[.*")) == []
    assert len(matching_rows(rows, "  ")) == 4


@pytest.mark.parametrize("width", [40, 79, 119, 200])
def test_lines_have_the_width_and_the_heading_stands_over_them(rows, width):
    layout = layout_for(width)
    lines = [history_line(row, layout, NOW, "A") for row in rows]
    assert {line.cell_length for line in lines} == {heading_line(layout, Order()).cell_length}
    assert all(line.cell_length <= width for line in lines)
    assert lines[0].plain.startswith("A ✓ ")
    assert "draft" in lines[0].plain


def test_a_wide_screen_has_every_column():
    assert layout_for(119).names == [column.name for column in COLUMNS]
    assert layout_for(60).names[:2] == ["started", "workflow"]


def test_a_column_is_found_by_its_cells():
    layout = layout_for(119)
    heading = heading_line(layout, Order()).plain
    assert layout.column_at(heading.index("workflow")) == "workflow"
    assert layout.column_at(heading.index("size") + 3) == "size"
    assert layout.column_at(0) is None


def test_a_killed_run_says_so(rows):
    told = detail_text(rows[3], ()).plain
    assert "did not end in order" in told
    assert "~" in told


def test_the_detail_tells_steps_inputs_and_finds(rows):
    hit = Hit(7, 5, "draft", 1, "text", "more ", "tea", " here\n\x1b[31m")
    told = detail_text(rows[0], [hit] * 25).plain
    assert "✓ draft  STREAM · 520 ms · TTFT 400 ms · 6 deltas" in told
    assert "inputs topic: late trains" in told
    assert "draft · text #7  …more tea here␊␛[31m…" in told
    assert "and 5 more places" in told
    assert "\x1b" not in told


def test_names_cannot_write_to_the_terminal():
    row = row_of(record("a\x1b]0;x\x07b", 1))
    line = history_line(row, layout_for(100), NOW, "")
    assert "\x1b" not in line.plain
    assert "␛" in line.plain


def test_the_head_counts_and_adds_up(rows):
    total = head_text(rows, rows).plain
    assert total.startswith("History  4 runs · ")
    assert head_text(rows, rows[:1]).plain.startswith("History  1 of 4 runs · ")
    assert "reading" in head_text(None, rows).plain


def test_the_marks_say_what_c_does(rows):
    one, two = run_id("draft", 3), run_id("review", 90)
    assert marks_text(rows, []) == ""
    assert marks_text(rows, [one]).startswith("A draft · space marks another")
    assert marks_text(rows, [two, one]) == "A review · B draft · c compares"


def test_more_marks_than_two_are_a_heap(rows):
    marked = [row.run.run for row in rows[:3]]
    told = marks_text(rows, marked)
    assert told.startswith("3 runs marked · ")
    assert told.endswith(" · D deletes them, x exports them")
    assert [mark_of(run, marked[:2]) for run in marked] == ["A", "B", ""]
    assert {mark_of(run, marked) for run in marked} == {"●"}


class Looked(list[HistoryRow]):
    """Rows that count how often all of them are looked at."""

    looks = 0

    def __iter__(self):
        self.looks += 1
        return super().__iter__()


def test_many_marks_take_one_look_at_the_rows(rows):
    looked = Looked(rows)
    told = marks_text(looked, [row.run.run for row in rows])
    assert told.startswith(f"{len(rows)} runs marked")
    assert looked.looks == 1


def test_a_search_says_how_far_it_is():
    search = Search("x\n", 1204, done=3, hits={"r": []})
    assert search_text_of(search) == "searching “x␊”: 3 of 1,204 runs · 1 found · Esc stops"
    stopped = Search("x", 9, done=3, hits={"r": []}, problems=2, going=False)
    assert search_text_of(stopped) == (
        "“x” is in 1 run in the first 3 of 9 · 2 runs could not be read whole · Esc shows all again"
    )
    events = Search("type:lint", 3, parse_expression("type:lint"), done=3, going=False)
    assert search_text_of(events) == "type:lint is true in 0 runs · Esc shows all again"


def test_an_expression_is_looked_for_among_the_events(logs, monkeypatch):
    search = Search("lane:text", 4, parse_expression("lane:text"))
    assert [hit.match for hit in search.look(logs["draft"]) or []] == [
        "Tea", " is", " better", " late", " than", " never."
    ]  # fmt: skip
    monkeypatch.setattr(history_search, "MOST_KEPT", 2)
    assert len(search.look(logs["draft"]) or []) == 2


def test_a_rule_is_read_and_told(rows):
    runs = [row.run for row in rows]
    room = Room(runs=4, logs=40_000, indexes=0, trashed=0, trash=0)
    rule = read_rule("", " ", "")
    assert rule.says_nothing
    assert prune_text(rule, [], 4, room).startswith(
        "4 runs here, 40.0 kB. Without a condition none would go."
    )
    rule = read_rule("2w", "1kB", "1")
    assert (rule.older_than, rule.larger_than, rule.keep) == (1_209_600, 1_000, 1)
    assert prune_text(rule, [], 4, room).startswith("None of 4 runs would go.")
    told = prune_text(rule, [*runs, *runs], 8, Room(8, 80_000, 0, 2, 5_000)).splitlines()
    assert told[0] == "8 of 8 runs would go: 80.0 kB."
    assert told[-2:] == [
        "  and 4 older ones", "In the trash: 2 runs, 5.0 kB. That is freed too when runs go for good."
    ]  # fmt: skip


@pytest.mark.parametrize("typed", ["x", "-1", "1.5", "9" * 5_000])
def test_a_number_of_runs_is_one(typed):
    with pytest.raises(InputError, match="is no number of runs"):
        read_rule("", "", typed)


def test_what_is_empty_says_what_to_do():
    assert "No runs yet" in empty_text("", "", "/state/runs")
    assert "Esc" in empty_text("tea", "", "")
    assert "'a␊'" in empty_text("", "a\n", "")


def test_a_search_reads_a_run_and_stops_when_told(logs):
    search = Search("TEA is", 4)
    assert search.look(logs["draft"]) == []  # a capital makes case count
    search = Search("tea is better", 4)
    (hit,) = search.look(logs["draft"]) or []
    assert (hit.step, hit.where, hit.match) == ("draft", "text", "Tea is better")
    search.stop()
    assert search.look(logs["draft"]) == []


def test_a_search_says_what_it_cannot_read(tmp_path):
    search = Search("tea", 3)
    other = tmp_path / "other.jsonl"
    other.write_text("no log\n")
    assert search.look(other) is None
    assert search.look(tmp_path / "gone.jsonl") is None or search.look(tmp_path / "gone.jsonl") == []
    search.take("other", None)
    search.take("none", [])
    assert (search.done, search.problems, search.hits) == (2, 1, {})


def test_speeds_go_up_and_down_and_end():
    assert [next_speed(speed, 1) for speed in SPEEDS] == [*SPEEDS[1:], SPEEDS[-1]]
    assert [next_speed(speed, -1) for speed in SPEEDS] == [SPEEDS[0], *SPEEDS[:-1]]
    assert next_speed(3.0, 1) == 4.0
    assert next_speed(3.0, -1) == 2.0
    assert [speed_text(speed) for speed in (0.25, 1.0, SPEEDS[-1])] == ["0.25x", "1x", "at once"]
