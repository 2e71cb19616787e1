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
from pipeline_runtime.protocols.openai_choice import ChoiceReader
from pipeline_runtime.protocols.openai_fields import (
    KNOWN_CHUNK,
    finish_word,
    is_cumulative,
    is_error_chunk,
    read_usage,
    sources_of,
)

if TYPE_CHECKING:
    from pipeline_runtime.events import Verdict
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.assembly import ChoiceDraft
    from pipeline_runtime.protocols.jsontext import JsonObject
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
        self._think_tags = think_tags
        self._readers: dict[int, ChoiceReader] = {}

    # --- frames ---

    def interpret(self, frame: Frame, data: str) -> None:
        """Takes a chunk, an error, or `[DONE]`."""
        if frame.event == "message" and not self.terminated and self._hot(data):
            return
        if data.strip() == "[DONE]":
            self.terminated = True
            for reader in self._readers.values():
                reader.done()
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
        draft = assembly.choices.get(index) or self._reader(index).draft
        if assembly.id is None or assembly.model is None:
            assembly.identify(model=chunk.model, response_id=chunk.id)
        thinking, content = delta.reasoning_content or delta.reasoning, delta.content
        if content and not (thinking or delta.refusal or self._think_tags):
            draft.text.append(content)
            self.delta(content, "text", 0, index)
            return True
        reader = self._reader(index)
        reader.emit(thinking, "thinking", draft.thinking)
        if content:
            reader.text(content)
        if delta.refusal:
            reader.emit(delta.refusal, "refusal", draft.refusal)
        return True

    def _reader(self, index: int) -> ChoiceReader:
        reader = self._readers.get(index)
        if reader is None:
            reader = self._readers[index] = ChoiceReader(self, index, think_tags=self._think_tags)
        return reader

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
        reader = self._reader(index)
        if reader.take(choice) and self.terminated and not self.is_sync:
            self.lint_once("after_end")
        if choice.get("error"):
            self._fail(choice)
        raw = finish_word(choice)
        if raw:
            reader.finish(raw)
        self._take_usage(choice)

    def _take_usage(self, holder: JsonObject) -> None:
        """Usage of a chunk, of a choice (Moonshot), or in Groq's own object."""
        usage = as_object(holder.get("usage")) or as_object(as_object(holder.get("x_groq")).get("usage"))
        if usage:
            self.assembly.merge_usage(usage, read_usage)

    # --- the end ---

    def judge(self) -> Verdict:
        """Cut is what has neither `[DONE]` nor a finish reason (section 2, "truncation")."""
        for reader in self._readers.values():
            reader.end_text()
            if is_cumulative(reader.draft.text) or is_cumulative(reader.draft.thinking):
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
