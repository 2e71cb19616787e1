"""OpenAI Chat Completions and its kin: frames and sync bodies to events.

The facts are from the recorded corpus, PROTOCOLS.md section 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from pipeline_runtime.protocols.base import WireFailure
from pipeline_runtime.protocols.decoding import FrameDecoder
from pipeline_runtime.protocols.failures import failure_of
from pipeline_runtime.protocols.jsontext import UNREADABLE, as_index, as_list, as_object, as_text, encode
from pipeline_runtime.protocols.openai_extras import Extras, spoken
from pipeline_runtime.protocols.openai_fields import (
    FINISH_REASONS,
    KNOWN_CHUNK,
    finish_word,
    is_cumulative,
    is_error_chunk,
    part_text,
    read_usage,
    sources_of,
    thinking_of,
)
from pipeline_runtime.protocols.openai_tools import ToolJoiner
from pipeline_runtime.protocols.think_tags import ThinkTags

if TYPE_CHECKING:
    from pipeline_runtime.events import Lane, Verdict
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.assembly import ChoiceDraft
    from pipeline_runtime.protocols.jsontext import JsonObject
    from pipeline_runtime.protocols.think_tags import Piece
    from pipeline_runtime.wire.frames import Frame

_KEEPALIVES = frozenset({"ping", "keepalive"})
"""What gateways send as events to keep a connection alive; the protocol itself has only comments."""
_PLAIN_EVENTS = frozenset({"message", "data", "completion", "chunk"})


class _HotDelta(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    content: str | None = None
    role: str | None = None
    refusal: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    channel: str | None = None


class _HotChoice(msgspec.Struct, gc=False):
    delta: _HotDelta
    index: Annotated[int, msgspec.Meta(ge=0)] = 0
    finish_reason: str | None = None
    usage: None = None
    error: None = None


class _HotChunk(msgspec.Struct, gc=False):
    """A chunk of one choice that holds nothing but a delta: fields of type `None` make others unreadable."""

    choices: tuple[_HotChoice]
    id: str = ""
    model: str = ""
    usage: Any = None  # some servers send it with every chunk: an exception for each would cost too much
    error: None = None
    x_groq: None = None
    citations: None = None
    search_results: None = None
    web_search: None = None


_decode_hot = msgspec.json.Decoder(_HotChunk).decode


class OpenAIChatDecoder(FrameDecoder):
    """One attempt's decoder (implements `base.Decoder`)."""

    def __init__(self, origin: Origin, *, think_tags: bool = False) -> None:
        super().__init__(origin)
        self._joiners: dict[int, ToolJoiner] = {}
        self._think_tags = think_tags
        self._splitters: dict[int, ThinkTags] = {}
        self._extra: dict[int, Extras] = {}

    # --- frames ---

    def interpret(self, frame: Frame, data: str) -> None:
        """Takes a chunk, an error, or `[DONE]`."""
        if frame.event == "message" and not self.terminated and self._hot(data):
            return
        if data.strip() == "[DONE]":
            self._done()
            return
        chunk = self.read_object(frame, data)
        if chunk is not None:
            self._object(frame.event, chunk, data)

    def _object(self, event: str, chunk: JsonObject, data: str) -> None:
        if event == "error" or is_error_chunk(chunk):
            self._fail(chunk)
        if "choices" in chunk:
            self._chunk(chunk)
        elif chunk.get("usage"):
            self._take_usage(chunk)
        elif self.failure is None:
            kind = event if event not in _PLAIN_EVENTS else ""
            kind = kind or as_text(chunk.get("type")) or as_text(chunk.get("object")) or "message"
            self.keepalives += kind in _KEEPALIVES
            self.unknown(kind, data)

    def _done(self) -> None:
        """`[DONE]` ends the answer in order, also where no finish reason told so (OpenRouter, Snowflake)."""
        self.terminated = True
        for index, joiner in self._joiners.items():
            if self.assembly.choice(index).finish_reason is None:
                joiner.end()

    def _fail(self, chunk: JsonObject) -> None:
        groq = as_object(chunk.get("x_groq")).get("error")
        self.fail(failure_of({"error": groq} if groq and not chunk.get("error") else chunk))

    def _hot(self, data: str) -> bool:
        """The usual text or thinking chunk, typed; anything else is left to the general way."""
        try:
            chunk = _decode_hot(data)
        except UNREADABLE:
            return False
        choice = chunk.choices[0]
        if chunk.usage or choice.finish_reason:
            return False
        assembly = self.assembly
        index, delta = choice.index, choice.delta
        draft = assembly.choices.get(index) or assembly.choice(index)
        if assembly.id is None or assembly.model is None:
            assembly.identify(model=chunk.model, response_id=chunk.id)
        thinking, content = delta.reasoning_content or delta.reasoning, delta.content
        if content and not (thinking or delta.refusal or self._think_tags):
            draft.text.append(content)
            self.delta(content, "text", 0, index)
            return True
        self._emit(thinking, "thinking", index, draft.thinking)
        self._text(content, index, draft)
        self._emit(delta.refusal, "refusal", index, draft.refusal)
        return True

    def _emit(self, content: str | None, lane: Lane, choice: int, into: list[str]) -> None:
        if content:
            into.append(content)
            self.delta(content, lane, 0, choice)

    def _text(self, content: str | None, choice: int, draft: ChoiceDraft) -> None:
        if not content or not self._think_tags:
            self._emit(content, "text", choice, draft.text)
            return
        splitter = self._splitters.get(choice)
        if splitter is None:
            splitter = self._splitters[choice] = ThinkTags()
        self._pieces(splitter.feed(content), choice, draft)

    def _pieces(self, pieces: list[Piece], choice: int, draft: ChoiceDraft) -> None:
        for lane, piece in pieces:
            self._emit(piece, lane, choice, draft.thinking if lane == "thinking" else draft.text)

    def _end_text(self, choice: int, draft: ChoiceDraft) -> None:
        """No more text comes: what looked like the beginning of a tag is none."""
        splitter = self._splitters.get(choice)
        if splitter is not None:
            self._pieces(splitter.rest(), choice, draft)

    # --- chunks ---

    def _chunk(self, chunk: JsonObject) -> None:
        self.assembly.identify(model=chunk.get("model"), response_id=chunk.get("id"))
        choices = as_list(chunk.get("choices"))
        for position, value in enumerate(choices):
            choice = as_object(value)
            index = as_index(choice.get("index"))
            self._take_choice(position if index is None else index, choice)
        self._take_usage(chunk)
        sources = sources_of(chunk)
        if sources:
            self.assembly.citations = sources
        if not choices and not chunk.get("usage"):
            for key in (key for key in chunk if key not in KNOWN_CHUNK):
                self.unknown(key, encode({key: chunk[key]}))

    def _take_choice(self, index: int, choice: JsonObject) -> None:
        draft = self.assembly.choice(index)
        delta = choice.get("delta")
        if isinstance(delta, dict):
            has_part = self._take_delta(index, draft, delta)
        else:
            has_part = self._take_whole(index, draft, choice)
        if has_part and self.terminated and not self.is_sync:
            self.lint_once("after_end")
        if choice.get("error"):
            self._fail(choice)
        raw = finish_word(choice)
        if raw:
            self._end_text(index, draft)
            self._finish(raw, index, draft)
        self._take_usage(choice)

    def _finish(self, raw: str, index: int, draft: ChoiceDraft) -> None:
        """`stop` also ends a refusal, and a tool call that `tool_choice` forced."""
        reason = FINISH_REASONS.get(raw.lower(), "other")
        if reason == "stop" and draft.refusal:
            reason = "refusal"
        elif reason == "stop" and draft.tools:
            self.lint_once("stop_with_tool_call", reason=raw)
            reason = "tool_use"
        joiner = self._joiners.get(index)
        if joiner is not None and reason != "length":
            joiner.end()
        draft.finish(raw, reason)

    def _take_whole(self, index: int, draft: ChoiceDraft, choice: JsonObject) -> bool:
        """A choice without a delta: a whole `message` in one chunk (a faked stream), or legacy `text`.

        Where something came before, the message holds it and may go on (Perplexity): its new part counts, and
        so do calls where none had come.
        """
        message = as_object(choice.get("message"))
        if message and not draft.has_content:
            return self._take_delta(index, draft, message, whole=True)
        before = len(self.out)
        self._text(self._beyond(draft, message) if message else as_text(choice.get("text")), index, draft)
        if not draft.tools:
            self._take_tools(index, message, whole=True)
        return len(self.out) > before

    def _beyond(self, draft: ChoiceDraft, message: JsonObject) -> str:
        """What of a cumulative message no frame has brought; another text than the one so far is told."""
        told, text = "".join(draft.text), as_text(message.get("content"))
        if self._think_tags or not text or text == told:
            return ""
        if not text.startswith(told):
            self.lint_once("done_differs", type="message")
            return ""
        return text[len(told) :]

    def _take_delta(self, index: int, draft: ChoiceDraft, delta: JsonObject, *, whole: bool = False) -> bool:
        before = len(self.out)
        self._emit(thinking_of(delta), "thinking", index, draft.thinking)
        content = delta.get("content")
        if isinstance(content, list):
            self._take_parts(index, draft, content)
        else:
            self._text(as_text(content) or spoken(delta), index, draft)
        self._emit(as_text(delta.get("refusal")), "refusal", index, draft.refusal)
        self._take_tools(index, delta, whole=whole)
        self.assembly.citations += as_list(delta.get("annotations"))
        self._extras(index).take(delta)
        return len(self.out) > before

    def _extras(self, index: int) -> Extras:
        extras = self._extra.get(index)
        if extras is None:
            extras = self._extra[index] = Extras(self)
        return extras

    def _take_parts(self, index: int, draft: ChoiceDraft, parts: list[Any]) -> None:
        """Content as a list of parts (Mistral's reasoning models)."""
        for value in parts:
            part = as_object(value)
            match as_text(part.get("type")):
                case "text":
                    self._text(part_text(part), index, draft)
                case "thinking":
                    self._emit(part_text(part), "thinking", index, draft.thinking)
                case _:
                    self.assembly.add_block(part or {"type": "unknown", "value": value})

    def _take_tools(self, index: int, delta: JsonObject, *, whole: bool) -> None:
        calls = as_list(delta.get("tool_calls"))
        legacy = as_object(delta.get("function_call"))
        if legacy:
            calls = [*calls, {"index": 0, "function": legacy}]
        if not calls:
            return
        joiner = self._joiners.get(index)
        if joiner is None:
            joiner = self._joiners[index] = ToolJoiner(self, index)
        for call in calls:
            joiner.add(as_object(call), whole=whole)

    def _take_usage(self, holder: JsonObject) -> None:
        """Usage of a chunk, of a choice (Moonshot), or in Groq's own object."""
        usage = as_object(holder.get("usage")) or as_object(as_object(holder.get("x_groq")).get("usage"))
        if usage:
            self.assembly.merge_usage(usage, read_usage)

    # --- the end ---

    def judge(self) -> Verdict:
        """Cut is what has neither `[DONE]` nor a finish reason (section 2, "truncation")."""
        for index, draft in self.assembly.choices.items():
            self._end_text(index, draft)
            if is_cumulative(draft.text) or is_cumulative(draft.thinking):
                self.lint_once("cumulative_deltas")
        if self.failure is not None:
            return "error"
        choices = [self.assembly.choices[index] for index in sorted(self.assembly.choices)]
        unfinished = not choices or any(choice.finish_reason is None for choice in choices)
        if not self.terminated and self.data_frames and not self.is_sync:
            self.lint("missing_terminator", terminator="[DONE]")
        if unfinished:
            if not self.terminated:
                return "truncated"
            self.lint("no_finish_reason")
        verdict = _verdict(choices)
        if verdict == "error":
            word = next(choice.finish_reason_raw for choice in choices if choice.finish_reason == "error")
            said = f"the answer ended with the finish reason `{word}`, and does not say why"
            self.fail(WireFailure("api_error", said, retryable=True))
        return verdict

    def interpret_sync(self, message: JsonObject) -> None:
        """A `chat.completion` object; its messages hold what deltas hold."""
        if is_error_chunk(message):
            self._fail(message)
        if "choices" in message:
            self._chunk(message)
            self.terminated = True
        elif self.failure is None:
            self.unknown(as_text(message.get("object")) or "object", encode(message))


def _verdict(choices: list[ChoiceDraft]) -> Verdict:
    reasons = {choice.finish_reason for choice in choices}
    if "error" in reasons:
        return "error"
    if "length" in reasons:
        return "cut_by_limit"
    if reasons & {"refusal", "content_filter"} or any(choice.refusal for choice in choices):
        return "refused"
    return "complete"
