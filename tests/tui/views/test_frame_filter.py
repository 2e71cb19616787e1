"""What the filter finds, and what it says when it does not understand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers_tui import MS, Script
from pipeline_runtime.expression import ExpressionError
from pipeline_tui.views.frame_filter import parse_filter
from pipeline_tui.views.frame_row import BURST, FrameRow

if TYPE_CHECKING:
    from pipeline_runtime.events import AnyEvent


def row(
    *, gap: int = 0, step: str = "draft", data: str = "{}", event: str = "ping", lane: str | None = None
) -> FrameRow:
    script = Script(step)
    script.attempt(step)
    made = FrameRow(script.frame(step, event, data), gap)
    if lane is not None:
        made.events.append(script.delta("x", lane, step=step))
    return made


def lifecycle(name: str) -> FrameRow:
    script = Script()
    script.attempt()
    event: AnyEvent = {"stall": script.stall("began", 1000), "done": script.done()}[name]
    return FrameRow(event, 0)


@pytest.mark.parametrize(
    ("text", "finds", "leaves"),
    [
        ("type:delta", row(lane="text"), row()),
        ("type:*delta", row(event="content_block_delta"), row(event="message_start")),
        ("type:frame", row(), lifecycle("stall")),
        ("type:stall", lifecycle("stall"), lifecycle("done")),
        ("TYPE:Ping", row(), row(event="x")),
        ("lane:thinking", row(lane="thinking"), row(lane="text")),
        ("step:dra*", row(), row(step="judge")),
        ("step:draft", row(), row(step="draft-2")),
        ("n:0", row(), lifecycle("done")),
        ("gap>500ms", row(gap=501 * MS), row(gap=500 * MS)),
        ("gap>=0.5s", row(gap=500 * MS), row(gap=499 * MS)),
        ("gap<20", row(gap=19 * MS), row(gap=BURST)),
        ("gap>1s", row(gap=1001 * MS), row(gap=BURST)),
        ("bytes>4096", row(data="x" * 5000), row()),
        ("bytes<=1kib", row(), row(data="x" * 2000)),
        ("hello", row(data="say HELLO"), row(data="bye")),
        ("Hello", row(data="Hello"), row(data="hello")),
        ('"a b"', row(data="a b"), row(data="ab")),
        ('"gap>1"', row(data="gap>1"), row(gap=5 * MS)),
        ("ping type:frame bytes>10", row(), row(event="x")),
        ("type:frame lane:thinking", row(lane="thinking"), row(lane="text")),
        ("lane:text or lane:thinking", row(lane="thinking"), row()),
        ("type:ping not lane:text", row(), row(lane="text")),
        ("not (step:judge or lane:text)", row(), row(lane="text")),
        ("/h.llo/", row(data="say hello"), row(data="HELLO")),
        ("lane!=text", row(lane="thinking"), row(lane="text")),
        ("chars>0", row(lane="text"), row()),
        ("gap>5ms or type:stall", row(gap=6 * MS), row(gap=BURST)),
        ("type:con*_delta", row(event="content_block_delta"), row(event="delta")),
    ],
)
def test_terms(text: str, finds: FrameRow, leaves: FrameRow) -> None:
    test = parse_filter(text)
    assert test(finds)
    assert not test(leaves)


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("gap>5foo", 5, "there is no unit foo: there are ns, us"),
        ("x  gap>", 4, "as in gap>500ms"),
        ("gap>fast", 5, "is no number"),
        ("tpye:delta", 1, "did you mean type?"),
        ("lane:thought", 6, "there are text, thinking, tool_input, refusal"),
        ("type>delta", 1, "as in type:delta"),
        ("n:3ms", 3, "there is no unit ms"),
        ('say "hello', 5, "this quote is not closed"),
        ("a or", 5, "a term was expected"),
        ("text~/so far/", 1, "use it in a breakpoint"),
        ("nth(3, type:delta)", 1, "use it in a breakpoint"),
    ],
)
def test_errors_name_the_column_and_the_cure(text: str, column: int, says: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_filter(text)
    assert caught.value.column == column
    assert str(caught.value).startswith(f"column {column}: ")
    assert says in f"{caught.value} {caught.value.cure}"


@given(st.text(st.sampled_from('abg<>=:"0 \n5ms') | st.characters(), max_size=40))
def test_any_text_is_a_filter_or_a_filter_error(text: str) -> None:
    column = None
    try:
        found = parse_filter(text)(row())
    except ExpressionError as error:
        found, column = False, error.column
    assert found in {True, False}
    assert column is None or 1 <= column <= len(text) + 1


def test_an_empty_filter_shows_all() -> None:
    assert parse_filter("  ")(row())
