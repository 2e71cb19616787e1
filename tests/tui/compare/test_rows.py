"""Two texts as rows beside each other: nothing is lost, and what is the same stands at the same height."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from pipeline_tui.views.compare_rows import (
    MOST_CHARACTERS,
    PairRow,
    aligned_pieces,
    differences,
    heading_row,
    order_rows,
    wrapped_rows,
)

WORDS = st.lists(
    st.sampled_from(["tea", "late", "trains", "is", "no", "日本", "a\x1bb", "\n", "\n\n"]), max_size=60
).map(" ".join)


def said(rows: list[PairRow], side: str) -> str:
    return "".join(getattr(row, side).text for row in rows if getattr(row, side) is not None)


def visible(text: str) -> str:
    return text.replace("\n", "").replace("␊", "").replace("\x1b", "␛")


@given(WORDS, WORDS, st.integers(8, 60))
@settings(max_examples=200, deadline=None)
def test_both_texts_are_there_whole_and_fit(a, b, width):
    rows = wrapped_rows(aligned_pieces(a, b), width)
    assert visible(said(rows, "a")) == visible(a)
    assert visible(said(rows, "b")) == visible(b)
    for row in rows:
        for line in (row.a, row.b):
            if line is not None:
                assert cell_len(line.text.rstrip()) <= width + 1  # a mark for a line feed that differs
                assert all(0 <= first < last <= len(line.text) + 1 for first, last in line.spans)


@given(WORDS, st.integers(8, 60))
@settings(max_examples=50, deadline=None)
def test_a_text_and_itself_do_not_differ(text, width):
    rows = wrapped_rows(aligned_pieces(text, text), width)
    assert not any(row.differs for row in rows)
    assert [row.a for row in rows] == [row.b for row in rows]


@given(WORDS, WORDS, st.integers(8, 60))
@settings(max_examples=100, deadline=None)
def test_texts_that_differ_have_a_place(a, b, width):
    rows = wrapped_rows(aligned_pieces(a, b), width)
    assert bool(differences(rows)) == (a != b)


def test_a_paragraph_that_only_one_has_leaves_the_rest_beside_each_other():
    a = "First.\n\nSecond has a few words more than it needs.\n\nLast.\n"
    b = "First.\n\nLast.\n"
    rows = wrapped_rows(aligned_pieces(a, b), 20)
    assert (rows[0].a, rows[-1].a) == (rows[0].b, rows[-1].b)
    (place,) = differences(rows)
    assert all(rows[at].b is None or rows[at].differs for at in place)


def test_one_long_paragraph_comes_together_again_after_what_was_put_in():
    rest = "and then it goes on in the same way for quite a while " * 3
    rows = wrapped_rows(
        aligned_pieces(f"It begins {rest}", f"It begins {'with something new ' * 5}{rest}"), 30
    )
    last = rows[-1]
    assert last.a is not None
    assert last.a == last.b


def test_only_the_words_that_differ_are_marked():
    (row,) = wrapped_rows(aligned_pieces("the small cat", "the large cat"), 40)
    assert row.a is not None
    assert row.b is not None
    assert [row.a.text[first:last] for first, last in row.a.spans] == ["small"]
    assert [row.b.text[first:last] for first, last in row.b.spans] == ["large"]
    assert row.differs


def test_a_line_feed_that_only_one_has_is_shown():
    rows = wrapped_rows(aligned_pieces("one two", "one\ntwo"), 40)
    assert differences(rows)
    assert [row.b.shown for row in rows if row.b] == ["one␊", "two"]


def test_lines_that_only_one_side_has_end_without_a_mark():
    rows = wrapped_rows(aligned_pieces("", "one\n\ntwo\n"), 40)
    assert [row.b.shown for row in rows if row.b] == ["one", "", "two"]


def test_long_texts_are_aligned_by_their_lines():
    lines = [f"line {number} has some words of its own\n" for number in range(2 * MOST_CHARACTERS // 35)]
    a, b = "".join(lines), "".join([*lines[:900], "something else here\n", *lines[901:]])
    pieces = aligned_pieces(a, b)
    assert "".join(piece.a for piece in pieces) == a
    assert "".join(piece.b for piece in pieces) == b
    rows = wrapped_rows(pieces, 60)
    (place,) = differences(rows)
    assert len(place) == 1


def test_the_order_of_what_happened_is_aligned():
    rows = order_rows(
        ["attempt stream first", "delta text 0.0", "done stop"],
        ["attempt stream first", "fallback", "delta text 0.0", "done stop"],
        40,
    )
    assert [row.differs for row in rows] == [False, True, False, False]
    assert rows[1].a is None
    assert rows[1].b is not None
    assert rows[1].b.text == "fallback"


@pytest.mark.parametrize("heading", ["tool_input · get_weather #1", "a\x1b[0m\nb"])
def test_a_heading_is_no_difference_and_cannot_write_to_the_terminal(heading):
    row = heading_row(heading)
    assert not row.differs
    assert row.a is not None
    assert not {"\x1b", "\n"} & set(row.a.text)
