"""One answer of a chat completion: what its deltas and whole messages hold, put together and told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline_runtime.protocols.jsontext import as_list, as_object, as_text
from pipeline_runtime.protocols.openai_extras import Extras, spoken
from pipeline_runtime.protocols.openai_fields import FINISH_REASONS, part_text, thinking_of
from pipeline_runtime.protocols.openai_tools import ToolJoiner
from pipeline_runtime.protocols.think_tags import ThinkTags

if TYPE_CHECKING:
    from pipeline_runtime.events import Lane
    from pipeline_runtime.protocols.decoding import FrameDecoder
    from pipeline_runtime.protocols.jsontext import JsonObject
    from pipeline_runtime.protocols.think_tags import Piece


class ChoiceReader:
    """Takes what comes of one choice."""

    __slots__ = ("_decoder", "_extras", "_index", "_joiner", "_splitter", "draft")

    def __init__(self, decoder: FrameDecoder, index: int, *, think_tags: bool) -> None:
        self.draft = decoder.assembly.choice(index)
        self._decoder = decoder
        self._index = index
        self._joiner: ToolJoiner | None = None
        self._splitter = ThinkTags() if think_tags else None
        self._extras = Extras(decoder)

    def take(self, choice: JsonObject) -> bool:
        """Takes an element of `choices`: its delta, or its whole message; whether that brought anything."""
        before = len(self._decoder.out)
        delta = choice.get("delta")
        if isinstance(delta, dict):
            self._take_delta(delta)
        else:
            self._take_whole(choice)
        return len(self._decoder.out) > before

    # --- the lanes

    def emit(self, content: str | None, lane: Lane, into: list[str]) -> None:
        """The new part of a lane, if there is any."""
        if content:
            into.append(content)
            self._decoder.delta(content, lane, 0, self._index)

    def text(self, content: str | None) -> None:
        """The new part of the text, in which tags may tell thinking apart."""
        if not content or self._splitter is None:
            self.emit(content, "text", self.draft.text)
            return
        self._pieces(self._splitter.feed(content))

    def end_text(self) -> None:
        """No more text comes: what looked like the beginning of a tag is none."""
        if self._splitter is not None:
            self._pieces(self._splitter.rest())

    def _pieces(self, pieces: list[Piece]) -> None:
        for lane, piece in pieces:
            self.emit(piece, lane, self.draft.thinking if lane == "thinking" else self.draft.text)

    # --- deltas and messages

    def _take_delta(self, delta: JsonObject, *, whole: bool = False) -> None:
        self.emit(thinking_of(delta), "thinking", self.draft.thinking)
        content = delta.get("content")
        if isinstance(content, list):
            self._take_parts(content)
        else:
            self.text(as_text(content) or spoken(delta))
        self.emit(as_text(delta.get("refusal")), "refusal", self.draft.refusal)
        self._take_tools(delta, whole=whole)
        self._decoder.assembly.citations += as_list(delta.get("annotations"))
        self._extras.take(delta)

    def _take_whole(self, choice: JsonObject) -> None:
        """A choice without a delta: a whole `message` in one chunk (a faked stream), or legacy `text`.

        Where something came before, the message holds it and may go on (Perplexity): its new part counts, and
        so do calls where none had come.
        """
        message = as_object(choice.get("message"))
        if message and not self.draft.has_content:
            self._take_delta(message, whole=True)
            return
        self.text(self._beyond(message) if message else as_text(choice.get("text")))
        if not self.draft.tools:
            self._take_tools(message, whole=True)

    def _beyond(self, message: JsonObject) -> str:
        """What of a cumulative message no frame has brought; another text than the one so far is told."""
        told, text = "".join(self.draft.text), as_text(message.get("content"))
        if self._splitter is not None or not text or text == told:
            return ""
        if not text.startswith(told):
            self._decoder.lint_once("done_differs", type="message")
            return ""
        return text[len(told) :]

    def _take_parts(self, parts: list[Any]) -> None:
        """Content as a list of parts (Mistral's reasoning models)."""
        for value in parts:
            part = as_object(value)
            match as_text(part.get("type")):
                case "text":
                    self.text(part_text(part))
                case "thinking":
                    self.emit(part_text(part), "thinking", self.draft.thinking)
                case _:
                    self._decoder.assembly.add_block(part or {"type": "unknown", "value": value})

    def _take_tools(self, delta: JsonObject, *, whole: bool) -> None:
        calls = as_list(delta.get("tool_calls"))
        legacy = as_object(delta.get("function_call"))
        if legacy:
            calls = [*calls, {"index": 0, "function": legacy}]
        if not calls:
            return
        if self._joiner is None:
            self._joiner = ToolJoiner(self._decoder, self._index)
        for call in calls:
            self._joiner.add(as_object(call), whole=whole)

    # --- the end

    def finish(self, raw: str) -> None:
        """Why it ended; `stop` also ends a refusal, and a tool call that `tool_choice` forced."""
        self.end_text()
        reason = FINISH_REASONS.get(raw.lower(), "other")
        if reason == "stop" and self.draft.refusal:
            reason = "refusal"
        elif reason == "stop" and self.draft.tools:
            self._decoder.lint_once("stop_with_tool_call", reason=raw)
            reason = "tool_use"
        if reason != "length":
            self._end_calls()
        self.draft.finish(raw, reason)

    def done(self) -> None:
        """`[DONE]` ends it in order, also where no finish reason told so (OpenRouter, Snowflake)."""
        if self.draft.finish_reason is None:
            self._end_calls()

    def _end_calls(self) -> None:
        if self._joiner is not None:
            self._joiner.end()
