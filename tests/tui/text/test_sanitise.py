"""No text can write to the terminal, and what was hidden is seen."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from pipeline_tui.text.sanitise import copyable, reveal, sanitise, sanitise_line


@given(st.lists(st.text()))
def test_the_split_does_not_matter(pieces: list[str]) -> None:
    assert "".join(map(sanitise, pieces)) == sanitise("".join(pieces))


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_no_control_is_left(text: str) -> None:
    for shown in (sanitise(text), sanitise_line(text), reveal(text), copyable(text)):
        assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t"]
        shown.encode()


def test_escape_sequences_are_shown() -> None:
    assert sanitise("\x1b]52;c;aGk=\x07") == "␛]52;c;aGk=␇"
    assert sanitise("a\x9b31mb\x7f") == "a⟨U+009B⟩31mb␡"


def test_bidi_zero_width_and_tag_characters_are_shown() -> None:
    assert sanitise("user\u202egnp") == "user⟨RLO⟩gnp"
    assert sanitise("a\u200bb\ufeff") == "a⟨ZWSP⟩b⟨BOM⟩"
    assert sanitise("hi\U000e0041") == "hi⟨U+E0041⟩"
    assert sanitise("one\u2028two\x85three") == "one⟨LS⟩two⟨NEL⟩three"


def test_tabs_are_spaces_and_line_feeds_stay() -> None:
    assert sanitise("a\tb\r\nc") == "a    b␍\nc"
    assert sanitise_line("a\nb") == "a␊b"


def test_joined_emoji_are_drawn_apart() -> None:
    assert sanitise("👩\u200d💻❤\ufe0f") == "👩💻❤"


def test_half_a_surrogate_pair_can_be_encoded() -> None:
    assert sanitise("\ud83d") == "\ufffd"


def test_reveal_shows_everything() -> None:
    assert reveal("a\tb\u200d\n") == "a␉b⟨ZWJ⟩␊\n"


def test_copies_keep_tabs_and_joiners_but_run_nothing() -> None:
    assert copyable("a\tb\n👩\u200d💻\x1b[201~") == "a\tb\n👩\u200d💻␛[201~"
