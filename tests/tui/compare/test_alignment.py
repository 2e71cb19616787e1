"""Two texts aligned while they grow: nothing is lost, only what has parted differs, the work stays small."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_tui.views import alignment
from pipeline_tui.views.alignment import GrowingAlignment
from pipeline_tui.views.compare_rows import aligned_pieces, differences, wrapped_rows

WORDS = st.lists(
    st.sampled_from(["tea", "late ", "is", " ", "no ", "日本", "\n", "\n\n", "a\x1bb"]), max_size=80
)
BOTH = (True, True)
PARAGRAPH = "The train left fifteen minutes late, because a door would not close.\n\n"


def joined(aligned: GrowingAlignment, side: str) -> str:
    return "".join(getattr(piece, side) for piece in aligned.pieces)


@given(WORDS, WORDS, st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_has_come_is_there_and_the_end_is_as_if_it_had_come_at_once(first, second, data):
    with pytest.MonkeyPatch.context() as patch:
        for name, size in (("WINDOW", 40), ("HELD", 12), ("AHEAD", 8)):
            patch.setattr(alignment, name, size)
        aligned = GrowingAlignment()
        at = [0, 0]
        while at[0] < len(first) or at[1] < len(second):
            for side, words in enumerate((first, second)):
                at[side] = data.draw(st.integers(at[side], len(words)), label="come")
            going = (at[0] < len(first), at[1] < len(second))
            a, b = "".join(first[: at[0]]), "".join(second[: at[1]])
            aligned.update(a, b, going)
            aligned.rows(30)
            assert joined(aligned, "a").replace("␛", "\x1b") == a
            assert joined(aligned, "b").replace("␛", "\x1b") == b
            at = [min(at[0] + 1, len(first)), min(at[1] + 1, len(second))]
        a, b = "".join(first), "".join(second)
        aligned.update(a, b, (False, False))
        assert aligned.rows(30) == wrapped_rows(aligned_pieces(a, b), 30)


@pytest.mark.parametrize("going", [(True, True), (True, False)])
def test_the_one_behind_does_not_differ_from_what_it_has_not_come_to(going):
    aligned = GrowingAlignment()
    aligned.update("It is about te", "It is about tea, and about trains.\n\nMore of it.", going)
    rows = aligned.rows(20)
    assert not any(row.differs for row in rows)
    assert [row.a is None for row in rows] == [False, *[True] * (len(rows) - 1)]


def test_the_one_that_is_over_differs_from_what_it_never_said():
    aligned = GrowingAlignment()
    aligned.update("It is late", "It is late, again, and ", (False, True))
    assert any(row.differs for row in aligned.rows(60))


def test_a_word_that_parted_is_marked_while_both_go_on():
    aligned = GrowingAlignment()
    aligned.update("It is late in the day ", "It is early in the day ", BOTH)
    (row,) = aligned.rows(60)
    assert row.a is not None
    assert [row.a.text[first:last] for first, last in row.a.spans] == ["late"]


def test_what_is_far_behind_is_not_aligned_again(monkeypatch):
    a, b = PARAGRAPH * 200, PARAGRAPH.replace("fifteen", "twenty") * 200
    looked_at = []
    real = alignment.pieces_of
    monkeypatch.setattr(alignment, "pieces_of", lambda a, b: looked_at.append(len(a) + len(b)) or real(a, b))
    aligned = GrowingAlignment()
    for end in range(0, len(a), 97):
        aligned.update(a[:end], b[:end], BOTH)
    assert max(looked_at) < 4 * alignment.WINDOW
    assert len(differences(aligned.rows(60))) >= 150
    before = aligned.rows(60)
    aligned.update(a[: end + 40], b[: end + 40], BOTH)
    after = aligned.rows(60)
    kept = sum(old is new for old, new in zip(before, after, strict=False))
    assert kept > len(before) - 120


def test_texts_without_a_word_in_common_are_settled_too(monkeypatch):
    looked_at = []
    real = alignment.pieces_of
    monkeypatch.setattr(alignment, "pieces_of", lambda a, b: looked_at.append(len(a) + len(b)) or real(a, b))
    a, b = "one,two,three," * 3_000, "vier\tfünf\t" * 4_000
    aligned = GrowingAlignment()
    for end in range(0, len(a), 900):
        aligned.update(a[:end], b[:end], BOTH)
        assert joined(aligned, "a") == a[:end]
    assert max(looked_at) < 4 * alignment.WINDOW + 2 * 900
