"""Old prompts come to the text that they came to."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers_origin import notices_of, origin_of
from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.events import ToolCall
from pipeline_runtime.workflow import StepView, Where, render
from pipeline_runtime.workflow.extracting import extract
from pipeline_runtime.workflow.origin.expressions import Found, literal, translate_text
from pipeline_runtime.workflow.origin.simulated import simulated_answer

PIECES = st.lists(
    st.sampled_from(["{", "}", "%", "#", "-", " ", "x", "'", '"', "\\", "{{", "}}", "\n", "raw", "é"])
)


def text_of(template, steps=None, inputs=None, files=None):
    return render(template, inputs=inputs or {}, steps=steps or {}, files=files, where=Where("s"))


@given(PIECES.map("".join))
def test_any_text_is_sent_as_it_stands(text):
    assert text_of(literal(text) + "|") == text + "|"
    found = Found()
    template = translate_text(text, {}, {}, found)
    values = {name: f"{{{{{name}}}}}" for name in found.inputs}
    sent = text_of(template + "|", inputs=values)
    assert "".join(sent.split()) == "".join((text + "|").split())


PARTS = """\
workflow:
  steps:
    - {name: a-b, type: claude, prompt: one}
    - name: c
      type: claude
      prompt:
        - type: static
          content: |
            Keep {this} and {# that #}.
        - type: file
          path: docs/it's "here".md
        - plain words
        - type: previous_response
          step: a-b
        - type: previous_response
          step: a-b
          extract: scores[1].name
        - type: previous_response
          step: a-b
          extract: missing
          strict: false
"""


def test_parts_are_joined_by_line_ends():
    step = origin_of(PARTS).steps[1]
    answer = json.dumps({"scores": [1, {"name": "Ada"}]})
    name = 'docs/it\'s "here".md'
    assert step.files == {name: name}
    text = text_of(step.prompt, {"a-b": StepView(answer)}, files={name: "FILE"})
    assert text == f"Keep {{this}} and {{# that #}}.\n\nFILE\nplain words\n{answer}\nAda\n"


def test_an_answer_of_tool_calls_only_is_their_arguments():
    step = origin_of(PARTS).steps[1]
    calls = (ToolCall(0, "x", "f", '{"scores": [0, {"name": "B"}]}', {"scores": [0, {"name": "B"}]}),)
    text = text_of(step.prompt, {"a-b": StepView("", tool_calls=calls)}, files=dict.fromkeys(step.files, "F"))
    assert text.splitlines()[-2:] == ['{"scores": [0, {"name": "B"}]}', "B"]


def test_errors_that_show_when_it_runs_name_the_line_of_the_part():
    workflow = origin_of(PARTS)
    step = workflow.steps[1]
    files = dict.fromkeys(step.files, "F")
    where = workflow.where(step, "prompt")
    with pytest.raises(WorkflowError) as caught:
        render(step.prompt, inputs={}, steps={"a-b": StepView("{}")}, files=files, where=where)
    assert (caught.value.line, caught.value.key) == (17, "prompt")
    assert "no `scores[1].name`" in caught.value.message
    with pytest.raises(WorkflowError) as caught:
        render(step.prompt, inputs={}, steps={"a-b": StepView("{}")}, files={}, where=where)
    assert caught.value.line == 11


EXPRESSIONS = """\
workflow:
  variables: {tone: dry, many: [1]}
  input: {topic: tides}
  steps:
    - {name: a, type: claude, prompt: "On {{ topic }} in a {{ variables.tone }} tone for {{ reader }}"}
    - name: b
      type: claude
      prompt: "{{steps.a.result}} {{ a }} {{a.score}} {{previous_response:a}} {{ inputs.reader }} {{ timestamp }}"
"""


def test_expressions_become_todays():
    workflow = origin_of(EXPRESSIONS)
    a, b = workflow.steps
    assert a.prompt == "On {{ inputs.topic }} in a {{ inputs.tone }} tone for {{ inputs.reader }}"
    defaults = {name: one.default for name, one in workflow.inputs.items()}
    assert defaults == {"topic": "tides", "tone": "dry", "reader": "{{ reader }}"}
    whole = '{"score": 7}'
    text = text_of(b.prompt, {"a": StepView(whole)}, defaults)
    assert text == f"{whole} {whole} 7 {whole} {{{{ reader }}}} {{{{ timestamp }}}}"
    assert notices_of(EXPRESSIONS, "ignored") == [
        ((2,), "`many` is ignored: only single values are known here"),
        ((8,), "`{{ timestamp }}` is sent as it stands: such an expression is not supported yet"),
    ]


def test_inputs_that_name_files_are_required():
    text = """\
    workflow:
      steps:
        - name: a
          type: claude
          prompt: ["On {{ code }}", {type: file, path: "src/{{ code }}"}]
          output_to_file: "{{ code }}_{{ timestamp }}.md"
    """
    workflow = origin_of(text)
    assert workflow.inputs["code"].needed
    assert workflow.steps[0].files == {"src/ code": "src/{{ inputs.code }}"}
    assert workflow.steps[0].output_to_file == "{{ inputs.code }}_{{ timestamp }}.md"


def test_any_name_of_a_file_can_be_read():
    name = "\U0001f600 \u00e9.md"
    step = origin_of(
        f"workflow: {{steps: [{{name: a, type: claude, prompt: [{{type: file, path: {name}}}]}}]}}"
    ).steps[0]
    assert text_of(step.prompt, files={name: "F"}) == "F"


def test_the_time_is_known_where_an_answer_is_written_only():
    text = "workflow: {steps: [{name: a, type: claude, prompt: [{type: file, path: '{{ timestamp }}.md'}]}]}"
    (path,) = origin_of(text).steps[0].files.values()
    assert path == "{{ '{' }}{ timestamp }}.md"
    assert notices_of(text, "ignored")[0][1].startswith("`{{ timestamp }}` is sent as it stands")


@pytest.mark.parametrize(
    "paths", [["score"], ["a.b", "a.c[1].d"], ["e", "e.f"], ["e.f", "e"], ["g[0]", "h[2].x", "h[0].y"]]
)
def test_a_simulated_step_answers_with_the_fields_that_are_asked_of_it(paths):
    reply = simulated_answer(paths)["reply"]
    for path in paths:
        assert extract(reply, path)


def test_only_steps_that_are_asked_for_fields_get_such_an_answer():
    steps = origin_of(PARTS).steps
    assert extract(steps[0].scenario["reply"], "scores[1].name") == "simulated"
    assert steps[1].scenario is None
