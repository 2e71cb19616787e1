"""The official `anthropic` SDK against the simulator: it must take it for the real server."""

from __future__ import annotations

import anthropic
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

ASK = {"model": "claude-some-model", "max_tokens": 8192, "messages": [{"role": "user", "content": PROMPT}]}
REFUSED_TYPES = (anthropic.BadRequestError, anthropic.PermissionDeniedError, anthropic.InternalServerError)


@pytest.fixture
def client(sdk_simulator):
    with anthropic.Anthropic(
        base_url=sdk_simulator.base_url(None, "anthropic"), api_key=SECRET, max_retries=0
    ) as made:
        yield made


def at(client, simulator, key):
    return client.with_options(base_url=simulator.base_url(key, "anthropic"))


def check(message, name):
    lanes = {"text": "", "thinking": ""}
    for block in message.content:
        if block.type in lanes:
            lanes[block.type] += getattr(block, block.type)
    assert lanes == expected_texts(name)
    tools = [(block.name, block.input) for block in message.content if block.type == "tool_use"]
    assert tools == expected_tool_inputs(name)
    assert message.stop_reason == ("tool_use" if tools else "end_turn")
    assert message.model == "claude-some-model"
    assert message.usage.input_tokens > 0
    assert message.usage.output_tokens > 10


@pytest.mark.parametrize("name", COMPLETE)
def test_stream(client, sdk_simulator, name):
    with at(client, sdk_simulator, fresh(sdk_simulator, name)).messages.stream(**ASK) as stream:
        pieces = list(stream.text_stream)
        check(stream.get_final_message(), name)
    assert "".join(pieces) == expected_texts(name)["text"]
    assert len(pieces) > 5


@pytest.mark.parametrize("name", COMPLETE + REFUSING)
def test_call(client, sdk_simulator, name):
    check(at(client, sdk_simulator, fresh(sdk_simulator, name)).messages.create(**ASK), name)


@pytest.mark.parametrize("name", ["draft", "thinking", "tool-call", "unicode"])
async def test_async_stream_and_call(sdk_simulator, name):
    base_url = sdk_simulator.base_url(fresh(sdk_simulator, name), "anthropic")
    async with anthropic.AsyncAnthropic(base_url=base_url, api_key=SECRET, max_retries=0) as client:
        async with client.messages.stream(**ASK) as stream:
            check(await stream.get_final_message(), name)
        check(await client.messages.create(**ASK), name)


def test_raw_events_come_in_order(client, sdk_simulator):
    with at(client, sdk_simulator, "thinking").messages.create(**ASK, stream=True) as stream:
        types = [event.type for event in stream]
    assert types[:2] == ["message_start", "content_block_start"]
    assert types[-3:] == ["content_block_stop", "message_delta", "message_stop"]


def test_thinking_has_a_signature(client, sdk_simulator):
    with at(client, sdk_simulator, "thinking").messages.stream(**ASK) as stream:
        assert len(stream.get_final_message().content[0].signature) > 50


def test_the_turn_after_a_tool(client, sdk_simulator):
    asking = at(client, sdk_simulator, "tool-call")
    first = asking.messages.create(**ASK)
    results = [
        {"type": "tool_result", "tool_use_id": block.id, "content": "sunny"}
        for block in first.content
        if block.type == "tool_use"
    ]
    talk = [
        *ASK["messages"],
        {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in first.content]},
        {"role": "user", "content": results},
    ]
    with asking.messages.stream(**(ASK | {"messages": talk})) as stream:
        final = stream.get_final_message()
    assert final.stop_reason == "end_turn"
    assert final.content[0].text.startswith("Take a light jacket")


@pytest.mark.parametrize("name", REFUSING)
def test_a_model_that_refuses_to_stream(client, sdk_simulator, name):
    with pytest.raises(REFUSED_TYPES) as caught:
        at(client, sdk_simulator, fresh(sdk_simulator, name)).messages.create(**ASK, stream=True)
    assert caught.value.status_code == 400
    assert "stream" in str(caught.value)


def test_overloaded_then_ok(client, sdk_simulator):
    asking = at(client, sdk_simulator, fresh(sdk_simulator, "overloaded-then-ok"))
    with pytest.raises(anthropic.APIStatusError) as caught:
        asking.messages.create(**ASK, stream=True)
    assert caught.value.status_code == 529
    assert caught.value.body["error"]["type"] == "overloaded_error"
    assert caught.value.request_id.startswith("req_")
    check(asking.messages.create(**ASK), "overloaded-then-ok")


def test_rate_limited(client, sdk_simulator):
    asking = at(client, sdk_simulator, fresh(sdk_simulator, "rate-limited"))
    for _ in range(2):
        with pytest.raises(anthropic.RateLimitError) as caught:
            asking.messages.create(**ASK)
        assert caught.value.response.headers["retry-after"] == "1"
        assert caught.value.body["error"]["type"] == "rate_limit_error"
    check(asking.messages.create(**ASK), "rate-limited")


def test_the_sdks_own_retry(client, sdk_simulator):
    key = fresh(sdk_simulator, "draft", faults=("status:529*2:retry-after-ms=1",))
    with at(client, sdk_simulator, key).with_options(max_retries=2).messages.stream(**ASK) as stream:
        check(stream.get_final_message(), "draft")
    assert sdk_simulator.requests[key] == 3


def test_an_error_in_the_stream(client, sdk_simulator):
    pieces = []
    with (
        pytest.raises(anthropic.APIStatusError) as caught,
        at(client, sdk_simulator, "error-mid-stream").messages.stream(**ASK) as stream,
    ):
        pieces.extend(stream.text_stream)
    assert caught.value.body["error"]["type"] == "overloaded_error"
    assert expected_texts("error-mid-stream")["text"].startswith("".join(pieces))
    assert len(pieces) == 100


def test_a_cut_stream(client, sdk_simulator):
    pieces = []
    with (
        pytest.raises(Exception, match=r"incomplete chunked read|peer closed"),
        at(client, sdk_simulator, "cut").messages.stream(**ASK) as stream,
    ):
        pieces.extend(stream.text_stream)
    assert "".join(pieces).endswith("as it should,")


def test_a_wrong_request(client):
    with pytest.raises(anthropic.BadRequestError, match="at least one message"):
        client.messages.create(**(ASK | {"messages": []}))


def test_a_scenario_that_is_not_there(client, sdk_simulator):
    wrong = client.with_options(base_url=sdk_simulator.base_url(None, "anthropic") + "/nowhere")
    with pytest.raises(anthropic.NotFoundError, match="no scenario 'nowhere'"):
        wrong.messages.create(**ASK)


def test_max_tokens(client, sdk_simulator):
    with at(client, sdk_simulator, "draft").messages.stream(**(ASK | {"max_tokens": 12})) as stream:
        final = stream.get_final_message()
    assert (final.stop_reason, final.usage.output_tokens) == ("max_tokens", 12)


def test_events_that_the_sdk_does_not_know_are_survived(client, sdk_simulator):
    key = fresh(sdk_simulator, "draft", faults=("unknown@3", "keepalive:0.05s"))
    with at(client, sdk_simulator, key).messages.stream(**ASK) as stream:
        check(stream.get_final_message(), "draft")


def test_models(client):
    assert [model.id for model in client.models.list()] == ["simulator"]
