"""What the simulated model says to a request."""

from __future__ import annotations

import json

import pytest

from pipeline_runtime.simulator import parse_scenario
from pipeline_runtime.simulator.answer import answer
from pipeline_runtime.simulator.ask import Ask, read_messages
from pipeline_runtime.simulator.templates import TemplateFailed


def reply_to(scenario: dict, *, choice=0, **ask):
    wanted = {
        "model": "m",
        "prompt": "hello",
        "system": "be kind",
        "context": "be kind hello",
        "stream": True,
    }
    return answer(
        parse_scenario(scenario, "test"), Ask(**(wanted | ask)), choice=choice, tool_json=json.dumps
    )


def texts(given) -> list[str]:
    return [part.text for part in given.parts]


def test_templates_see_prompt_model_system_and_choice():
    given = reply_to({"reply": "{{ prompt }}|{{ model }}|{{ system }}|{{ choice }}"}, choice=2)
    assert texts(given) == ["hello|m|be kind|2"]


def test_templates_in_tool_input_are_rendered_too():
    given = reply_to({"reply": [{"tool": {"name": "t", "input": {"q": ["{{ prompt }}", 3]}}}]})
    assert given.parts[0].arguments == {"q": ["hello", 3]}
    assert json.loads(given.parts[0].text) == {"q": ["hello", 3]}


def test_a_template_cannot_leave_the_sandbox():
    with pytest.raises(TemplateFailed, match="unsafe"):
        reply_to({"reply": "{{ prompt.__class__.__mro__ }}"})


def test_a_template_that_does_not_fit_the_request():
    with pytest.raises(TemplateFailed, match="no element 4"):
        reply_to({"reply": "{{ prompt.splitlines()[4] }}"})


TURNS = {
    "reply": "first",
    "turns": [
        {"when": "TRAIN", "after_tool": True, "reply": "train after tool"},
        {"when": "train", "reply": "train", "finish": "length"},
        {"after_tool": True, "reply": "after tool"},
    ],
}


@pytest.mark.parametrize(
    ("ask", "text", "finish"),
    [
        ({}, "first", "stop"),
        ({"prompt": "a train"}, "train", "length"),
        ({"after_tool": True}, "after tool", "stop"),
        ({"prompt": "a Train", "after_tool": True}, "train after tool", "stop"),
    ],
)
def test_the_first_turn_that_fits_is_taken(ask, text, finish):
    given = reply_to(TURNS, **ask)
    assert (texts(given), given.finish) == ([text], finish)


@pytest.mark.parametrize(
    ("reply", "finish"),
    [
        ([{"text": "a"}], "stop"),
        ([{"text": "a"}, {"tool": {"name": "t"}}], "tool_use"),
        ([{"refusal": "no"}], "refusal"),
    ],
)
def test_the_finish_follows_from_the_reply(reply, finish):
    assert reply_to({"reply": reply}).finish == finish


def test_a_finish_can_be_given():
    assert reply_to({"reply": "a", "finish": "content_filter"}).finish == "content_filter"


def test_max_tokens_cuts_the_answer_as_a_model_does():
    given = reply_to({"reply": [{"thinking": "one two"}, {"text": "three four five"}]}, max_tokens=3)
    assert (texts(given), given.finish) == (["one two", "three"], "length")
    assert given.tokens.output == 3


def test_auto_usage_counts_pieces():
    given = reply_to({"reply": [{"thinking": "one two"}, {"text": "three four five"}]})
    assert (given.tokens.input, given.tokens.output, given.tokens.reasoning) == (3, 5, 2)


def test_given_usage_wins():
    given = reply_to({"reply": "a", "usage": {"input": 900, "output": 80, "cached": 700, "reasoning": 8}})
    tokens = given.tokens
    assert (tokens.input, tokens.output, tokens.cached, tokens.reasoning) == (900, 80, 700, 8)


def test_the_prompt_is_the_last_text_of_the_user():
    talk = read_messages(
        [
            {"role": "system", "content": "short"},
            {"role": "user", "content": "first"},
            {"role": "assistant", "content": [{"type": "text", "text": "answer"}]},
            {
                "role": "user",
                "content": [{"type": "text", "text": "second"}, {"type": "image", "source": {}}],
            },
        ],
        "top",
    )
    assert (talk.prompt, talk.system, talk.after_tool) == ("second", "top\nshort", False)
    assert talk.context == "top\nshort\nfirst\nanswer\nsecond"


@pytest.mark.parametrize(
    "result",
    [
        {"role": "tool", "tool_call_id": "c", "content": "sunny"},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "sunny"}]},
    ],
)
def test_a_tools_result_is_no_prompt(result):
    talk = read_messages([{"role": "user", "content": "weather?"}, result])
    assert (talk.prompt, talk.after_tool) == ("weather?", True)
    assert "sunny" in talk.context


def test_a_new_question_after_a_tools_result():
    talk = read_messages([{"role": "tool", "content": "x"}, {"role": "user", "content": "next"}])
    assert (talk.prompt, talk.after_tool) == ("next", False)


def test_messages_of_no_known_shape_say_nothing():
    talk = read_messages(["x", None, {"role": "user", "content": 3}, {"content": [1, {"type": "odd"}]}])
    assert (talk.prompt, talk.context) == ("", "")
