"""The content blocks of a message: which one an event belongs to, and what has come of each."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING

from pipeline_runtime.protocols.anthropic_fields import BLOCK_OF, SERVER_TOOLS
from pipeline_runtime.protocols.assembly import ToolDraft
from pipeline_runtime.protocols.decoding import FrameDecoder
from pipeline_runtime.protocols.jsontext import as_index, as_list, as_object, as_text, encode

if TYPE_CHECKING:
    from pipeline_runtime.events import FinishReason, Lane
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.assembly import BlockDraft
    from pipeline_runtime.protocols.jsontext import JsonObject


class _OpenBlock:
    """A content block between its start and its stop."""

    __slots__ = ("draft", "kind", "received", "sent", "tool")

    def __init__(self, sent: JsonObject) -> None:
        self.sent = sent
        self.kind = as_text(sent.get("type"))
        self.tool: ToolDraft | None = None
        self.draft: BlockDraft | None = None
        self.received = False


class BlockDecoder(FrameDecoder, ABC):
    """The part of the decoder that takes the starts, deltas and stops of blocks.

    Blocks that the caller must answer (`tool_use`) are tool calls. Tools that the server runs are shown in
    lane `tool_input` while they build, and kept in `blocks` as sent, their input joined. Signed thinking
    blocks are kept there too, since the next turn must send them back unchanged.
    """

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._choice = self.assembly.choice()
        self._blocks: dict[int, _OpenBlock] = {}
        self._base = 0
        """What the numbers of this message's blocks are counted from."""
        self._moved: dict[int, int] = {}
        """Where the blocks are whose index another one held."""

    # --- numbers ---

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

    # --- starts and stops ---

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

    def _settle_tools(self, reason: FinishReason | None) -> None:
        """Tools without any input: whole where the model stopped to have them called, cut by a limit."""
        last = max(self._blocks, default=None)
        for index, tool in self._choice.tools.items():
            if reason == "tool_use":
                tool.cut = False
            elif reason == "length" and index == last and not tool.fragments:
                tool.cut = True

    # --- deltas ---

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
