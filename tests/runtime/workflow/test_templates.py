from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.events import Response, Timings, ToolCall, Usage
from pipeline_runtime.workflow import StepView, Where, render
from pipeline_runtime.workflow.templates import ENVIRONMENT, MAX_OUTPUT, STEP_FIELDS

RESPONSE = Response(
    text="the answer",
    delivery="stream",
    timings=Timings(total=1),
    thinking="hm",
    finish_reason="stop",
    usage=Usage(input=3, output=5, raw={"x": 1}),
    tool_calls=(ToolCall(0, "t1", "look", '{"q": 1}', {"q": 1}),),
)
STEPS = {"draft": StepView.of(RESPONSE), "my-step": StepView("dashed")}
INPUTS = {"topic": "bees", "items": 3, "none": None}
WHERE = Where(step="polish", key="prompt", path="flow.yaml")


def rendered(template):
    return render(template, inputs=INPUTS, steps=STEPS, where=WHERE)


def failure(template):
    with pytest.raises(WorkflowError) as caught:
        rendered(template)
    assert caught.value.path == "flow.yaml"
    assert caught.value.key == "prompt"
    assert caught.value.message.startswith("the prompt of step `polish`: ")
    return caught.value.message


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain", "plain"),
        ("{{ inputs.topic }}", "bees"),
        ("{{ inputs.items }}", "3"),
        ("{{ inputs['topic'] }}", "bees"),
        ("{{ steps.draft.text }} {{ steps.draft.thinking }}", "the answer hm"),
        ("{{ steps.draft.finish_reason }} {{ steps.draft.usage.output }}", "stop 5"),
        ("{% for c in steps.draft.tool_calls %}{{ c.name }}={{ c.input.q }}{% endfor %}", "look=1"),
        ("{{ steps['my-step'].text }}", "dashed"),
        ("{{ inputs|list|join(',') }}", "topic,items,none"),
        ("{{ 'topic' in inputs }} {{ inputs|length }}", "True 3"),
        ("{% if inputs.nope is defined %}a{% else %}b{% endif %}", "b"),
        ("{{ inputs.nope|default('x') }}", "x"),
        ("<b>&</b>", "<b>&</b>"),
        ("a\n{% if true %}\nb\n{% endif %}\nc\n", "a\nb\nc"),
        ("{{ 2 * 3 }} {{ 2 ** 3 }} {{ 7 % 4 }}", "6 8 3"),
    ],
)
def test_what_templates_come_to(template, text):
    assert rendered(template) == text


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ inputs.topc }}", "`inputs.topc` is not there (did you mean `topic`?)"),
        ("{{ inputs.zzz }}", "`inputs.zzz` is not there (known: topic, items, none)"),
        ("{{ steps.drft.text }}", "`steps.drft` is not there (did you mean `draft`?)"),
        ("{{ steps.draft.txt }}", "a step has no `txt` (did you mean `text`?)"),
        ("{{ topic }}", "`topic` is not there"),
        ("{{ lipsum() }}", "`lipsum` is not there"),
        ("{{ inputs.topic.nope }}", "`nope` is not there"),
        ("{{ inputs.none + 1 }}", "TypeError"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
        ("{{ open", "line 1: "),
        ("{{ 'a' * 1000000000 }}", "`*` works on numbers only"),
        ("{{ '%0999999999d' % 1 }}", "`%` works on numbers only"),
        ("{{ 9 ** 999999999 }}", "exponent"),
        ("{{ '{:>999999999}'.format(1) }}", "unsafe"),
        ("{{ 'a'.ljust(999999999) }}", "unsafe"),
        ("{% for i in range(10001) %}{% endfor %}", "a range of more than 10,000"),
        ("{{ ''.__class__ }}", "unsafe"),
        ("{{ steps.draft.usage.raw.update({'x': 2}) }}", "unsafe"),
        ("{{ steps.draft.of }}{{ steps.draft.of.__globals__ }}", "unsafe"),
        ("{% include 'x' %}", "TypeError"),
    ],
)
def test_what_templates_may_not_do(template, words):
    assert words in failure(template)


def test_the_output_is_bounded():
    line = "x" * 1024
    many = "{% for i in range(1024) %}" + line + "{% endfor %}"
    assert len(rendered(many)) == MAX_OUTPUT
    assert f"more than {MAX_OUTPUT:,} characters" in failure(many + "y")


def test_a_view_has_the_fields_that_templates_may_name():
    assert tuple(StepView.__dataclass_fields__) == STEP_FIELDS
    assert StepView.of(structs.replace(RESPONSE, text="other")).text == "other"


@given(st.text(st.sampled_from("a %#}\n\r\t\u2028\x0b")))
def test_a_text_without_anything_to_fill_in_comes_to_what_jinja_makes_of_it(text):
    assert rendered(text) == ENVIRONMENT.from_string(text).render()


def test_a_text_without_anything_to_fill_in_is_bounded_too():
    assert "characters" in str(failure("x" * (MAX_OUTPUT + 1)))
