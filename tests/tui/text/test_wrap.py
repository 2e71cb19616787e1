"""Incremental wrap equals the wrap of the whole, and never draws beyond the width."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from pipeline_tui.text.sanitise import sanitise
from pipeline_tui.text.wrap import CODE, HEADING, WrapBuffer

TEXTS = st.text(
    alphabet=st.one_of(
        st.sampled_from("ab  \n`#"), st.sampled_from("é漢字🙂\u0301\u200d\ufe0f"), st.characters()
    ),
    max_size=200,
)
WIDTHS = st.integers(min_value=2, max_value=40)


def whole(text: str, width: int) -> WrapBuffer:
    buffer = WrapBuffer(width)
    buffer.append(text)
    return buffer


@given(st.lists(TEXTS, max_size=8), WIDTHS)
def test_pieces_wrap_as_the_whole_does(pieces: list[str], width: int) -> None:
    pieces = [sanitise(piece) for piece in pieces]
    buffer = WrapBuffer(width)
    for piece in pieces:
        buffer.append(piece)
    expected = whole("".join(pieces), width)
    assert buffer.lines == expected.lines
    assert buffer.flags == expected.flags


@given(TEXTS, WIDTHS)
def test_lines_are_the_text_and_fit_the_width(text: str, width: int) -> None:
    text = sanitise(text)
    lines = whole(text, width).lines
    assert "".join(lines) == text
    for line in lines:
        drawn = line.rstrip("\n")
        drawn = drawn[:-1] if drawn.endswith(" ") and cell_len(drawn) > width else drawn
        assert cell_len(drawn) <= width


@given(TEXTS, WIDTHS, WIDTHS)
def test_rewrap_is_the_wrap_of_the_new_width(text: str, before: int, after: int) -> None:
    buffer = whole(sanitise(text), before)
    buffer.rewrap(after)
    assert buffer.lines == whole(sanitise(text), after).lines


@given(st.lists(TEXTS, min_size=1, max_size=6), WIDTHS)
def test_an_append_changes_nothing_before_the_line_it_names(pieces: list[str], width: int) -> None:
    buffer = WrapBuffer(width)
    for piece in pieces:
        before = list(buffer.lines)
        first = buffer.append(sanitise(piece))
        assert first == len(before) - 1
        assert buffer.lines[:first] == before[:first]


def test_breaks_after_the_last_space_that_fits() -> None:
    assert whole("the quick brown fox", 10).lines == ["the quick ", "brown fox"]


def test_a_space_may_hang_beyond_the_edge() -> None:
    assert whole("abcde fgh", 5).lines == ["abcde ", "fgh"]


def test_a_long_word_is_cut() -> None:
    assert whole("abcdefghij", 4).lines == ["abcd", "efgh", "ij"]


def test_wide_characters_break_anywhere_and_count_two() -> None:
    assert whole("漢字漢字漢", 5).lines == ["漢字", "漢字", "漢"]


def test_an_accent_stays_with_its_letter() -> None:
    assert whole("abcde\u0301f", 5).lines == ["abcde\u0301", "f"]


def test_fences_and_headings_are_flagged() -> None:
    buffer = whole("# Title\ntext\n```py\n# no heading\n```\nend", 40)
    assert list(buffer.flags) == [HEADING, 0, CODE, CODE, CODE, 0]


def test_a_wrapped_heading_is_a_heading_to_its_end() -> None:
    assert list(whole("# one two\nx", 5).flags) == [HEADING, HEADING, 0]
