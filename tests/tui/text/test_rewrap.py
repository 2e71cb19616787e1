"""A long text wrapped anew: what is in view at once, all of it in slices, at the end as if from the start."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_runtime.events import Delta
from pipeline_tui.text.rewrap import SLICE, Rewrap
from pipeline_tui.text.wrap import WrapBuffer
from pipeline_tui.views import transcript as transcripts
from pipeline_tui.views.transcript import Transcript

WORDS = st.text(st.sampled_from("ab #`é漢\n "), max_size=200)


def wrapped(text: str, width: int) -> WrapBuffer:
    buffer = WrapBuffer(width)
    buffer.append(text)
    return buffer


@given(WORDS, WORDS, st.integers(2, 30), st.integers(2, 30))
def test_slices_end_where_a_fresh_wrap_does(text: str, more: str, before: int, after: int) -> None:
    work = Rewrap(wrapped(text, before), after)
    work.add(more)
    while not work.done:
        work.step()
    fresh = wrapped(text + more, after)
    assert work.buffer.lines == fresh.lines
    assert work.buffer.flags == fresh.flags


@given(WORDS, WORDS, st.integers(2, 30), st.integers(2, 30), st.data())
def test_a_part_keeps_the_text_and_goes_on_for_the_new_width(
    text: str, more: str, before: int, after: int, data: st.DataObject
) -> None:
    buffer = wrapped(text, before)
    first = data.draw(st.integers(0, len(buffer) - 1))
    last = data.draw(st.integers(first + 1, len(buffer)))
    buffer.rewrap_part(first, last, after)
    buffer.append(more)
    assert "".join(buffer.lines) == text + more
    assert len(buffer.flags) == len(buffer.lines)


def test_from_a_hard_break_to_the_end_the_lines_are_those_of_a_fresh_wrap() -> None:
    text = "\n".join(f"line {n} " + "word " * (n % 40) for n in range(400))
    buffer = wrapped(text, 80)
    first = next(n for n in range(len(buffer) - 60, 0, -1) if buffer.lines[n - 1].endswith("\n"))
    buffer.rewrap_part(first, len(buffer), 33)
    fresh = wrapped(text, 33)
    tail = len(buffer) - first
    assert buffer.lines[first:] == fresh.lines[-tail:]


def long_transcript(width: int) -> tuple[Transcript, str]:
    text = "\n".join(f"line {n}: " + "some words " * (n % 23) for n in range(3_000))
    transcript = Transcript(width)
    transcript.extend([Delta("r", "s", 1, 0, 0, text, "text", 0, None)])
    return transcript, text


@pytest.mark.parametrize("top", [0, 700, -1])
@pytest.mark.parametrize("width", [31, 77, 160])
def test_rows_in_view_are_right_at_once_and_all_when_settled(top: int, width: int) -> None:
    transcript, text = long_transcript(60)
    assert len(text) > transcripts.AT_ONCE
    height = 40
    top = len(transcript) - height if top < 0 else top
    mark = transcript.mark(top)
    fresh = wrapped(text, width).lines
    transcript.rewrap(width, top, height)
    assert transcript.unsettled
    at = transcript.row_of(mark)
    at = min(at, len(transcript) - height)
    shown = transcript.sections[0].buffer.lines[at : at + height]
    assert len(shown) == height
    assert "".join(shown) in "".join(fresh)
    assert any(fresh[n : n + height] == shown for n in range(len(fresh)))
    steps = 1
    while not transcript.rewrap_some():
        steps += 1
    assert steps == -(-len(text) // SLICE)
    transcript.settle()
    assert transcript.sections[0].buffer.lines == fresh
    assert not transcript.unsettled
    assert len(transcript) == len(fresh)
    line = transcript.sections[0].buffer.lines[transcript.row_of(mark)]
    assert text.find(line) <= mark.offset < text.find(line) + len(line) or text.count(line) > 1


def test_what_comes_meanwhile_is_in_both() -> None:
    transcript, text = long_transcript(60)
    transcript.rewrap(44, 0, 30)
    transcript.rewrap_some()
    transcript.extend([Delta("r", "s", 1, 1, 0, "\nand this", "text", 0, None)])
    assert transcript.sections[0].buffer.lines[-1] == "and this"
    while not transcript.rewrap_some():
        pass
    transcript.settle()
    assert transcript.sections[0].buffer.lines == wrapped(text + "\nand this", 44).lines


def test_a_second_resize_starts_the_work_again() -> None:
    transcript, text = long_transcript(60)
    transcript.rewrap(44, 0, 30)
    transcript.rewrap_some()
    transcript.rewrap(51, 0, 30)
    while not transcript.rewrap_some():
        pass
    transcript.settle()
    assert transcript.sections[0].buffer.lines == wrapped(text, 51).lines
