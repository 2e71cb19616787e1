"""Anthropic Messages: frames and sync bodies to events (PROTOCOLS.md of the recorded corpus, section 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.protocols.anthropic_blocks import BlockDecoder
from pipeline_runtime.protocols.anthropic_fields import FINISH_REASONS, read_usage
from pipeline_runtime.protocols.decoding import kind_of
from pipeline_runtime.protocols.failures import failure_of
from pipeline_runtime.protocols.jsontext import UNREADABLE, as_list, as_object, as_text, encode

if TYPE_CHECKING:
    from pipeline_runtime.events import Verdict
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.jsontext import JsonObject
    from pipeline_runtime.wire.frames import Frame

_HOT = '{"type":"content_block_delta"'


class _HotDelta(msgspec.Struct, gc=False):
    type: str
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None


class _HotEvent(msgspec.Struct, gc=False):
    index: int
    delta: _HotDelta


_decode_hot = msgspec.json.Decoder(_HotEvent).decode


class AnthropicDecoder(BlockDecoder):
    """One attempt's decoder (implements `base.Decoder`)."""

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._started = False

    # --- frames ---

    def interpret(self, frame: Frame, data: str) -> None:
        """Dispatches on the data's `type`; the event name is only compared with it."""
        if data.startswith(_HOT) and frame.event == "content_block_delta" and self._hot(data):
            return
        if data.strip() == "[DONE]":
            self.lint("unexpected_done")
            return
        event = self.read_object(frame, data)
        if event is None:
            return
        kind = kind_of(frame.event, event)
        if frame.event == "message" and kind != "message":
            self.lint_once("unnamed_event", type=kind)
        elif frame.event != kind:
            self.lint("event_name_mismatch", event=frame.event, type=kind)
        self._dispatch(kind, event, data)

    def _hot(self, data: str) -> bool:
        """The usual deltas, typed; anything unusual is left to the general way."""
        try:
            event = _decode_hot(data)
        except UNREADABLE:
            return False
        index = self._base + event.index
        block = self._blocks.get(index)
        if self.terminated or block is None or self._moved:
            return False
        delta = event.delta
        if delta.type == "text_delta" and delta.text is not None and block.kind == "text":
            self._text(delta.text, "text", index)
        elif delta.type == "thinking_delta" and delta.thinking is not None and block.kind == "thinking":
            self._text(delta.thinking, "thinking", index)
        elif delta.type == "input_json_delta" and delta.partial_json is not None:
            self._tool_input(delta.partial_json, index)
        else:
            return False
        return True

    def _dispatch(self, kind: str, event: JsonObject, data: str) -> None:
        match kind:
            case "content_block_delta":
                self._delta_event(event, data)
            case "content_block_start":
                self._block_start(self._new_index(event), as_object(event.get("content_block")))
            case "content_block_stop":
                self._block_stop(self._index(event))
            case "message_start":
                self._message_start(as_object(event.get("message")))
            case "message_delta":
                self._message_delta(event)
            case "message_stop":
                self.terminated = True
            case "ping":
                self.keepalives += 1
            case "error":
                self.fail(failure_of(event))
            case _:
                self.unknown(kind, data)

    # --- the message ---

    def _message_start(self, message: JsonObject) -> None:
        """A message begins; one that nobody had to wait for is whole at once (calls made by running code)."""
        if self._started:
            self.lint("second_message_start")
            self._base = max(self._blocks, default=-1) + 1
            self.terminated = False
        self._started = True
        self.assembly.identify(model=message.get("model"), response_id=message.get("id"))
        self._take_usage(message)
        for index, block in enumerate(as_list(message.get("content")), self._base):
            self._block_start(index, as_object(block))
            self._block_stop(index)
        self._take_stop(message)

    def _message_delta(self, event: JsonObject) -> None:
        self._take_stop(as_object(event.get("delta")))
        self._take_usage(event)

    def _take_stop(self, holder: JsonObject) -> None:
        raw = as_text(holder.get("stop_reason"))
        if raw:
            self._choice.finish(raw, FINISH_REASONS.get(raw, "other"))
            self._settle_tools(self._choice.finish_reason)

    def _take_usage(self, holder: JsonObject) -> None:
        usage = as_object(holder.get("usage"))
        if usage:
            self.assembly.merge_usage(usage, read_usage)

    # --- the end ---

    def judge(self) -> Verdict:
        """`message_stop` or a stop reason makes it whole; the stop reason says how (section 1)."""
        if self.failure is not None:
            return "error"
        reason = self._choice.finish_reason
        if not self.terminated and self.data_frames and not self.is_sync:
            self.lint("missing_terminator", terminator="message_stop")
        if reason is None:
            if self.terminated:
                self.lint("no_finish_reason")
            return "complete" if self.terminated else "truncated"
        if reason in ("refusal", "content_filter"):
            return "refused"
        return "cut_by_limit" if reason == "length" else "complete"

    def interpret_sync(self, message: JsonObject) -> None:
        """A `message` object, read as the stream that would have sent it."""
        if message.get("type") == "error" or ("error" in message and "content" not in message):
            self.fail(failure_of(message))
            return
        if not isinstance(message.get("content"), list):
            self.unknown(as_text(message.get("type")) or "object", encode(message))
            return
        self._message_start(message)
        self.terminated = True
