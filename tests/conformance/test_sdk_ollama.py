"""The official `ollama` SDK against the simulator: it must take it for the real server."""

from __future__ import annotations

import ollama
import pydantic
import pytest

from helpers_sdk import (
    COMPLETE,
    PROMPT,
    REFUSING,
    expected_texts,
    expected_tool_inputs,
    fresh,
    replayed,
)  # fmt: skip

pytestmark = [pytest.mark.conformance, pytest.mark.streaming]

ASK = {"model": "some-model", "messages": [{"role": "user", "content": PROMPT}]}
GENERATE = {"model": "some-model", "prompt": PROMPT}
BROKEN = r"incomplete chunked read|peer closed"


@pytest.fixture
def client(sdk_simulator):
    """Makes a client for a scenario; all are closed at the end."""
    made = []

    def make(key):
        made.append(ollama.Client(host=sdk_simulator.base_url(key, "ollama")))
        return made[-1]

    yield make
    for each in made:
        each.close()


class Heard:
    """A stream's lines put together."""

    def __init__(self):
        self.lanes = {"text": "", "thinking": ""}
        self.calls = []
        self.last = None
        self.lines = 0

    def hear_all(self, stream):
        for line in stream:
            self.hear(line)
        return self

    def hear(self, line):
        self.lines += 1
        self.last = line
        said = line if isinstance(line, ollama.GenerateResponse) else line.message
        self.lanes["text"] += (said.response if said is line else said.content) or ""
        self.lanes["thinking"] += said.thinking or ""
        calls = [] if said is line else said.tool_calls or []
        self.calls += [(call.function.name, dict(call.function.arguments)) for call in calls]

    def check(self, name, *, calls=True):
        assert self.lanes == expected_texts(name)
        assert self.calls == (expected_tool_inputs(name) if calls else [])
        last = self.last
        assert (last.done, last.done_reason, last.model) == (True, "stop", "some-model")
        assert last.eval_count > 10
        assert last.prompt_eval_count > 0
        assert last.total_duration >= last.load_duration + last.prompt_eval_duration + last.eval_duration - 3


@pytest.mark.parametrize("name", COMPLETE)
def test_stream(client, sdk_simulator, name):
    heard = Heard().hear_all(client(fresh(sdk_simulator, name)).chat(**ASK, stream=True))
    heard.check(name)
    assert heard.lines > 5


@pytest.mark.parametrize("name", COMPLETE + REFUSING)
def test_call(client, sdk_simulator, name):
    Heard().hear_all([client(fresh(sdk_simulator, name)).chat(**ASK)]).check(name)


@pytest.mark.parametrize("name", ["draft", "thinking", "unicode", "tool-call"])
def test_generate(client, sdk_simulator, name):
    """The SDK's answer to `generate` has no field for tool calls: it drops them."""
    asking = client(fresh(sdk_simulator, name))
    heard = Heard().hear_all(asking.generate(**GENERATE, stream=True))
    heard.check(name, calls=False)
    assert len(heard.last.context) > 10
    Heard().hear_all([asking.generate(**GENERATE)]).check(name, calls=False)


@pytest.mark.parametrize("name", ["draft", "thinking", "tool-call", "unicode"])
async def test_async_stream_and_call(sdk_simulator, name):
    heard = Heard()
    client = ollama.AsyncClient(host=sdk_simulator.base_url(fresh(sdk_simulator, name), "ollama"))
    async for line in await client.chat(**ASK, stream=True):
        heard.hear(line)
    heard.check(name)
    Heard().hear_all([await client.chat(**ASK)]).check(name)
    await client.close()


def test_the_turn_after_a_tool(client):
    asking = client("tool-call")
    message = asking.chat(**ASK).message
    results = [
        {"role": "tool", "tool_name": call.function.name, "content": "sunny"} for call in message.tool_calls
    ]
    final = asking.chat(model="some-model", messages=[*ASK["messages"], message, *results])
    assert final.message.content.startswith("Take a light jacket")


@pytest.mark.parametrize("name", REFUSING)
def test_a_model_that_refuses_to_stream(client, sdk_simulator, name):
    with pytest.raises(ollama.ResponseError, match="stream") as caught:
        list(client(fresh(sdk_simulator, name)).chat(**ASK, stream=True))
    assert caught.value.status_code == 400


def test_overloaded_then_ok(client, sdk_simulator):
    asking = client(fresh(sdk_simulator, "overloaded-then-ok"))
    with pytest.raises(ollama.ResponseError) as caught:
        list(asking.chat(**ASK, stream=True))
    assert caught.value.status_code == 529
    Heard().hear_all([asking.chat(**ASK)]).check("overloaded-then-ok")


def test_rate_limited(client, sdk_simulator):
    asking = client(fresh(sdk_simulator, "rate-limited"))
    for _ in range(2):
        with pytest.raises(ollama.ResponseError, match="too many requests") as caught:
            asking.chat(**ASK)
        assert caught.value.status_code == 429
    Heard().hear_all([asking.chat(**ASK)]).check("rate-limited")


def test_an_error_in_the_stream(client):
    heard = Heard()
    with pytest.raises(ollama.ResponseError, match="overloaded_error") as caught:
        heard.hear_all(client("error-mid-stream").chat(**ASK, stream=True))
    assert caught.value.status_code == -1
    assert expected_texts("error-mid-stream")["text"].startswith(heard.lanes["text"])
    assert heard.lines == 100


def test_a_cut_stream(client):
    heard = Heard()
    with pytest.raises(Exception, match=BROKEN):
        heard.hear_all(client("cut").chat(**ASK, stream=True))
    assert heard.lanes["text"].endswith("as it should,")


def test_the_sdk_takes_a_stream_without_its_end_for_a_whole_one(client, sdk_simulator):
    key = fresh(sdk_simulator, "draft", faults=("no_terminator",))
    heard = Heard().hear_all(client(key).chat(**ASK, stream=True))
    assert heard.lanes["text"] == expected_texts("draft")["text"]
    assert not heard.last.done


def test_the_sdk_fails_on_a_line_that_it_does_not_know(client, sdk_simulator):
    """ollama 0.6 demands `message` of every line of a chat."""
    heard = Heard()
    key = fresh(sdk_simulator, "draft", faults=("unknown@3",))
    with pytest.raises(pydantic.ValidationError, match="message"):
        heard.hear_all(client(key).chat(**ASK, stream=True))
    assert heard.lines == 3


def test_a_scenario_that_is_not_there(sdk_simulator):
    client = ollama.Client(host=sdk_simulator.base_url(None, "ollama") + "/nowhere")
    with pytest.raises(ollama.ResponseError, match="no scenario 'nowhere'"):
        client.chat(**ASK)
    client.close()


def test_max_tokens(client):
    asking = client("draft")
    heard = Heard().hear_all(asking.chat(**ASK, stream=True, options={"num_predict": 12}))
    assert (heard.last.done_reason, heard.last.eval_count) == ("length", 12)


def test_models(client):
    assert [model.model for model in client(None).list().models] == ["simulator"]


@pytest.mark.parametrize(
    ("recording", "heard_of_it"),
    [
        ("thinking-tool-turn1.ndjson", ([("get_weather", {"city": "Tokyo"})], 517)),
        ("parallel-tool-calls.ndjson", ([("lookup_harbor_label", {}), ("lookup_orchard_label", {})], 473)),
    ],
)
def test_a_recorded_stream(client, sdk_simulator, wire_corpus, recording, heard_of_it):
    key = replayed(sdk_simulator, wire_corpus / "ollama" / recording)
    heard = Heard().hear_all(client(key).chat(**ASK, stream=True))
    assert (heard.calls, heard.last.eval_count) == heard_of_it
