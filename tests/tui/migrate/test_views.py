"""Diffs as rows and lines, without a screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from pipeline_tui.views.diff import SPLIT_WIDTH, DiffRow, diff_lines, diff_rows

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "", "日本語", "é\t" * 9]), max_size=30).flatmap(
    lambda lines: st.sampled_from(["\n", "\r\n"]).map(lambda end: end.join(lines))
)


def side(row: DiffRow, which: str) -> tuple[int, str] | None:
    return row.old if which == "old" else row.new


@given(TEXTS, TEXTS)
def test_every_line_that_is_not_shown_is_the_same(before: str, after: str) -> None:
    rows = diff_rows(before, after)
    texts = {"old": before.splitlines(keepends=True), "new": after.splitlines(keepends=True)}
    hidden: dict[str, list[str]] = {}
    for which, lines in texts.items():
        shown = dict(one for row in rows if (one := side(row, which)))
        assert all(lines[number - 1] == text for number, text in shown.items())
        assert list(shown) == sorted(shown)
        hidden[which] = [line for number, line in enumerate(lines, 1) if number not in shown]
    assert hidden["old"] == hidden["new"]
    assert bool(rows) == (before != after)
    assert all(row.old and row.new and row.old[1] == row.new[1] for row in rows if row.kind == "same")


@given(TEXTS, TEXTS, st.integers(20, 160))
def test_lines_fit_the_width_and_lose_no_character(before: str, after: str, width: int) -> None:
    rows = diff_rows(before, after)
    lines = diff_lines(rows, width)
    assert all(cell_len(line.plain) <= width for line in lines)
    shown = "".join(line.plain for line in lines)
    changed = [text for row in rows if row.kind == "changed" for _, text in filter(None, (row.old, row.new))]
    assert all(shown.count(mark) >= "".join(changed).count(mark) for mark in "abc日本語")


@pytest.mark.parametrize("width", [60, SPLIT_WIDTH])
def test_a_long_line_is_wrapped(width: int) -> None:
    before, after = "x: " + "long " * 40 + "END\n", "y: 1\n"
    lines = [line.plain for line in diff_lines(diff_rows(before, after), width)]
    assert len(lines) > 3
    assert sum("END" in line for line in lines) == 1
    assert sum("-" in line for line in lines) >= 4


def test_a_gap_stands_between_changes_that_are_far_apart() -> None:
    before = "".join(f"{at}\n" for at in range(40))
    after = before.replace("5\n", "five\n", 1).replace("35\n", "thirty-five\n")
    rows = diff_rows(before, after)
    assert [row.kind for row in rows].count("gap") == 1
    assert [row.old[0] for row in rows if row.kind == "changed" and row.old] == [6, 36]


def test_a_change_of_line_ends_alone_is_a_change() -> None:
    (row,) = diff_rows("a\r\n", "a\n")
    assert row.kind == "changed"
    assert [line.plain.rstrip() for line in diff_lines([row], 40)] == ["1 - a", "1 + a"]
