"""The official SDKs through the tap: they hear what they hear without it, and the run says the same."""

from __future__ import annotations

import asyncio
import json

import anthropic
import ollama
import openai
import pytest
from google import genai
from google.genai import types

from helpers_sdk import PROMPT, SECRET, expected_texts, expected_tool_inputs, fresh
from helpers_tap import kinds, next_run, the
from pipeline_runtime.events import AttemptStarted, Delta, Done, Error, FrameReceived
from pipeline_runtime.tap import TapServer

pytestmark = [pytest.mark.conformance, pytest.mark.streaming]

SCENARIOS = ["default", "thinking", "tool-call", "unicode", "escapes", "buffered"]
QUESTION = [{"role": "user", "content": PROMPT}]


class Answer:
    """What a client heard."""

    def __init__(self):
        self.text = ""
        self.tools: list[tuple[str, dict]] = []
        self.finish = None


async def openai_chat(base_url, stream):
    heard, arguments = Answer(), {}
    async with openai.AsyncOpenAI(base_url=base_url, api_key=SECRET, max_retries=0) as client:
        if not stream:
            choice = (await client.chat.completions.create(model="m", messages=QUESTION)).choices[0]
            heard.text, heard.finish = choice.message.content or "", choice.finish_reason
            calls = choice.message.tool_calls or []
            heard.tools = [(call.function.name, json.loads(call.function.arguments)) for call in calls]
            return heard
        async for chunk in await client.chat.completions.create(model="m", messages=QUESTION, stream=True):
            for choice in chunk.choices:
                heard.text += choice.delta.content or ""
                heard.finish = choice.finish_reason or heard.finish
                for call in choice.delta.tool_calls or []:
                    known = arguments.setdefault(call.index, ["", ""])
                    known[0] += call.function.name or ""
                    known[1] += call.function.arguments or ""
    heard.tools = [(name, json.loads(text)) for name, text in arguments.values()]
    return heard


async def openai_responses(base_url, stream):
    heard = Answer()
    async with openai.AsyncOpenAI(base_url=base_url, api_key=SECRET, max_retries=0) as client:
        if stream:
            text = ""
            async for event in await client.responses.create(model="m", input=PROMPT, stream=True):
                if event.type == "response.output_text.delta":
                    text += event.delta
                elif event.type == "response.completed":
                    response = event.response
            assert text == response.output_text
        else:
            response = await client.responses.create(model="m", input=PROMPT)
    heard.text, heard.finish = response.output_text, response.status
    calls = [item for item in response.output if item.type == "function_call"]
    heard.tools = [(call.name, json.loads(call.arguments)) for call in calls]
    return heard


async def anthropic_messages(base_url, stream):
    heard = Answer()
    ask = {"model": "m", "max_tokens": 4096, "messages": QUESTION}
    async with anthropic.AsyncAnthropic(base_url=base_url, api_key=SECRET, max_retries=0) as client:
        if stream:
            async with client.messages.stream(**ask) as streamed:
                message = await streamed.get_final_message()
        else:
            message = await client.messages.create(**ask)
    heard.text = "".join(block.text for block in message.content if block.type == "text")
    heard.tools = [(block.name, block.input) for block in message.content if block.type == "tool_use"]
    heard.finish = message.stop_reason
    return heard


async def gemini(base_url, stream):
    return await asyncio.to_thread(_gemini, base_url, stream)


def _gemini(base_url, stream):
    heard = Answer()
    options = types.HttpOptions(base_url=base_url.removesuffix("/v1beta"))
    with genai.Client(api_key=SECRET, http_options=options) as client:
        if stream:
            parts = list(client.models.generate_content_stream(model="m", contents=PROMPT))
        else:
            parts = [client.models.generate_content(model="m", contents=PROMPT)]
    for chunk in parts:
        for part in chunk.candidates[0].content.parts or []:
            heard.text += (part.text or "") if not part.thought else ""
            heard.tools += [(part.function_call.name, part.function_call.args)] if part.function_call else []
        heard.finish = chunk.candidates[0].finish_reason or heard.finish
    return heard


async def ollama_chat(base_url, stream):
    heard = Answer()
    client = ollama.AsyncClient(host=base_url)
    try:
        if stream:
            lines = [line async for line in await client.chat(model="m", messages=QUESTION, stream=True)]
        else:
            lines = [await client.chat(model="m", messages=QUESTION)]
    finally:
        await client._client.aclose()
    for line in lines:
        heard.text += line.message.content or ""
        calls = line.message.tool_calls or []
        heard.tools += [(call.function.name, dict(call.function.arguments)) for call in calls]
        heard.finish = line.done_reason or heard.finish
    return heard


SDKS = {
    "openai-chat": ("openai", openai_chat),
    "openai-responses": ("openai", openai_responses),
    "anthropic": ("anthropic", anthropic_messages),
    "gemini": ("gemini", gemini),
    "ollama": ("ollama", ollama_chat),
}


def tapped(tap, name, url):
    """The simulator's base URL, with the tap before it."""
    return tap.base_url(name) + "/" + url.split("/", 3)[3] if url.count("/") > 2 else tap.base_url(name)


@pytest.fixture
async def tap(sdk_simulator):
    root = f"http://127.0.0.1:{sdk_simulator.port}"
    async with TapServer(named={name: root for name, _ in SDKS.values()}) as running:
        yield running


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "sync"])
@pytest.mark.parametrize("protocol", SDKS)
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_an_sdk_hears_the_same_with_the_tap_between(sdk_simulator, tap, protocol, scenario, stream):
    name, ask = SDKS[protocol]
    url = sdk_simulator.base_url(fresh(sdk_simulator, scenario), protocol)
    direct = await ask(url, stream)
    between = await ask(tapped(tap, name, url), stream)
    assert vars(between) == vars(direct)
    assert between.text == expected_texts(scenario)["text"]
    assert between.tools == expected_tool_inputs(scenario)

    run = await next_run(tap)
    response = the(run, Done).response
    assert (run.result.status, run.asked.protocol, run.asked.stream) == ("ok", protocol, stream)
    assert response.text == between.text
    assert [(call.name, call.input) for call in response.tool_calls] == between.tools
    assert (response.delivery == "sync") is not stream
    assert any(isinstance(event, FrameReceived) for event in run.history()) is stream
    assert SECRET not in run.log_path.read_text()
    assert "Lint" not in kinds(run)
    assert the(run, AttemptStarted).request.body


async def test_an_sdk_that_tries_again_makes_a_run_of_each_try(sdk_simulator, tap):
    url = sdk_simulator.base_url(fresh(sdk_simulator, "overloaded-then-ok"), "anthropic")
    async with anthropic.AsyncAnthropic(
        base_url=tapped(tap, "anthropic", url), api_key=SECRET, max_retries=5
    ) as client:
        message = await client.messages.create(model="m", max_tokens=99, messages=QUESTION)
    assert message.content[0].text
    first, last = await next_run(tap), await next_run(tap)
    while last.result.status != "ok":
        last = await next_run(tap)
    assert (first.result.status, the(first, Error).type) == ("failed", "overloaded_error")
    assert the(last, Done).response.text == message.content[0].text


async def test_an_sdk_that_stops_listening_is_named_as_the_one_that_hung_up(sdk_simulator, tap):
    slow = fresh(sdk_simulator, "default", reply=[{"text": "word " * 20000}])
    url = sdk_simulator.base_url(slow, "openai-chat")
    async with openai.AsyncOpenAI(base_url=tapped(tap, "openai", url), api_key=SECRET) as client:
        stream = await client.chat.completions.create(model="m", messages=QUESTION, stream=True)
        async for chunk in stream:
            if chunk.choices[0].delta.content:
                break
        await stream.close()
    run = await next_run(tap)
    assert (run.result.status, the(run, Error).type) == ("cancelled", "client_disconnected")
    assert any(isinstance(event, Delta) for event in run.history())
