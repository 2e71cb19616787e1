from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest

from helpers_workflow import HEAD, only_problem, problems_of, workflow_of
from pipeline_runtime.workflow import Step, Workflow, check_model


def steps(text):
    return HEAD + "inputs: {topic: bees}\nsteps:\n" + indent(dedent(text), "  ")


def test_duplicate_ids_name_the_first_line():
    line, column, message, _ = only_problem(steps("- {id: a, prompt: p}\n- {id: a, prompt: p}\n"))
    assert (line, column) == (5, 10)
    assert message == "two steps have the id `a` (first on line 4)"


def test_unknown_needs_suggest():
    line, column, message, cure = only_problem(
        steps("- {id: draft, prompt: p}\n- {id: b, needs: [drfat], prompt: p}\n")
    )
    assert (line, column, cure) == (5, 21, "did you mean `draft`?")
    assert "step `b` needs `drfat`" in message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- {id: a, prompt: p, needs: [a]}", "step `a` waits for itself"),
        ("- {id: a, prompt: p, needs: [b]}\n- {id: b, prompt: p, needs: [a]}", "each other: a → b → a"),
        (
            "- {id: a, prompt: p, needs: [c]}\n- {id: b, prompt: p}\n- {id: c, prompt: p}",
            "each other: a → c → b → a",
        ),
        (
            "- {id: x, prompt: p}\n- {id: a, prompt: p, needs: [c, x]}\n- {id: b, prompt: p}\n- {id: c, prompt: p}",
            "each other: a → c → b → a",
        ),
    ],
)
def test_cycles_are_named_in_order(text, told):
    _, _, message, cure = only_problem(steps(text))
    assert message.endswith(told)
    assert "`needs`" in cure


def test_a_wrong_provider_is_told_once_where_it_stands():
    text = "defaults: {provider: opnai, model: m}\nsteps: [{id: a, prompt: p}, {id: b, prompt: p}]\n"
    line, column, message, cure = only_problem(text)
    assert (line, column) == (1, 22)
    assert message == "the provider `opnai` is not known"
    assert cure.startswith("did you mean `openai`?")


@pytest.mark.parametrize(
    ("prompt", "told", "cure"),
    [
        ("{{ inputs.topc }}", "there is no input `topc`", "did you mean `topic`?"),
        ("{{ inputs['topc'] }}", "there is no input `topc`", "did you mean `topic`?"),
        ("{{ inputs.items }}", "there is no input `items`", "known: topic"),
        ("{{ topic }}", "there is no `topic` here", "write `inputs.topic`"),
        ("{{ first }}", "there is no `first` here", "write `steps.first.text`"),
        ("{{ input.topic }}", "there is no `input` here", "did you mean `inputs`?"),
        ("{{ steps.frist.text }}", "there is no step `frist`", "did you mean `first`?"),
        ("{{ steps.first.txt }}", "a step has no `txt`", "did you mean `text`?"),
        ("{{ steps.last.text }}", "which need not be over before it begins", "add `last` to its `needs`"),
        ("{{ steps.own.text }}", "refers to its own answer", "none yet"),
        ("{{ steps.my-step.text }}", "there is no step `my`", 'write `steps["my-step"]`'),
        ("{% if inputs.topc %}x{% endif %}", "there is no input `topc`", ""),
        ("{{ 'a'|uper }}", "No filter named 'uper'", ""),
        ("{{ inputs.topic", "the template is not well formed", ""),
        ("{% for x in y %}", "the template is not well formed", ""),
        ("{{ lipsum() }}", "there is no `lipsum` here", ""),
    ],
)
def test_template_references(prompt, told, cure):
    problems = problems_of(
        steps(f"""\
        - {{id: first, prompt: p}}
        - {{id: my-step, prompt: p}}
        - id: own
          prompt: "{prompt}"
        - {{id: last, prompt: p}}
        """)
    )
    found = [problem for problem in problems if told in problem[2]]
    assert len(found) == 1
    assert found[0][0] == 7
    assert cure in found[0][3]


def test_the_line_inside_a_literal_block():
    text = steps("- id: a\n  prompt: |\n    one\n    two {{ inputs.nope }}\n")
    assert only_problem(text)[:2] == (7, 1)
    folded = steps("- id: a\n  prompt: >\n    one\n    two {{ inputs.nope }}\n")
    assert only_problem(folded)[:2] == (5, 13)


def test_the_defaults_system_prompt_is_checked_once():
    text = "defaults: {provider: claude, model: m, system: '{{ inputs.x }}'}\nsteps: [{id: a, prompt: p}, {id: b, prompt: p}]\n"
    line, column, message, _ = only_problem(text)
    assert (line, column, message) == (1, 48, "there is no input `x`")


def test_a_workflow_made_in_code_is_checked_without_places():
    step = Step(id="a", provider="claude", model="m", prompt="{{ steps.b.text }}", needs=("c",))
    (unknown, reference) = check_model(
        Workflow(steps=(step, step.model_copy(update={"id": "b", "prompt": "p", "needs": None})))
    )
    assert (unknown.line, unknown.column, unknown.key) == (None, None, "steps[0].needs[0]")
    assert str(reference).startswith("step `a` refers to `b`, which need not be over")
    good = Workflow.model_validate(
        {"steps": [{"id": "a", "provider": "claude", "model": "m", "prompt": "p"}], "name": "made"}
    )
    assert check_model(good) == []
    assert check_model(good.at(Path("x.yaml"))) == []


def test_good_references_pass():
    workflow = workflow_of("""\
        inputs: {items: x}
        steps:
          - {id: a, prompt: "{{ inputs.items }}{% set n = 2 %}{{ n }}{{ range(3)|list }}"}
          - {id: b-2, prompt: "{{ steps.a.text }}{{ steps['a'].usage.output }}"}
          - {id: c, prompt: "{{ steps['b-2'].text }}{{ steps.a.tool_calls }}{% for s in steps %}{{ s }}{% endfor %}"}
          - {id: d, needs: [a], prompt: "{{ steps.a.finish_reason }}{% raw %}{{ free }}{% endraw %}"}
        """)
    assert len(workflow.steps) == 4
