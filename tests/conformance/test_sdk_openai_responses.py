"""The official `openai` SDK's Responses against the simulator: it must take it for the real server."""

from __future__ import annotations

import json

import openai
import pytest

from helpers_sdk import (
    COMPLETE,
    PROMPT,
    REFUSING,
    SECRET,
    expected_texts,
    expected_tool_inputs,
    fresh,
    replayed,
)  # fmt: skip

pytestmark = [pytest.mark.conformance, pytest.mark.streaming]

ASK = {"model": "some-model", "input": PROMPT}


@pytest.fixture
def client(sdk_simulator):
    with openai.OpenAI(
        base_url=sdk_simulator.base_url(None, "openai-responses"), api_key=SECRET, max_retries=0
    ) as made:
        yield made


def at(client, simulator, key):
    return client.with_options(base_url=simulator.base_url(key, "openai-responses"))


class Heard:
    """A stream's events put together."""

    def __init__(self):
        self.lanes = {"text": "", "thinking": "", "refusal": ""}
        self.arguments: dict[int, str] = {}
        self.types = []
        self.final = None
        self.response = None
        self.last = -1

    def hear_all(self, stream):
        for event in stream:
            self.hear(event)

    def hear(self, event):
        self.types.append(event.type)
        self.last = event.sequence_number
        if event.type == "response.created":
            self.response = event.response.id
        if event.type == "response.output_text.delta":
            self.lanes["text"] += event.delta
        elif event.type == "response.reasoning_summary_text.delta":
            self.lanes["thinking"] += event.delta
        elif event.type == "response.refusal.delta":
            self.lanes["refusal"] += event.delta
        elif event.type == "response.function_call_arguments.delta":
            self.arguments[event.output_index] = self.arguments.get(event.output_index, "") + event.delta
        elif event.type in {"response.completed", "response.incomplete", "response.failed"}:
            self.final = event.response

    def check(self, name):
        assert self.lanes == expected_texts(name) | {"refusal": ""}
        calls = [json.loads(arguments) for arguments in self.arguments.values()]
        assert calls == [arguments for _, arguments in expected_tool_inputs(name)]
        check_response(self.final, name)


def check_response(response, name):
    thinking = "".join(
        part.text for item in response.output if item.type == "reasoning" for part in item.summary
    )
    assert {"text": response.output_text, "thinking": thinking} == expected_texts(name)
    calls = [
        (item.name, json.loads(item.arguments)) for item in response.output if item.type == "function_call"
    ]
    assert calls == expected_tool_inputs(name)
    assert (response.status, response.error, response.incomplete_details) == ("completed", None, None)
    assert response.model == "some-model"
    assert response.usage.output_tokens > 10
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens


@pytest.mark.parametrize("name", COMPLETE)
def test_stream(client, sdk_simulator, name):
    heard = Heard()
    with at(client, sdk_simulator, fresh(sdk_simulator, name)).responses.create(**ASK, stream=True) as stream:
        heard.hear_all(stream)
    heard.check(name)


@pytest.mark.parametrize("name", COMPLETE + REFUSING)
def test_call(client, sdk_simulator, name):
    check_response(at(client, sdk_simulator, fresh(sdk_simulator, name)).responses.create(**ASK), name)


@pytest.mark.parametrize("name", ["draft", "thinking", "tool-call", "unicode"])
async def test_async_stream_and_call(sdk_simulator, name):
    heard = Heard()
    base_url = sdk_simulator.base_url(fresh(sdk_simulator, name), "openai-responses")
    async with openai.AsyncOpenAI(base_url=base_url, api_key=SECRET, max_retries=0) as client:
        async with await client.responses.create(**ASK, stream=True) as stream:
            async for event in stream:
                heard.hear(event)
        heard.check(name)
        check_response(await client.responses.create(**ASK), name)


@pytest.mark.parametrize("name", ["thinking", "tool-call"])
def test_the_sdks_own_accumulation(client, sdk_simulator, name):
    with at(client, sdk_simulator, fresh(sdk_simulator, name)).responses.stream(**ASK) as stream:
        for _ in stream:
            pass
        check_response(stream.get_final_response(), name)


def test_the_turn_after_a_tool(client, sdk_simulator):
    asking = at(client, sdk_simulator, "tool-call")
    first = asking.responses.create(**ASK)
    results = [
        {"type": "function_call_output", "call_id": item.call_id, "output": "sunny"}
        for item in first.output
        if item.type == "function_call"
    ]
    said = [item.model_dump(exclude_none=True) for item in first.output]
    talk = [{"role": "user", "content": PROMPT}, *said, *results]
    final = asking.responses.create(**(ASK | {"input": talk}))
    assert final.status == "completed"
    assert final.output_text.startswith("Take a light jacket")


@pytest.mark.parametrize("name", REFUSING)
def test_a_model_that_refuses_to_stream(client, sdk_simulator, name):
    with pytest.raises(openai.BadRequestError) as caught:
        at(client, sdk_simulator, fresh(sdk_simulator, name)).responses.create(**ASK, stream=True)
    assert (caught.value.param, caught.value.code) == ("stream", "unsupported_value")


def test_a_refusal(client, sdk_simulator):
    heard = Heard()
    key = fresh(sdk_simulator, "draft", reply=({"refusal": "I cannot help with that."},))
    heard.hear_all(at(client, sdk_simulator, key).responses.create(**ASK, stream=True))
    assert heard.lanes["refusal"] == "I cannot help with that."
    assert heard.final.output[0].content[0].refusal == "I cannot help with that."


def test_an_answer_cut_by_its_limit(client, sdk_simulator):
    heard = Heard()
    asking = at(client, sdk_simulator, "draft")
    heard.hear_all(asking.responses.create(**ASK, stream=True, max_output_tokens=20))
    assert heard.types[-1] == "response.incomplete"
    assert heard.final.incomplete_details.reason == "max_output_tokens"
    assert heard.final.usage.output_tokens == 20


def test_overloaded_then_ok(client, sdk_simulator):
    asking = at(client, sdk_simulator, fresh(sdk_simulator, "overloaded-then-ok"))
    with pytest.raises(openai.InternalServerError) as caught:
        asking.responses.create(**ASK, stream=True)
    assert (caught.value.status_code, caught.value.type) == (529, "overloaded_error")
    check_response(asking.responses.create(**ASK), "overloaded-then-ok")


def test_rate_limited(client, sdk_simulator):
    asking = at(client, sdk_simulator, fresh(sdk_simulator, "rate-limited"))
    for _ in range(2):
        with pytest.raises(openai.RateLimitError) as caught:
            asking.responses.create(**ASK)
        assert caught.value.response.headers["retry-after"] == "1"
    check_response(asking.responses.create(**ASK), "rate-limited")


def test_the_sdks_own_retry(client, sdk_simulator):
    key = fresh(sdk_simulator, "draft", faults=("status:503*2:retry-after-ms=1",))
    asking = at(client, sdk_simulator, key).with_options(max_retries=2)
    check_response(asking.responses.create(**ASK), "draft")
    assert sdk_simulator.requests[key] == 3


def test_the_sdk_raises_at_error_and_never_gives_the_failed_response(client, sdk_simulator):
    """The stream is legal: `error`, then `response.failed`. openai 3.52 raises at the first."""
    heard = Heard()
    stream = at(client, sdk_simulator, "error-mid-stream").responses.create(**ASK, stream=True)
    with pytest.raises(openai.APIError) as caught:
        heard.hear_all(stream)
    assert caught.value.type == "overloaded_error"
    assert expected_texts("error-mid-stream")["text"].startswith(heard.lanes["text"])
    assert "response.failed" not in heard.types


def test_a_cut_stream(client, sdk_simulator):
    heard = Heard()
    stream = at(client, sdk_simulator, "cut").responses.create(**ASK, stream=True)
    with pytest.raises(openai.APIConnectionError):
        heard.hear_all(stream)
    assert heard.lanes["text"].endswith("as it should,")


def test_the_sdk_takes_a_stream_without_its_end_for_a_whole_one(client, sdk_simulator):
    heard = Heard()
    key = fresh(sdk_simulator, "draft", faults=("no_terminator",))
    heard.hear_all(at(client, sdk_simulator, key).responses.create(**ASK, stream=True))
    assert heard.lanes["text"] == expected_texts("draft")["text"]
    assert heard.final is None


def test_the_sdk_finds_nothing_in_a_stream_that_is_one_json_body(client, sdk_simulator):
    key = fresh(sdk_simulator, "draft", delivery="sync_json")
    assert list(at(client, sdk_simulator, key).responses.create(**ASK, stream=True)) == []


def test_a_wrong_request(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(**ASK, max_output_tokens=3)
    assert (caught.value.param, caught.value.code) == ("max_output_tokens", "integer_below_min_value")


def test_a_scenario_that_is_not_there(client, sdk_simulator):
    wrong = sdk_simulator.base_url(None, "anthropic") + "/nowhere/v1"
    with pytest.raises(openai.NotFoundError, match="no scenario 'nowhere'"):
        client.with_options(base_url=wrong).responses.create(**ASK)


def test_events_that_the_sdk_does_not_know_are_survived(client, sdk_simulator):
    heard = Heard()
    key = fresh(sdk_simulator, "draft", faults=("unknown@3", "keepalive:0.05s"))
    heard.hear_all(at(client, sdk_simulator, key).responses.create(**ASK, stream=True))
    heard.check("draft")
    assert "response.simulated_notice" in heard.types


@pytest.mark.parametrize(
    ("recording", "heard_of_it"),
    [
        ("basic.sse", ("pong", "response.completed")),
        ("function-call.sse", ("", "response.completed")),
        ("incomplete-max-output-tokens.sse", ("", "response.incomplete")),
        ("xai-keepalive-comments.sse", ("stream identity probe", "response.completed")),
    ],
)
def test_a_recorded_stream(client, sdk_simulator, wire_corpus, recording, heard_of_it):
    heard = Heard()
    key = replayed(sdk_simulator, wire_corpus / "openai-responses" / recording)
    heard.hear_all(at(client, sdk_simulator, key).responses.create(**ASK, stream=True))
    assert (heard.lanes["text"], heard.types[-1]) == heard_of_it


@pytest.mark.parametrize("name", ["draft", "thinking", "tool-call"])
def test_a_background_response_is_resumed_where_its_stream_broke(client, sdk_simulator, name):
    heard = Heard()
    there = at(client, sdk_simulator, fresh(sdk_simulator, name, faults=("disconnect@2",)))
    stream = there.responses.create(**ASK, stream=True, background=True)
    with pytest.raises(openai.APIConnectionError):
        heard.hear_all(stream)
    assert heard.final is None
    heard.hear_all(there.responses.retrieve(heard.response, stream=True, starting_after=heard.last))
    heard.check(name)
    assert there.responses.retrieve(heard.response).output == heard.final.output


def test_a_response_that_is_not_there(client):
    with pytest.raises(openai.NotFoundError, match="'resp_none' not found"):
        client.responses.retrieve("resp_none", stream=True)
