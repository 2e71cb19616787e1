"""Anthropic Messages: frames and sync bodies to events (PROTOCOLS.md of the recorded corpus, section 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.protocols.anthropic_fields import BLOCK_OF, FINISH_REASONS, SERVER_TOOLS, read_usage
from pipeline_runtime.protocols.assembly import ToolDraft
from pipeline_runtime.protocols.decoding import FrameDecoder, kind_of
from pipeline_runtime.protocols.failures import failure_of
from pipeline_runtime.protocols.jsontext import (
    UNREADABLE,
    as_index,
    as_list,
    as_object,
    as_text,
    encode,
)

if TYPE_CHECKING:
    from pipeline_runtime.events import FinishReason, Lane, Verdict
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.assembly import BlockDraft
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


class _OpenBlock:
    """A content block between its start and its stop."""

    __slots__ = ("draft", "kind", "received", "sent", "tool")

    def __init__(self, sent: JsonObject) -> None:
        self.sent = sent
        self.kind = as_text(sent.get("type"))
        self.tool: ToolDraft | None = None
        self.draft: BlockDraft | None = None
        self.received = False


class AnthropicDecoder(FrameDecoder):
    """One attempt's decoder (implements `base.Decoder`).

    Blocks that the caller must answer (`tool_use`) are tool calls. Tools that the server runs are shown in
    lane `tool_input` while they build, and kept in `blocks` as sent, their input joined. Signed thinking
    blocks are kept there too, since the next turn must send them back unchanged.
    """

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._choice = self.assembly.choice()
        self._blocks: dict[int, _OpenBlock] = {}
        self._base = 0
        self._started = False
        self._moved: dict[int, int] = {}
        """Where the blocks are whose index another one held."""

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

    def _index(self, event: JsonObject) -> int:
        """The block's number; those of a spliced second message follow after the first's."""
        number = self._base + (as_index(event.get("index")) or 0)
        return self._moved.get(number, number)

    def _new_index(self, event: JsonObject) -> int:
        """The number of a block that begins; one whose index is held by another is numbered anew."""
        number = self._base + (as_index(event.get("index")) or 0)
        earlier = self._blocks.get(self._moved.get(number, number))
        if earlier is None or (not earlier.sent and earlier.tool is None):
            return number
        if number not in self._moved.values():  # else it was given away here
            self.lint("block_index_reused", index=number - self._base)
        self._moved[number] = max(self._blocks) + 1
        return self._moved[number]

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

    def _settle_tools(self, reason: FinishReason | None) -> None:
        """Tools without any input: whole where the model stopped to have them called, cut by a limit."""
        last = max(self._blocks, default=None)
        for index, tool in self._choice.tools.items():
            if reason == "tool_use":
                tool.cut = False
            elif reason == "length" and index == last and not tool.fragments:
                tool.cut = True

    def _take_usage(self, holder: JsonObject) -> None:
        usage = as_object(holder.get("usage"))
        if usage:
            self.assembly.merge_usage(usage, read_usage)

    # --- blocks ---

    def _block_start(self, index: int, sent: JsonObject) -> None:
        if self.terminated:
            self.lint_once("after_end")
        block = self._blocks[index] = _OpenBlock(sent)
        match block.kind:
            case "text":
                self._text(as_text(sent.get("text")), "text", index)
                self.assembly.citations += as_list(sent.get("citations"))
            case "thinking":
                block.draft = self.assembly.add_block({**sent, "thinking": "", "signature": ""})
                self._text(as_text(sent.get("thinking")), "thinking", index)
                block.draft.add("signature", as_text(sent.get("signature")))
            case "tool_use":
                block.tool = ToolDraft(
                    index, as_text(sent.get("id")) or None, as_text(sent.get("name")) or None
                )
                self._choice.tools[index] = block.tool
                block.tool.cut = True  # until its input comes, or its block is closed
                self.delta("", "tool_input", index, tool=block.tool.name)
            case _:
                block.draft = self.assembly.add_block(sent)
                if block.kind in SERVER_TOOLS:
                    self.delta("", "tool_input", index, tool=as_text(sent.get("name")) or None)

    def _block_stop(self, index: int) -> None:
        """A tool whose input came whole in its start, and not in deltas, is told now."""
        block = self._blocks.get(index)
        if block is not None and block.tool is not None:
            block.tool.cut = False
        if block is None or block.received or not block.sent.get("input"):
            return
        if block.tool is not None or block.kind in SERVER_TOOLS:
            self._tool_input(encode(block.sent["input"]), index)

    # --- deltas ---

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

    def _delta_event(self, event: JsonObject, data: str) -> None:
        index = self._index(event)
        if self.terminated:
            self.lint_once("after_end")
        delta = as_object(event.get("delta"))
        kind = as_text(delta.get("type"))
        if index not in self._blocks:
            self.lint("delta_without_start", index=index)
            self._blocks[index] = _OpenBlock({})
        begun = self._blocks[index].kind
        if begun and BLOCK_OF.get(kind, begun) != begun:
            self.lint_once("delta_of_another_block", delta=kind, index=index, kind=begun)
        match kind:
            case "text_delta":
                self._text(as_text(delta.get("text")), "text", index)
            case "thinking_delta":
                self._text(as_text(delta.get("thinking")), "thinking", index)
            case "input_json_delta":
                self._tool_input(as_text(delta.get("partial_json")), index)
            case "citations_delta":
                self.assembly.citations.append(delta.get("citation"))
            case "signature_delta":
                self._add(index, "thinking", "signature", as_text(delta.get("signature")))
            case "compaction_delta":
                self._add(index, "compaction", "content", as_text(delta.get("content")))
            case _:
                self.unknown(kind or "content_block_delta", data)

    def _text(self, content: str, lane: Lane, index: int) -> None:
        if not content:
            return
        if lane == "thinking":
            self._choice.thinking.append(content)
            draft = self._blocks[index].draft
            if draft is not None:
                draft.add("thinking", content)
        else:
            self._choice.text.append(content)
        self.delta(content, lane, index)

    def _tool_input(self, content: str, index: int) -> None:
        block = self._blocks[index]
        if block.tool is None and block.draft is None:
            block.tool = self._choice.tools[index] = ToolDraft(index)
            self.delta("", "tool_input", index)
        if not content:
            return
        block.received = True
        name: str | None
        if block.tool is not None:
            block.tool.cut = False  # whether JSON is cut shows by itself
            block.tool.fragments.append(content)
            name = block.tool.name
        else:
            self._add(index, block.kind, "input", content)
            name = as_text(block.sent.get("name")) or None
        self.delta(content, "tool_input", index, tool=name)

    def _add(self, index: int, kind: str, field: str, piece: str) -> None:
        block = self._blocks[index]
        if block.draft is None:
            block.draft = self.assembly.add_block({"type": kind})
        block.draft.add(field, piece)

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
