"""A run keeps the answers that a later step may name, and no others."""

from __future__ import annotations

import pytest

from pipeline_runtime.engine.answers import Answers
from pipeline_runtime.events import Response, Timings
from pipeline_runtime.workflow import load_workflow_text
from pipeline_runtime.workflow.template_check import named_steps


def answer(text: str) -> Response:
    return Response(text, "stream", Timings(1))


def answers_of(**prompts: str) -> Answers:
    steps = "".join(f"  - {{id: {name}, needs: [], prompt: hello}}\n" for name in prompts)
    workflow = load_workflow_text(f"defaults: {{provider: claude, model: m}}\nsteps:\n{steps}", "w.yaml")
    made = zip(workflow.steps, prompts.values(), strict=True)
    return Answers(step.model_copy(update={"prompt": prompt}) for step, prompt in made)


def run_through(answers: Answers, *steps: str) -> list[list[str]]:
    """What is kept after each step, all of which are answered."""
    kept = []
    for step in steps:
        answers.rendered(step)
        answers.keep(step, answer(step))
        kept.append(sorted(answers.views))
    return kept


def test_what_nobody_names_is_not_kept():
    assert run_through(answers_of(a="x", b="y", c="steps of a ladder"), "a", "b", "c") == [[], [], []]


def test_an_answer_is_kept_until_the_last_step_that_names_it_has_begun():
    answers = answers_of(a="x", b="{{ steps.a.text }}", c='{{ steps["a"].text }}{{ steps.b.usage }}', d="z")
    assert run_through(answers, "a", "b", "c", "d") == [["a"], ["a", "b"], [], []]


@pytest.mark.parametrize(
    "prompt",
    ["{{ steps[inputs.which].text }}", "{% set all = steps %}{{ all.a.text }}", "{{ steps }}", "{{ steps."],
)
def test_where_a_template_may_name_any_all_are_kept_for_it(prompt):
    assert named_steps(prompt) is None
    assert run_through(answers_of(a="x", b="y", c=prompt), "a", "b", "c") == [["a"], ["a", "b"], []]
