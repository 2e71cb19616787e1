"""The official `openai` SDK against the simulator: it must take it for the real server."""

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
)  # fmt: skip

pytestmark = [pytest.mark.conformance, pytest.mark.streaming]

ASK = {"model": "some-model", "messages": [{"role": "user", "content": PROMPT}]}
STREAM = {"stream": True, "stream_options": {"include_usage": True}}


@pytest.fixture
def client(sdk_simulator):
    with openai.OpenAI(
        base_url=sdk_simulator.base_url(None, "openai-chat"), api_key=SECRET, max_retries=0
    ) as made:
        yield made


def at(client, simulator, key):
    return client.with_options(base_url=simulator.base_url(key, "openai-chat"))


class Heard:
    """A stream's chunks put together."""

    def __init__(self):
        self.lanes = {"text": "", "thinking": ""}
        self.calls: dict[int, list[str]] = {}
        self.finish = self.usage = None
        self.chunks = 0

    def hear_all(self, stream):
        for chunk in stream:
            self.hear(chunk)

    def hear(self, chunk):
        self.chunks += 1
        self.usage = chunk.usage or self.usage
        for choice in chunk.choices:
            self.lanes["text"] += choice.delta.content or ""
            self.lanes["thinking"] += getattr(choice.delta, "reasoning_content", None) or ""
            self.finish = choice.finish_reason or self.finish
            for call in choice.delta.tool_calls or []:
                known = self.calls.setdefault(call.index, ["", ""])
                known[0] += call.function.name or ""
                known[1] += call.function.arguments or ""

    def check(self, name):
        assert self.lanes == expected_texts(name)
        calls = [(called, json.loads(arguments)) for called, arguments in self.calls.values()]
        assert calls == expected_tool_inputs(name)
        assert self.finish == ("tool_calls" if calls else "stop")
        assert self.usage.completion_tokens > 10
        assert self.usage.total_tokens == self.usage.prompt_tokens + self.usage.completion_tokens


def check_completion(completion, name):
    message = completion.choices[0].message
    thinking = getattr(message, "reasoning_content", None) or ""
    assert {"text": message.content, "thinking": thinking} == expected_texts(name)
    calls = [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or []]
    assert calls == expected_tool_inputs(name)
    assert completion.choices[0].finish_reason == ("tool_calls" if calls else "stop")
    assert completion.usage.completion_tokens > 10


@pytest.mark.parametrize("name", COMPLETE)
def test_stream(client, sdk_simulator, name):
    heard = Heard()
    with at(client, sdk_simulator, fresh(sdk_simulator, name)).chat.completions.create(
        **ASK, **STREAM
    ) as stream:
        heard.hear_all(stream)
    heard.check(name)
    assert heard.chunks > 5


@pytest.mark.parametrize("name", COMPLETE + REFUSING)
def test_call(client, sdk_simulator, name):
    asking = at(client, sdk_simulator, fresh(sdk_simulator, name))
    check_completion(asking.chat.completions.create(**ASK), name)


@pytest.mark.parametrize("name", ["draft", "thinking", "tool-call", "unicode"])
async def test_async_stream_and_call(sdk_simulator, name):
    heard = Heard()
    base_url = sdk_simulator.base_url(fresh(sdk_simulator, name), "openai-chat")
    async with openai.AsyncOpenAI(base_url=base_url, api_key=SECRET, max_retries=0) as client:
        async with await client.chat.completions.create(**ASK, **STREAM) as stream:
            async for chunk in stream:
                heard.hear(chunk)
        heard.check(name)
        check_completion(await client.chat.completions.create(**ASK), name)


def test_the_sdks_own_accumulation(client, sdk_simulator):
    with at(client, sdk_simulator, "tool-call").chat.completions.stream(
        **ASK, stream_options={"include_usage": True}
    ) as stream:
        for _ in stream:
            pass
        check_completion(stream.get_final_completion(), "tool-call")


def test_the_turn_after_a_tool(client, sdk_simulator):
    asking = at(client, sdk_simulator, "tool-call")
    message = asking.chat.completions.create(**ASK).choices[0].message
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": "sunny"} for call in message.tool_calls or []
    ]
    talk = [*ASK["messages"], message.model_dump(exclude_none=True), *results]
    final = asking.chat.completions.create(**(ASK | {"messages": talk})).choices[0]
    assert final.finish_reason == "stop"
    assert final.message.content.startswith("Take a light jacket")


def test_several_choices(client, sdk_simulator):
    stream = at(client, sdk_simulator, "draft").chat.completions.create(**ASK, **STREAM, n=2)
    texts = {0: "", 1: ""}
    for chunk in stream:
        for choice in chunk.choices:
            texts[choice.index] += choice.delta.content or ""
    assert texts == {0: expected_texts("draft")["text"], 1: expected_texts("draft")["text"]}


@pytest.mark.parametrize("name", REFUSING)
def test_a_model_that_refuses_to_stream(client, sdk_simulator, name):
    with pytest.raises(openai.BadRequestError) as caught:
        at(client, sdk_simulator, fresh(sdk_simulator, name)).chat.completions.create(**ASK, **STREAM)
    assert (caught.value.param, caught.value.code) == ("stream", "unsupported_value")


def test_a_refusal(client, sdk_simulator):
    key = fresh(sdk_simulator, "draft", reply=({"refusal": "I cannot help with that."},))
    refusal, finish = "", None
    for chunk in at(client, sdk_simulator, key).chat.completions.create(**ASK, stream=True):
        refusal += chunk.choices[0].delta.refusal or ""
        finish = chunk.choices[0].finish_reason or finish
    assert (refusal, finish) == ("I cannot help with that.", "stop")


def test_overloaded_then_ok(client, sdk_simulator):
    asking = at(client, sdk_simulator, fresh(sdk_simulator, "overloaded-then-ok"))
    with pytest.raises(openai.InternalServerError) as caught:
        asking.chat.completions.create(**ASK, **STREAM)
    assert (caught.value.status_code, caught.value.type) == (529, "overloaded_error")
    assert caught.value.request_id.startswith("req_")
    check_completion(asking.chat.completions.create(**ASK), "overloaded-then-ok")


def test_rate_limited(client, sdk_simulator):
    asking = at(client, sdk_simulator, fresh(sdk_simulator, "rate-limited"))
    for _ in range(2):
        with pytest.raises(openai.RateLimitError) as caught:
            asking.chat.completions.create(**ASK)
        assert caught.value.code == "rate_limit_exceeded"
        assert caught.value.response.headers["retry-after"] == "1"
    check_completion(asking.chat.completions.create(**ASK), "rate-limited")


def test_the_sdks_own_retry(client, sdk_simulator):
    key = fresh(sdk_simulator, "draft", faults=("status:503*2:retry-after-ms=1",))
    asking = at(client, sdk_simulator, key).with_options(max_retries=2)
    check_completion(asking.chat.completions.create(**ASK), "draft")
    assert sdk_simulator.requests[key] == 3


def test_an_error_in_the_stream(client, sdk_simulator):
    heard = Heard()
    stream = at(client, sdk_simulator, "error-mid-stream").chat.completions.create(**ASK, **STREAM)
    with pytest.raises(openai.APIError) as caught:
        heard.hear_all(stream)
    assert caught.value.type == "overloaded_error"
    assert expected_texts("error-mid-stream")["text"].startswith(heard.lanes["text"])
    assert heard.chunks == 101


def test_a_cut_stream(client, sdk_simulator):
    heard = Heard()
    stream = at(client, sdk_simulator, "cut").chat.completions.create(**ASK, **STREAM)
    with pytest.raises(openai.APIConnectionError):
        heard.hear_all(stream)
    assert heard.lanes["text"].endswith("as it should,")


def test_a_wrong_request(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**(ASK | {"messages": []}))
    assert (caught.value.param, caught.value.code) == ("messages", "empty_array")


def test_a_scenario_that_is_not_there(client, sdk_simulator):
    wrong = sdk_simulator.base_url(None, "anthropic") + "/nowhere/v1"
    with pytest.raises(openai.NotFoundError, match="no scenario 'nowhere'"):
        client.with_options(base_url=wrong).chat.completions.create(**ASK)


def test_max_tokens(client, sdk_simulator):
    completion = at(client, sdk_simulator, "draft").chat.completions.create(**ASK, max_completion_tokens=12)
    assert (completion.choices[0].finish_reason, completion.usage.completion_tokens) == ("length", 12)


def test_events_that_the_sdk_does_not_know_are_survived(client, sdk_simulator):
    heard = Heard()
    key = fresh(sdk_simulator, "draft", faults=("unknown@3", "keepalive:0.05s"))
    heard.hear_all(at(client, sdk_simulator, key).chat.completions.create(**ASK, **STREAM))
    heard.check("draft")


def test_models(client):
    assert [model.id for model in client.models.list()] == ["simulator"]
