"""Scenario files: what is right, and how a mistake is named."""

from __future__ import annotations

import pytest

from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.simulator import bundled_scenarios, load_scenario, parse_scenario

PROMISED = {
    "default", "draft", "outline", "expand", "polish", "optimist", "sceptic", "judge", "thinking", "tool-call",
    "no-stream", "unverified-org", "buffered", "stall", "cut", "overloaded-then-ok", "error-mid-stream",
    "rate-limited", "long", "unicode", "escapes", "markdown",
}  # fmt: skip


@pytest.fixture
def load(tmp_path):
    def load_text(text: str | bytes):
        path = tmp_path / "mine.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_scenario(path)

    return load_text


def problem(load, text) -> WorkflowError:
    with pytest.raises(WorkflowError) as caught:
        load(text)
    assert caught.value.path.endswith("mine.yaml")
    assert caught.value.cure
    return caught.value


def test_the_bundled_ones_are_all_there_and_described():
    scenarios = bundled_scenarios()
    assert set(scenarios) == PROMISED
    assert all(scenario.name == key and scenario.description for key, scenario in scenarios.items())


def test_the_name_is_the_files_by_default(load):
    assert load("reply: Hello.").name == "mine"


def test_a_plain_string_is_a_reply_of_one_text(load):
    assert load("reply: Hello.").reply[0].text == "Hello."


def test_everything_at_once(load):
    scenario = load(
        "name: all\ndescription: d\n"
        "reply:\n  - thinking: hm\n  - text: yes\n  - tool: {name: t, input: {a: [1, {b: '{{ prompt }}'}]}}\n"
        "turns:\n  - {when: again, reply: [{refusal: 'no'}], finish: content_filter}\n"
        "usage: {input: 7, output: auto, cached: 3, reasoning: 2}\nfinish: length\n"
        "timing: {first_token: 1, rate: 12.5, jitter: 0, seed: 9}\n"
        "delivery: one_chunk\nrefuse_stream: gateway-403\nfaults: ['stall@1:1s', no_terminator]\n"
    )
    assert scenario.reply[2].tool.input == {"a": [1, {"b": "{{ prompt }}"}]}
    assert (scenario.usage.input, scenario.usage.output, scenario.usage.cached) == (7, "auto", 3)
    assert scenario.timing.rate == 12.5
    assert [fault.kind for fault in scenario.parsed_faults()] == ["stall", "no_terminator"]


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("reply: x\ntimming: {}\n", 2, 1, "did you mean 'timing'?"),
        ("reply: x\ntiming:\n  rate: 50\n  jiter: 1\n", 4, 3, "did you mean 'jitter'?"),
        ("name: x\n\nreply:\n  - txt: a\n", 4, 5, "did you mean 'text'?"),
        ("reply:\n  - text: a\n    refusal: b\n", 2, 5, "one of the keys"),
        ("reply:\n  - {}\n", 2, 5, "this has 0"),
        ("reply: []\n", 1, 1, "at least 1"),
        ("name: x\n", None, None, "'reply' is missing"),
        ("reply: x\ntiming: {rate: fast}\n", 2, 10, "timing.rate"),
        ("reply: x\ntiming: {jitter: 2}\n", 2, 10, "less than or equal to 1"),
        ("reply: x\nfaults: [no_terminator, disconect@4]\n", 2, 1, "disconnect@17"),
        ("reply: x\nrefuse_stream: o1\n", 2, 1, "openai-o1-default"),
        ("reply: x\ndelivery: pigeon\n", 2, 1, "buffered"),
        ("reply: x\nturns:\n  - reply: y\n", 3, 5, "give when or after_tool"),
        ("reply: 'Hello {{ prompts }}'\n", 1, 1, "did you mean 'prompt'?"),
        ("reply: 'Hello {{ prompt'\n", 1, 1, "template"),
        ("reply:\n  - tool: {name: t, input: {a: '{{ nothing }}'}}\n", 2, 21, "'nothing'"),
        ("reply: x\nreply: y\n", 2, 1, "duplicate"),
        ("reply: [x\n", 2, 1, "not YAML"),
        ("- a\n- b\n", 1, None, "mapping"),
        ("", 1, None, "mapping"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_cure(load, text, line, column, says):
    error = problem(load, text)
    assert (error.line, error.column) == (line, column)
    assert says in str(error)


def test_of_several_mistakes_the_first_in_the_file_is_told(load):
    assert problem(load, "reply: x\nfinsh: stop\ntimng: {}\n").line == 2


def test_bytes_that_are_no_text(load):
    error = problem(load, b"reply: x\nname: \xff\n")
    assert (error.line, "byte 15" in str(error)) == (2, True)


def test_a_file_that_is_too_large(load):
    assert "bytes" in str(problem(load, "reply: x\n" + "#" * (1 << 20)))


def test_aliases_that_expand_without_end(load):
    bomb = "reply: x\na: &a [1,1,1,1,1,1,1,1,1,1]\n"
    for before, name in zip("abcdef", "bcdefg", strict=True):
        bomb += f"{name}: &{name} [{', '.join(['*' + before] * 10)}]\n"
    assert "expands" in str(problem(load, bomb))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(WorkflowError, match="cannot be read"):
        load_scenario(tmp_path / "none.yaml")


def test_a_folder_instead_of_a_file(tmp_path):
    with pytest.raises(WorkflowError, match="cannot be read"):
        load_scenario(tmp_path)


def test_an_inline_scenario_names_its_source():
    with pytest.raises(WorkflowError) as caught:
        parse_scenario({"reply": "x", "fault": []}, "chain.yaml, step draft")
    assert str(caught.value) == "chain.yaml, step draft: unknown key 'fault' (did you mean 'faults'?)"


def test_an_inline_scenario_needs_no_name():
    assert parse_scenario({"reply": "x"}, "here").name == "inline"
