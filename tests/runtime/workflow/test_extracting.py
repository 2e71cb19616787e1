from __future__ import annotations

import pytest

from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.events import ToolCall
from pipeline_runtime.workflow import StepView, Where, render
from pipeline_runtime.workflow.extracting import NotExtractable, answer_text, extract
from pipeline_runtime.workflow.lines import Segment, TextLines

ANSWER = (
    '{"score": 8, "ok": true, "none": null, "who": {"name": "Ada"}, "list": [1, {"x": "y"}], "text": "t"}'
)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("score", 8),
        ("ok", "true"),
        ("none", "null"),
        ("who.name", "Ada"),
        ("who", '{\n  "name": "Ada"\n}'),
        ("list[0]", 1),
        ("list[1].x", "y"),
        ("text", "t"),
    ],
)
def test_fields(path, value):
    assert extract(ANSWER, path) == value
    assert extract(StepView(f"Here it is:\n```json\n{ANSWER}\n```\nDone."), path) == value


@pytest.mark.parametrize(
    ("answer", "path", "words"),
    [
        (ANSWER, "scor", "has no `scor` (did you mean `score`?)"),
        (ANSWER, "list[5]", "`5` is looked for in a list of 2"),
        (ANSWER, "score.x", "`x` is looked for in a single value"),
        ("prose", "x", "no JSON to take a field from: prose"),
        ("", "x", "it is empty"),
        ("{}", "x", "it is empty"),
        (ANSWER, "", "extract takes a path"),
        (ANSWER, "a[*]", "extract takes a path"),
        (ANSWER, 5, "extract takes a path"),
    ],
)
def test_what_is_not_there(answer, path, words):
    with pytest.raises(NotExtractable) as caught:
        extract(answer, path)
    assert words in str(caught.value)


def test_a_default_stands_for_what_is_not_there():
    assert (extract(ANSWER, "x", 0), extract("prose", "x", "")) == (0, "")


def test_tool_calls_are_read_when_there_is_no_text():
    calls = (ToolCall(0, "1", "f", '{"a": 1}', {"a": 1}), ToolCall(1, "2", "g", '{"b', None))
    assert extract(StepView(" ", tool_calls=calls), "a") == 1
    assert answer_text("", calls) == '{"a": 1}\n{"b'
    assert answer_text("text", calls) == "text"


def test_in_a_template():
    steps = {"a": StepView(ANSWER)}
    text = '{% if steps.a | extract("score") >= 8 %}good{% endif %} {{ steps.a | extract("no", "-") }}'
    assert render(text, inputs={}, steps=steps, where=Where("s")) == "good -"
    lines = TextLines((Segment(1, 10, literal=True),))
    with pytest.raises(WorkflowError) as caught:
        render('x\n{{ steps.a | extract("no") }}', inputs={}, steps=steps, where=Where("s", lines=lines))
    assert (caught.value.line, caught.value.cure) == (
        11,
        "ask for JSON with that field, or give `extract` a default",
    )


def test_lines_of_segments():
    lines = TextLines((Segment(1, 5, literal=False), Segment(3, 20, literal=True)))
    assert [lines.at(line) for line in (0, 1, 2, 3, 5)] == [5, 5, 5, 20, 22]
