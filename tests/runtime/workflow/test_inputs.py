from __future__ import annotations

import pytest

from helpers_workflow import workflow_of
from pipeline_runtime.errors import InputError
from pipeline_runtime.workflow import resolve_inputs

WORKFLOW = workflow_of("""\
    inputs:
      topic: {description: what about}
      tone: {default: plain, choices: [plain, warm]}
      count: 3
      size: {type: integer, choices: [1, 2], required: false}
      share: {type: number, default: 1}
      loud: false
      note: {required: false}
      forced: {required: true, default: x}
    steps: [{id: a, prompt: p}]
    """)
GOOD = {
    "topic": "bees", "tone": "plain", "count": 3, "size": None, "share": 1, "loud": False, "note": "", "forced": "x",
}  # fmt: skip


def problems(**given):
    with pytest.raises(InputError) as caught:
        resolve_inputs(WORKFLOW, {"topic": "bees", **given})
    for name, problem in caught.value.problems.items():
        assert f"`{name}` {problem}" in caught.value.message
    return caught.value.problems


def test_defaults_fill_what_is_not_given():
    assert resolve_inputs(WORKFLOW, {"topic": "bees"}) == GOOD


def test_texts_become_the_inputs_type():
    given = {
        "topic": "7",
        "tone": "warm",
        "count": " 4 ",
        "size": "2",
        "share": "0.5",
        "loud": "Yes",
        "note": "",
    }
    values = resolve_inputs(WORKFLOW, given)
    assert values == {**GOOD, "topic": "7", "tone": "warm", "count": 4, "size": 2, "share": 0.5, "loud": True}
    assert type(values["count"]) is int


def test_values_of_the_right_type_pass():
    values = resolve_inputs(WORKFLOW, {"topic": "t", "count": 4, "share": 2, "loud": True})
    assert (values["count"], values["share"], values["loud"]) == (4, 2, True)


def test_an_empty_field_means_the_default():
    values = resolve_inputs(WORKFLOW, {"topic": "t", "count": "", "loud": "", "size": " "})
    assert (values["count"], values["loud"], values["size"]) == (3, False, None)


@pytest.mark.parametrize(
    ("given", "name", "words"),
    [
        ({"topic": ""}, "topic", "is required"),
        ({"topic": None}, "topic", "is required"),
        ({"topic": 7}, "topic", "must be a text"),
        ({"count": "many"}, "count", "must be a whole number"),
        ({"count": "1.5"}, "count", "must be a whole number"),
        ({"count": True}, "count", "must be a whole number"),
        ({"count": 1.5}, "count", "must be a whole number"),
        ({"share": "nan"}, "share", "must be a number"),
        ({"share": "1e999"}, "share", "must be a number"),
        ({"share": []}, "share", "must be a number"),
        ({"loud": "perhaps"}, "loud", "must be true or false"),
        ({"loud": 1}, "loud", "must be true or false"),
        ({"tone": "warn"}, "tone", "did you mean `warm`?"),
        ({"size": "9"}, "size", "is not among the choices"),
        ({"topc": "x"}, "topc", "did you mean `topic`?"),
    ],
)
def test_each_wrong_value(given, name, words):
    found = problems(**given)
    assert list(found) == [name]
    assert words in found[name]


def test_all_problems_at_once():
    assert sorted(problems(topic="", count="x", zzz=1)) == ["count", "topic", "zzz"]


def test_a_workflow_without_inputs():
    empty = workflow_of("steps: [{id: a, prompt: p}]")
    assert resolve_inputs(empty, {}) == {}
    with pytest.raises(InputError, match="it has none"):
        resolve_inputs(empty, {"x": 1})


def test_kinds_are_inferred():
    kinds = {name: declared.kind for name, declared in WORKFLOW.inputs.items()}
    assert kinds == {
        "topic": "string", "tone": "string", "count": "integer", "size": "integer", "share": "number",
        "loud": "boolean", "note": "string", "forced": "string",
    }  # fmt: skip
    assert [name for name, declared in WORKFLOW.inputs.items() if declared.needed] == ["topic"]
