"""The official `google-genai` SDK against the simulator: it must take it for the real server."""

from __future__ import annotations

import pytest
from google import genai
from google.genai import errors, types

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

ASK = {"model": "some-model", "contents": PROMPT}
BROKEN = r"incomplete chunked read|peer closed"


def options(simulator, key, **more) -> types.HttpOptions:
    """The SDK adds the version of the API itself."""
    base_url = simulator.base_url(key, "gemini").removesuffix("/v1beta")
    return types.HttpOptions(base_url=base_url, **more)


@pytest.fixture
def client(sdk_simulator):
    """Makes a client for a scenario; all are closed at the end."""
    made = []

    def make(key, **more):
        made.append(genai.Client(api_key=SECRET, http_options=options(sdk_simulator, key, **more)))
        return made[-1].models

    yield make
    for each in made:
        each.close()


class Heard:
    """A stream's chunks put together."""

    def __init__(self):
        self.lanes = {"text": "", "thinking": ""}
        self.calls = []
        self.finish = self.usage = self.model = None
        self.chunks = 0

    def hear_all(self, stream):
        for chunk in stream:
            self.hear(chunk)
        return self

    def hear(self, chunk):
        self.chunks += 1
        self.usage, self.model = chunk.usage_metadata or self.usage, chunk.model_version
        for candidate in chunk.candidates or []:
            self.finish = candidate.finish_reason or self.finish
            for part in candidate.content.parts or []:
                self.lanes["thinking" if part.thought else "text"] += part.text or ""
                if part.function_call:
                    self.calls.append((part.function_call.name, part.function_call.args))

    def check(self, name):
        assert self.lanes == expected_texts(name)
        assert self.calls == expected_tool_inputs(name)
        assert (self.finish, self.model) == (types.FinishReason.STOP, "some-model")
        usage = self.usage
        assert usage.candidates_token_count > 10
        thoughts = usage.thoughts_token_count or 0
        assert bool(thoughts) == bool(self.lanes["thinking"])
        assert usage.total_token_count == usage.prompt_token_count + usage.candidates_token_count + thoughts


@pytest.mark.parametrize("name", COMPLETE)
def test_stream(client, sdk_simulator, name):
    heard = Heard().hear_all(client(fresh(sdk_simulator, name)).generate_content_stream(**ASK))
    heard.check(name)
    assert heard.chunks > 5


@pytest.mark.parametrize("name", COMPLETE + REFUSING)
def test_call(client, sdk_simulator, name):
    Heard().hear_all([client(fresh(sdk_simulator, name)).generate_content(**ASK)]).check(name)


@pytest.mark.parametrize("name", ["draft", "thinking", "tool-call", "unicode"])
@pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
async def test_async_stream_and_call(sdk_simulator, name):
    heard = Heard()
    client = genai.Client(api_key=SECRET, http_options=options(sdk_simulator, fresh(sdk_simulator, name)))
    async with client.aio as asking:
        async for chunk in await asking.models.generate_content_stream(**ASK):
            heard.hear(chunk)
        heard.check(name)
        Heard().hear_all([await asking.models.generate_content(**ASK)]).check(name)
    client.close()


def test_thoughts_are_signed(client, sdk_simulator):
    parts = [
        part
        for chunk in client("thinking").generate_content_stream(**ASK)
        for part in chunk.candidates[0].content.parts
    ]
    assert len(parts[-1].thought_signature) > 50


def test_the_turn_after_a_tool(client):
    first = client("tool-call").generate_content(**ASK)
    results = [
        types.Part.from_function_response(name=call.name, response={"result": "sunny"})
        for call in first.function_calls
    ]
    talk = [
        types.Content(role="user", parts=[types.Part.from_text(text=PROMPT)]),
        first.candidates[0].content,
        types.Content(role="user", parts=results),
    ]
    final = client("tool-call").generate_content(model="some-model", contents=talk)
    assert final.text.startswith("Take a light jacket")


def test_several_candidates(client, sdk_simulator):
    config = types.GenerateContentConfig(candidate_count=2)
    texts = {0: "", 1: ""}
    for chunk in client(fresh(sdk_simulator, "draft")).generate_content_stream(**ASK, config=config):
        for candidate in chunk.candidates:
            texts[candidate.index] += candidate.content.parts[0].text
    assert texts == {0: expected_texts("draft")["text"], 1: expected_texts("draft")["text"]}


@pytest.mark.parametrize("name", REFUSING)
def test_a_model_that_refuses_to_stream(client, sdk_simulator, name):
    with pytest.raises(errors.ClientError) as caught:
        list(client(fresh(sdk_simulator, name)).generate_content_stream(**ASK))
    assert caught.value.code == 400
    assert "stream" in str(caught.value)


def test_overloaded_then_ok(client, sdk_simulator):
    asking = client(fresh(sdk_simulator, "overloaded-then-ok"))
    with pytest.raises(errors.ServerError) as caught:
        list(asking.generate_content_stream(**ASK))
    assert (caught.value.code, caught.value.status) == (529, "UNAVAILABLE")
    Heard().hear_all([asking.generate_content(**ASK)]).check("overloaded-then-ok")


def test_rate_limited(client, sdk_simulator):
    asking = client(fresh(sdk_simulator, "rate-limited"))
    for _ in range(2):
        with pytest.raises(errors.ClientError) as caught:
            asking.generate_content(**ASK)
        assert (caught.value.code, caught.value.status) == (429, "RESOURCE_EXHAUSTED")
        assert caught.value.details["error"]["details"][-1]["retryDelay"] == "1s"
    Heard().hear_all([asking.generate_content(**ASK)]).check("rate-limited")


def test_the_sdks_own_retry(client, sdk_simulator):
    key = fresh(sdk_simulator, "draft", faults=("status:503*2",))
    retry = types.HttpRetryOptions(attempts=3, initial_delay=0.01, max_delay=0.01, jitter=0)
    Heard().hear_all([client(key, retry_options=retry).generate_content(**ASK)]).check("draft")
    assert sdk_simulator.requests[key] == 3


def test_an_error_in_the_stream(client):
    heard = Heard()
    with pytest.raises(errors.ServerError) as caught:
        heard.hear_all(client("error-mid-stream").generate_content_stream(**ASK))
    assert (caught.value.code, caught.value.status) == (503, "UNAVAILABLE")
    assert expected_texts("error-mid-stream")["text"].startswith(heard.lanes["text"])
    assert heard.chunks == 100


def test_a_cut_stream(client):
    heard = Heard()
    with pytest.raises(Exception, match=BROKEN):
        heard.hear_all(client("cut").generate_content_stream(**ASK))
    assert heard.lanes["text"].endswith("as it should,")


def test_the_sdk_takes_a_stream_without_its_end_for_a_whole_one(client, sdk_simulator):
    key = fresh(sdk_simulator, "draft", faults=("no_terminator",))
    heard = Heard().hear_all(client(key).generate_content_stream(**ASK))
    assert heard.lanes["text"] == expected_texts("draft")["text"]
    assert heard.finish is None


def test_the_sdk_fails_on_comments(client, sdk_simulator):
    """A comment is legal in SSE; google-genai 3.4 takes every line without `data: ` for JSON."""
    key = fresh(sdk_simulator, "draft", faults=("stall@3:2s", "keepalive:1.5s"))
    heard = Heard()
    with pytest.raises(errors.UnknownApiResponseError, match=": keepalive"):
        heard.hear_all(client(key).generate_content_stream(**ASK))
    assert heard.chunks == 3


def test_chunks_that_the_sdk_does_not_know_are_survived(client, sdk_simulator):
    key = fresh(sdk_simulator, "draft", faults=("unknown@3",))
    Heard().hear_all(client(key).generate_content_stream(**ASK)).check("draft")


def test_a_wrong_request(client):
    config = types.GenerateContentConfig(max_output_tokens=0)
    with pytest.raises(errors.ClientError, match="maxOutputTokens") as caught:
        client(None).generate_content(**ASK, config=config)
    assert (caught.value.code, caught.value.status) == (400, "INVALID_ARGUMENT")


def test_max_tokens(client):
    config = types.GenerateContentConfig(max_output_tokens=12)
    heard = Heard().hear_all(client("draft").generate_content_stream(**ASK, config=config))
    assert (heard.finish, heard.usage.candidates_token_count) == (types.FinishReason.MAX_TOKENS, 12)


def test_models(client):
    assert [model.name for model in client(None).list()] == ["models/simulator"]


@pytest.mark.parametrize(
    ("recording", "heard_of_it"),
    [
        ("basic-crlf.sse", ("The capital of France is Paris.\n", [])),
        ("tool-call.sse", ("", [("get_capital", {"country": "France"})])),
    ],
)
def test_a_recorded_stream(client, sdk_simulator, wire_corpus, recording, heard_of_it):
    key = replayed(sdk_simulator, wire_corpus / "gemini" / recording)
    heard = Heard().hear_all(client(key).generate_content_stream(**ASK))
    assert (heard.lanes["text"], heard.calls) == heard_of_it
    assert heard.finish == types.FinishReason.STOP


def test_the_sdk_does_not_read_the_array_that_the_server_sends_without_alt_sse(
    client, sdk_simulator, wire_corpus
):
    """It always asks for `alt=sse`; a gateway that leaves it out is not understood."""
    key = replayed(sdk_simulator, wire_corpus / "gemini" / "json-array-no-alt-sse.json")
    with pytest.raises(errors.UnknownApiResponseError, match="Failed to parse response as JSON"):
        Heard().hear_all(client(key).generate_content_stream(**ASK))
