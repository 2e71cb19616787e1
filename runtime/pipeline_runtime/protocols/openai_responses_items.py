"""The output items of one response while they stream: tool calls and blocks, each counted once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pipeline_runtime.protocols.assembly import ToolDraft
from pipeline_runtime.protocols.jsontext import as_index, as_list, as_object, as_text
from pipeline_runtime.protocols.openai_responses_fields import (
    CALLER_TOOLS,
    LANES,
    PART_KINDS,
    is_block,
    is_whole_input,
    part_text,
    parts_of,
    tool_name,
    whole_input,
)

if TYPE_CHECKING:
    from typing import Any

    from pipeline_runtime.events import Lane
    from pipeline_runtime.protocols.assembly import BlockDraft
    from pipeline_runtime.protocols.decoding import FrameDecoder
    from pipeline_runtime.protocols.jsontext import JsonObject
    from pipeline_runtime.protocols.openai_responses_texts import PartTexts


class _Item:
    """An output item between its start and its end."""

    __slots__ = ("begun", "command", "draft", "input", "is_part", "is_whole", "name", "tool")

    def __init__(self, name: str | None) -> None:
        self.name = name
        self.is_part = False
        """What comes is one field of its input, not all of it: a command, a diff."""
        self.command = 0
        self.begun = 0
        """How many pieces of its input had come when its last command began."""
        self.tool: ToolDraft | None = None
        self.draft: BlockDraft | None = None
        self.input: list[str] = []
        self.is_whole = False


class ResponseItems:
    """Joins what comes for an output item by `output_index`: Copilot gives every event another `item_id`."""

    def __init__(self, decoder: FrameDecoder, texts: PartTexts) -> None:
        self._decoder = decoder
        self._texts = texts
        self._choice = decoder.assembly.choice()
        self._items: dict[int, _Item] = {}
        self._places: dict[int, int] = {}
        self._ids: dict[str, int | None] = {}
        """The item that each id belongs to; `None`: to several."""

    def index_of(self, event: JsonObject) -> int:
        """The number of an event's item: the one that began under its id, or else the one at `output_index`.

        vLLM's events at the end of an item have the index of the next one, Copilot's have ids of their own.
        """
        known = self._ids.get(
            as_text(event.get("item_id")) or as_text(as_object(event.get("item")).get("id"))
        )
        if known is not None:
            return known
        number = as_index(event.get("output_index"))
        return self._texts.last if number is None else self.place(number)

    def place(self, number: int) -> int:
        """The number of the item that holds an `output_index` now."""
        return self._places.get(number, number)

    # --- items ---

    def add(self, event: JsonObject) -> None:
        """An item begins (`output_item.added`)."""
        sent = as_object(event.get("item"))
        number = as_index(event.get("output_index"))
        index = self._free() if number is None else number
        if index in self._items:
            if as_text(sent.get("type")) in CALLER_TOOLS:
                self._decoder.lint("tool_index_reused", id=as_text(sent.get("call_id")), index=index)
            self._places[index] = index = self._free()
        self._open(index, sent)

    def close(self, index: int, sent: JsonObject, told_by: str) -> None:
        """An item is whole (`output_item.done`, or an element of a sync answer's `output`)."""
        item = self._items.get(index) or self._open(index, sent)
        item.is_whole = True
        if item.tool is not None:
            self._name_tool(item, item.tool, sent)
        if not item.is_part:
            told = "".join(item.input)
            self._take_input(index, item, self._texts.missing(told, whole_input(sent), told_by))
        if item.tool is not None:
            item.tool.cut = sent.get("status") == "incomplete"
        self._close_block(item, sent)
        for number, part in self._texts.places(index, parts_of(sent)):
            if not self._texts.whole_part(index, number, part, told_by):
                self._decoder.assembly.add_block(part)

    def _close_block(self, item: _Item, sent: JsonObject) -> None:
        if item.draft is None:
            if sent.get("type") == "reasoning" and sent.get("encrypted_content"):
                item.draft = self._decoder.assembly.add_block(sent)
            return
        if item.is_part:
            item.draft.fragments.clear()  # the whole item has them in a place of their own
        item.draft.replace(sent)

    def _open(self, index: int, sent: JsonObject) -> _Item:
        item = self._items[index] = _Item(tool_name(sent))
        self._texts.last = index
        item_id = as_text(sent.get("id"))
        if item_id:
            self._ids[item_id] = None if item_id in self._ids else index
        kind = as_text(sent.get("type"))
        if kind in CALLER_TOOLS:
            item.name = as_text(sent.get("name")) or None
            item.tool = self._choice.tools[index] = ToolDraft(index, _call_id(sent), item.name)
            item.tool.free_text = kind == "custom_tool_call"
            item.tool.cut = True
        elif is_block(sent):
            item.draft = self._decoder.assembly.add_block(sent)
        if item.tool is not None or item.name is not None:
            self._decoder.delta("", "tool_input", index, tool=item.name)
        return item

    def _name_tool(self, item: _Item, tool: ToolDraft, sent: JsonObject) -> None:
        tool.id = tool.id or _call_id(sent)
        if tool.name is None and sent.get("name"):
            tool.name = item.name = as_text(sent.get("name"))
            self._decoder.delta("", "tool_input", tool.index, tool=tool.name)

    def _free(self) -> int:
        return max(self._items, default=-1) + 1

    # --- inputs ---

    def input_piece(self, index: int, kind: str, field: str, content: str, *, command: int = 0) -> None:
        """The new part of a tool's input.

        Args:
            index: the item.
            kind: the type of an item that never began.
            field: of the input, what comes.
            content: the new part.
            command: which of several commands it belongs to.
        """
        item = self._items.get(index) or self._open(index, {"type": kind})
        item.is_part = not is_whole_input(kind, field)
        if command != item.command:
            item.command = command
            self._take_input(index, item, "\n" if item.input else "")
            item.begun = len(item.input)
        if content and item.draft is not None:
            item.draft.add(field, content)
        self._take_input(index, item, content)

    def whole_input(
        self, index: int, kind: str, field: str, whole: str, told_by: str, *, command: int = 0
    ) -> None:
        """A tool's input as it stands at its end, which may still be cut."""
        self.input_piece(index, kind, field, "", command=command)
        item = self._items[index]
        told = "".join(item.input[item.begun :])
        self.input_piece(index, kind, field, self._texts.missing(told, whole, told_by), command=command)

    def _take_input(self, index: int, item: _Item, content: str) -> None:
        if not content:
            return
        self._texts.tell_if_late()
        item.input.append(content)
        if item.tool is not None:
            item.tool.cut = item.tool.free_text  # whether JSON is cut shows by itself
            item.tool.fragments.append(content)
        self._texts.last = index
        self._decoder.delta(content, "tool_input", index, tool=item.name)

    def partial_image(self, event: JsonObject) -> None:
        """An image on its way: the last one is kept until the item is whole."""
        item = self._items.get(self.index_of(event))
        if item is not None and item.draft is not None:
            item.draft.replace({**item.draft.sent, "partial_image_b64": event.get("partial_image_b64")})

    # --- the end ---

    def finish(self, output: list[Any], *, completed: bool, told_by: str) -> None:
        """The whole output, as the terminal event or a sync answer repeats it.

        Its order need not be that of `output_index`, so items that streamed are compared by their joined text
        and their call ids.
        """
        if not self._items and not self._texts:
            for index, sent in enumerate(output):
                self.close(index, as_object(sent), told_by)
        else:
            self._close_open(output, told_by)
            self._compare(output, told_by)
            self._add_calls(output, told_by)
            self._add_blocks(output)
            self._add_citations(output)
        if completed:
            for item in self._items.values():
                if item.tool is not None and not item.is_whole:
                    item.tool.cut = False

    def _close_open(self, output: list[Any], told_by: str) -> None:
        """Ends the items whose own end did not come, where an item of the output has their id."""
        for value in output:
            sent = as_object(value)
            index = self._ids.get(as_text(sent.get("id")))
            if index is not None and not self._items[index].is_whole:
                self.close(index, sent, told_by)

    def _compare(self, output: list[Any], told_by: str) -> None:
        whole: dict[Lane, str] = {"text": "", "thinking": "", "refusal": ""}
        for sent in output:
            for _, part in parts_of(as_object(sent)):
                kind = PART_KINDS.get(as_text(part.get("type")))
                if kind is not None:
                    whole[LANES[kind]] += part_text(part)
        told = {lane: self._texts.told(lane) for lane in whole}
        if told["thinking"]:
            whole["thinking"] = ""  # summaries and raw reasoning come in an order of their own
        for lane, text in whole.items():
            missing = self._texts.missing(told[lane], text, told_by)
            if missing:
                self._texts.emit(lane, self._texts.last, missing)

    def _add_calls(self, output: list[Any], told_by: str) -> None:
        """Takes the calls that no event told."""
        known = {tool.id for tool in self._choice.tools.values()}
        for value in output:
            sent = as_object(value)
            if as_text(sent.get("type")) in CALLER_TOOLS and _call_id(sent) not in known:
                self.close(self._free(), sent, told_by)

    def _add_blocks(self, output: list[Any]) -> None:
        """Takes the blocks that no event told: of each type those beyond the ones that streamed."""
        drafts = (item.draft for item in self._items.values() if item.draft is not None)
        known = Counter(as_text(draft.sent.get("type")) for draft in drafts)
        for value in output:
            sent = as_object(value)
            kind = as_text(sent.get("type"))
            known[kind] -= 1
            if known[kind] < 0 and is_block(sent):
                index = self._free()
                self._take_input(index, self._open(index, sent), whole_input(sent))

    def _add_citations(self, output: list[Any]) -> None:
        """Takes the annotations that no event told: those beyond the ones that came."""
        parts = (part for sent in output for _, part in parts_of(as_object(sent)))
        every = [note for part in parts for note in as_list(part.get("annotations"))]
        citations = self._decoder.assembly.citations
        citations += every[len(citations) :]


def _call_id(item: JsonObject) -> str | None:
    return as_text(item.get("call_id")) or as_text(item.get("id")) or None
