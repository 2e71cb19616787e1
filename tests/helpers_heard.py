"""What the runtime, and what each official SDK, makes of the same bytes from the same loopback server."""

from __future__ import annotations

import json
import warnings
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anthropic
import ollama
import openai
from google import genai

from helpers_core import gather, live, workflow_for
from helpers_sdk import PROMPT, SECRET
from pipeline_runtime.events import Delta, Done, Error, FrameReceived, Lint, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from helpers_recordings import Recording
    from pipeline_runtime.events import AnyEvent, Response

MODEL = "some-model"
TALK = [{"role": "user", "content": PROMPT}]
Call = tuple[str | None, Any]


@dataclass
class Heard:
    """An answer as one reader understood it."""

    text: str = ""
    calls: list[Call] = field(default_factory=list)
    """Name and parsed arguments; `None`: they are cut."""
    finish: str | None = None
    """As sent."""
    usage: tuple[int | None, int | None] = (None, None)
    """Input and output tokens."""
    error: str | None = None
    """What it raised: the class, and the first line of what it says."""

    def fields(self) -> dict[str, Any]:
        return {"text": self.text, "calls": self.calls, "finish": self.finish, "usage": self.usage}


# --- ours -------------------------------------------------------------------------------------------------


@dataclass
class Ours(Heard):
    """What a run told."""

    frames: int = 0
    deltas: int = 0
    verdict: str = ""
    """Of the answer; where nothing of it had come, the type of the error."""
    lints: tuple[str, ...] = ()
    unknown: int = 0
    message: str = ""
    """The error's own words."""


async def run_hears(recording: Recording, base_url: str) -> Ours:
    """A live run of one step against the replay."""
    workflow = workflow_for(base_url, protocol=recording.protocol)
    return _heard_in(await gather(live(workflow, keep_log=False, remember=False)))


def _heard_in(events: list[AnyEvent]) -> Ours:
    (end,) = [event for event in events if isinstance(event, (Done, Error))]
    failed = isinstance(end, Error)
    ours = Ours(
        frames=_count(events, FrameReceived),
        deltas=_count(events, Delta),
        unknown=_count(events, Unknown),
        lints=tuple(event.code for event in events if isinstance(event, Lint)),
        verdict=end.response.verdict if end.response else end.type,
        error=end.type if failed else None,
        message=end.message if failed else "",
    )
    if end.response is not None:
        _take_response(ours, end.response)
    return ours


def _take_response(ours: Ours, response: Response) -> None:
    usage = response.usage
    ours.text = response.text
    ours.calls = [(call.name, call.input) for call in response.tool_calls]
    ours.finish = response.finish_reason_raw
    ours.usage = (usage.input, usage.output) if usage else (None, None)


def _count(events: list[AnyEvent], kind: type) -> int:
    return sum(isinstance(event, kind) for event in events)


# --- the official SDKs ------------------------------------------------------------------------------------


class Sdks:
    """One client of each SDK for many replays: a context manager that closes them."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._clients: dict[type, Any] = {}
        self._readers: dict[str, Callable[[Heard, str, Recording], None]] = {
            "anthropic": self._anthropic,
            "openai-chat": self._openai_chat,
            "openai-responses": self._openai_responses,
            "gemini": self._gemini,
            "ollama": self._ollama,
        }
        self._helpers: dict[str, Callable[[Heard, str], None]] = {
            "openai-chat": self._openai_chat_helper,
            "openai-responses": self._openai_responses_helper,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def hear(self, recording: Recording, base_url: str) -> Heard:
        """What the SDK of the protocol gives; whatever it raises is what it says of the stream."""
        return _guarded(lambda heard: self._readers[recording.protocol](heard, base_url, recording))

    def hear_helper(self, recording: Recording, base_url: str) -> Heard | None:
        """What `stream()`, the second and higher way of `openai`, makes of it; `None`: there is one way only."""
        helper = self._helpers.get(recording.protocol)
        return _guarded(lambda heard: helper(heard, base_url)) if helper else None

    def _client(self, kind: type, **options: Any) -> Any:
        if kind not in self._clients:
            self._clients[kind] = self._stack.enter_context(kind(api_key=SECRET, **options))
        return self._clients[kind]

    def _anthropic(self, heard: Heard, base_url: str, _: Recording) -> None:
        client = self._client(anthropic.Anthropic, max_retries=0).with_options(base_url=base_url)
        with client.messages.stream(model=MODEL, max_tokens=8192, messages=TALK) as stream:
            for event in stream:
                if event.type == "text":
                    heard.text += event.text
            message = stream.get_final_message()
        heard.calls = [(block.name, block.input) for block in message.content if block.type == "tool_use"]
        heard.finish = message.stop_reason
        heard.usage = (message.usage.input_tokens, message.usage.output_tokens)

    def _openai_chat(self, heard: Heard, base_url: str, _: Recording) -> None:
        client = self._client(openai.OpenAI, max_retries=0).with_options(base_url=base_url)
        drafts: dict[int, list[str]] = {}
        for chunk in client.chat.completions.create(model=MODEL, messages=TALK, stream=True):
            if chunk.usage:
                heard.usage = (chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
            for choice in chunk.choices:
                heard.text += choice.delta.content or ""
                heard.finish = choice.finish_reason or heard.finish
                for call in choice.delta.tool_calls or []:
                    draft = drafts.setdefault(call.index, ["", ""])
                    draft[0] += call.function.name or ""
                    draft[1] += call.function.arguments or ""
        heard.calls = [(name, _parsed(arguments)) for name, arguments in drafts.values()]

    def _openai_chat_helper(self, heard: Heard, base_url: str) -> None:
        client = self._client(openai.OpenAI, max_retries=0).with_options(base_url=base_url)
        with client.chat.completions.stream(model=MODEL, messages=TALK) as stream:
            for event in stream:
                heard.text += event.delta if event.type == "content.delta" else ""
            completion = stream.get_final_completion()
        heard.finish = completion.choices[0].finish_reason
        calls = [call.function for call in completion.choices[0].message.tool_calls or []]
        heard.calls = [(call.name, _parsed(call.arguments)) for call in calls]
        if completion.usage:
            heard.usage = (completion.usage.prompt_tokens, completion.usage.completion_tokens)

    def _openai_responses_helper(self, heard: Heard, base_url: str) -> None:
        client = self._client(openai.OpenAI, max_retries=0).with_options(base_url=base_url)
        with warnings.catch_warnings(), client.responses.stream(model=MODEL, input=PROMPT) as stream:
            warnings.filterwarnings("ignore", "Pydantic serializer warnings", UserWarning)
            for event in stream:
                _take_responses_event(heard, event)

    def _openai_responses(self, heard: Heard, base_url: str, _: Recording) -> None:
        client = self._client(openai.OpenAI, max_retries=0).with_options(base_url=base_url)
        for event in client.responses.create(model=MODEL, input=PROMPT, stream=True):
            _take_responses_event(heard, event)

    def _gemini(self, heard: Heard, base_url: str, _: Recording) -> None:
        client = self._client(genai.Client)
        config = {"http_options": {"base_url": base_url.removesuffix("/v1beta")}}
        for chunk in client.models.generate_content_stream(model=MODEL, contents=PROMPT, config=config):
            usage = chunk.usage_metadata
            if usage:
                made = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
                heard.usage = (usage.prompt_token_count, made)
            for candidate in chunk.candidates or []:
                heard.finish = candidate.finish_reason.value if candidate.finish_reason else heard.finish
                parts = (candidate.content.parts if candidate.content else None) or []
                heard.text += "".join(part.text or "" for part in parts if not part.thought)
                calls = [part.function_call for part in parts if part.function_call]
                heard.calls += [(call.name, call.args) for call in calls]

    def _ollama(self, heard: Heard, base_url: str, recording: Recording) -> None:
        with ollama.Client(host=base_url) as client:
            if recording.path.name.startswith("generate-"):
                for line in client.generate(model=MODEL, prompt=PROMPT, stream=True):
                    heard.text += line.response or ""
                    _take_last(heard, line)
                return
            for line in client.chat(model=MODEL, messages=TALK, stream=True):
                heard.text += line.message.content or ""
                calls = [call.function for call in line.message.tool_calls or []]
                heard.calls += [(call.name, dict(call.arguments)) for call in calls]
                _take_last(heard, line)


def _guarded(read: Callable[[Heard], None]) -> Heard:
    """What was heard until the end, or until the SDK raised."""
    heard = Heard()
    try:
        read(heard)
    except Exception as error:  # noqa: BLE001 - which one is what the table shows
        heard.error = _first_line(error)
    return heard


def _take_responses_event(heard: Heard, event: Any) -> None:
    if event.type == "response.output_text.delta":
        heard.text += event.delta
    elif event.type == "response.output_item.done" and event.item.type == "function_call":
        heard.calls.append((event.item.name, _parsed(event.item.arguments)))
    elif event.type in {"response.completed", "response.incomplete", "response.failed"}:
        details, usage = event.response.incomplete_details, event.response.usage
        heard.finish = details.reason if details else event.response.status
        heard.usage = (usage.input_tokens, usage.output_tokens) if usage else (None, None)


def _take_last(heard: Heard, line: ollama.ChatResponse | ollama.GenerateResponse) -> None:
    if line.done:
        heard.finish = line.done_reason
        heard.usage = (line.prompt_eval_count, line.eval_count)


def _parsed(arguments: str) -> Any:
    """No argument text is a call without arguments; what is no JSON was cut."""
    try:
        return json.loads(arguments or "{}")
    except ValueError:
        return None


def _first_line(error: Exception) -> str:
    said = str(error).strip().splitlines()
    return f"{type(error).__name__}: {said[0]}" if said else type(error).__name__
