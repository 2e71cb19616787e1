"""Deltas become sections and rows; lanes, blocks and choices stay apart."""

from __future__ import annotations

import sys

from hypothesis import given
from hypothesis import strategies as st

from pipeline_runtime.events import Delta
from pipeline_tui.views.transcript import Transcript


def delta(
    content: str, lane: str = "text", index: int = 0, choice: int = 0, tool: str | None = None
) -> Delta:
    return Delta("r", "s", 1, 0, 0, content, lane, index, None, choice, tool)  # type: ignore[arg-type]


def rows(transcript: Transcript) -> list[str]:
    shown = []
    for at in range(len(transcript)):
        section, line = transcript.row(at)
        shown.append((section.head or "") if line < 0 else section.buffer.lines[line].rstrip("\n"))
    return shown


def test_lanes_are_sections_with_heads() -> None:
    transcript = Transcript(40)
    transcript.extend(
        [
            delta("hm", "thinking"),
            delta("Hello ", index=1),
            delta("world", index=1),
            delta("", "tool_input", 2, tool="get_weather"),
            delta('{"a":', "tool_input", 2),
            delta("1}", "tool_input", 2),
            delta("no", "refusal", 3),
        ]
    )
    assert rows(transcript) == [
        "▾ thinking",
        "hm",
        "Hello world",
        "⚒ get_weather",
        '{"a":1}',
        "⊘ the model refused",
        "no",
    ]


def test_tools_that_grow_in_turns_stand_under_their_own_heads_in_order_of_appearance() -> None:
    transcript = Transcript(40)
    transcript.extend(
        [
            delta("", "tool_input", 3, tool="get_weather"),
            delta("", "tool_input", 1, tool="web_search"),
            delta('{"city":', "tool_input", 3),
            delta('{"query":', "tool_input", 1),
            delta('"Porto"}', "tool_input", 3),
            delta('"tea"}', "tool_input", 1),
            delta("", "tool_input", 2, tool="get_time"),
        ]
    )
    assert rows(transcript) == [
        "⚒ get_weather",
        '{"city":"Porto"}',
        "⚒ web_search",
        '{"query":"tea"}',
        "⚒ get_time",
        "",
    ]
    assert transcript.answer() == '{"city":"Porto"}\n\n{"query":"tea"}'


def test_a_name_that_comes_late_changes_the_head() -> None:
    transcript = Transcript(40)
    transcript.extend([delta("text"), delta('{"a":\n', "tool_input", 1)])
    assert rows(transcript)[1] == "⚒ tool"
    assert transcript.extend([delta("1}", "tool_input", 1, tool="add")]) == 1
    assert rows(transcript) == ["text", "⚒ add", '{"a":', "1}"]


def test_extend_tells_the_first_row_that_changed() -> None:
    transcript = Transcript(40)
    assert transcript.extend([delta("one\ntwo\n")]) == 0
    assert transcript.extend([delta("three\n")]) == 2
    assert transcript.extend([delta("think", "thinking")]) == 4
    assert transcript.extend([delta("more")]) == 3
    assert rows(transcript) == ["one", "two", "three", "more", "▾ thinking", "think"]


def test_folded_thinking_takes_one_row_and_goes_on_counting() -> None:
    transcript = Transcript(40)
    transcript.extend([delta("a\nb", "thinking"), delta("text", index=1)])
    transcript.fold(folded=True)
    assert rows(transcript) == ["▸ thinking · 2 lines (t unfolds)", "text"]
    assert transcript.extend([delta("\nc", "thinking")]) == 0
    assert rows(transcript)[0] == "▸ thinking · 3 lines (t unfolds)"
    transcript.fold(folded=False)
    assert rows(transcript) == ["▾ thinking", "a", "b", "c", "text"]


def test_the_answer_is_text_else_tools_else_thinking() -> None:
    transcript = Transcript(40)
    assert transcript.answer() == ""
    transcript.extend([delta("hm", "thinking")])
    assert transcript.answer() == "hm"
    transcript.extend([delta("{}", "tool_input", 1, tool="f")])
    assert transcript.answer() == "{}"
    transcript.extend([delta("a\x1b\t", index=2)])
    assert transcript.answer() == "a\x1b\t"


def test_an_error_is_a_block_of_its_own() -> None:
    transcript = Transcript(40)
    transcript.extend([delta("text")])
    assert transcript.add_block("error", "it broke", "idle\x1btimeout") == 1
    assert rows(transcript) == ["text", "✖ idle␛timeout", "it broke"]
    assert transcript.answer() == "text"


def test_a_new_width_wraps_all_sections() -> None:
    transcript = Transcript(40)
    transcript.extend([delta("aaaa bbbb cccc", "thinking"), delta("dddd eeee", index=1)])
    transcript.rewrap(7, 0, 10)
    assert rows(transcript) == ["▾ thinking", "aaaa ", "bbbb ", "cccc", "dddd ", "eeee"]


DELTAS = st.builds(
    delta,
    st.text("ab \n漢", max_size=12),
    st.sampled_from(["text", "thinking", "tool_input", "refusal"]),
    st.integers(0, 2),
    st.integers(0, 1),
)


@given(st.lists(st.lists(DELTAS, max_size=5), max_size=6), st.booleans())
def test_however_deltas_are_batched_the_rows_are_the_same(batches: list[list[Delta]], folded: bool) -> None:
    piecewise, whole = Transcript(10), Transcript(10)
    for transcript in (piecewise, whole):
        transcript.fold(folded=folded)
    for batch in batches:
        before = rows(piecewise)
        first = piecewise.extend(batch)
        assert rows(piecewise)[:first] == before[:first]
    whole.extend([each for batch in batches for each in batch])
    assert rows(piecewise) == rows(whole)
    assert piecewise.answer() == whole.answer()


def test_a_delta_leaves_its_characters_and_no_object_of_its_own() -> None:
    transcript, count = Transcript(120), 20_000
    before = sys.getallocatedblocks()
    for number in range(count):
        transcript.extend([delta(f" w{number % 10}")])
    assert (sys.getallocatedblocks() - before) / count < 0.5
    assert len(transcript.answer()) == 3 * count
