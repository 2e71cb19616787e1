"""A workflow with another model: the prompts stay, and what cannot be asked of it is said before it runs."""

from __future__ import annotations

import pytest

from pipeline_runtime.errors import InputError, WorkflowError
from pipeline_runtime.workflow import ModelSwap, load_workflow_text

TEXT = """\
name: two
steps:
  - {id: a, provider: claude, model: sonnet, prompt: one, stream: true}
  - {id: b, provider: openai, model: gpt, prompt: "{{ steps.a.text }}", stream: true}
"""


def asked(workflow):
    return [(step.id, step.provider, step.model) for step in workflow.steps]


def test_in_every_step_or_in_one():
    workflow = load_workflow_text(TEXT)
    assert asked(ModelSwap("groq", "llama").apply(workflow)) == [
        ("a", "groq", "llama"),
        ("b", "groq", "llama"),
    ]
    one = ModelSwap("ollama", "qwen", "b").apply(workflow)
    assert asked(one) == [("a", "claude", "sonnet"), ("b", "ollama", "qwen")]
    assert [step.prompt for step in one.steps] == [step.prompt for step in workflow.steps]
    assert asked(workflow)[0] == ("a", "claude", "sonnet")


@pytest.mark.parametrize(
    ("swap", "kind", "told"),
    [
        (ModelSwap("nobody", "m"), WorkflowError, "`nobody`"),
        (ModelSwap("claude", ""), InputError, "a provider and a model"),
        (ModelSwap("claude", "m", "c"), InputError, "no step 'c'"),
    ],
)
def test_what_cannot_be_is_said_at_once(swap, kind, told):
    with pytest.raises(kind, match=told):
        swap.apply(load_workflow_text(TEXT))


def test_it_is_called_by_what_it_changes():
    assert str(ModelSwap("groq", "llama")) == "groq/llama"
    assert str(ModelSwap("groq", "llama", "b")) == "groq/llama in b"


def test_a_step_stands_where_it_does_in_its_own_workflow():
    workflow = load_workflow_text(TEXT)
    a, b = workflow.steps
    assert workflow.where(b, "prompt").lines.at(1) == 4
    turned = workflow.model_copy(update={"steps": (b, a)})
    assert turned.where(a, "prompt").lines.at(1) == 4
    assert workflow.where(a, "prompt").lines.at(1) == 3
