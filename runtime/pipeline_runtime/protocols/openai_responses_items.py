"""The output items of one response while they stream: texts, tool calls and blocks, each counted once."""

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
    from pipeline_runtime.protocols.openai_responses_fields import PartKind


class _Item:
    """An output item between its start and its end."""

    __slots__ = ("draft", "input", "is_whole", "name", "tool")

    def __init__(self, name: str | None) -> None:
        self.name = name
        self.tool: ToolDraft | None = None
        self.draft: BlockDraft | None = None
        self.input: list[str] = []
        self.is_whole = False


class ResponseItems:
    """Joins what comes for an output item by `output_index`: Copilot gives every event another `item_id`.

    A text comes up to five times: in deltas, and whole in four kinds of events. The deltas count; what comes
    only in a whole text becomes a delta, and a whole text that is another one is told.
    """

    def __init__(self, decoder: FrameDecoder) -> None:
        self.is_resumed = False
        """The stream begins in the middle, so whole texts hold more than their deltas."""
        self._decoder = decoder
        self._choice = decoder.assembly.choice()
        self._items: dict[int, _Item] = {}
        self._places: dict[int, int] = {}
        self._ids: dict[str, int] = {}
        self._last = 0
        self._parts: dict[tuple[int, PartKind, int], list[str]] = {}
        self._cited: dict[tuple[int, int], int] = {}
        self._differing = False

    def index_of(self, event: JsonObject) -> int:
        """The number of an event's item; without `output_index`, by its id, or else the last item."""
        number = as_index(event.get("output_index"))
        if number is not None:
            return self.place(number)
        return self._ids.get(as_text(event.get("item_id")), self._last)

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
        self._take_input(index, item, self._missing("".join(item.input), whole_input(sent), told_by))
        if item.tool is not None:
            item.tool.cut = sent.get("status") == "incomplete"
        if item.draft is not None:
            item.draft.replace(sent)
        elif sent.get("type") == "reasoning" and sent.get("encrypted_content"):
            item.draft = self._decoder.assembly.add_block(sent)
        for number, part in parts_of(sent):
            if not self.whole_part(index, number, part, told_by):
                self._decoder.assembly.add_block(part)

    def _open(self, index: int, sent: JsonObject) -> _Item:
        item = self._items[index] = _Item(tool_name(sent))
        self._last = index
        if sent.get("id"):
            self._ids[as_text(sent.get("id"))] = index
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

    # --- texts ---

    def piece(self, index: int, kind: PartKind, number: int, content: str) -> None:
        """The new part of a text."""
        if content:
            self._parts.setdefault((index, kind, number), []).append(content)
            self._emit(LANES[kind], index, content)

    def whole_part(self, index: int, number: int, part: JsonObject, told_by: str) -> bool:
        """A part as it stands at its end, with all its annotations; False: it is no text."""
        kind = PART_KINDS.get(as_text(part.get("type")))
        if kind is None:
            return False
        self.whole_text(index, kind, number, part_text(part), told_by)
        self._cite(index, number, as_list(part.get("annotations")))
        return True

    def whole_text(self, index: int, kind: PartKind, number: int, whole: str, told_by: str) -> None:
        """A text as it stands at its end."""
        told = "".join(self._parts.get((index, kind, number), ()))
        self.piece(index, kind, number, self._missing(told, whole, told_by))

    def _emit(self, lane: Lane, index: int, content: str) -> None:
        self._tell_if_late()
        self._into(lane).append(content)
        self._last = index
        self._decoder.delta(content, lane, index)

    def _into(self, lane: Lane) -> list[str]:
        if lane == "thinking":
            return self._choice.thinking
        return self._choice.refusal if lane == "refusal" else self._choice.text

    def _missing(self, told: str, whole: str, told_by: str) -> str:
        """What of a whole text no delta has brought: all, its end, or nothing; a difference is told once."""
        if not whole or told == whole or (told and self.is_resumed and whole.endswith(told)):
            return ""
        if told and not self._differing:
            self._differing = True
            self._decoder.lint("done_differs", type=told_by)
        return whole[len(told) :] if whole.startswith(told) else ""

    def _tell_if_late(self) -> None:
        if self._decoder.terminated:
            self._decoder.lint_once("after_end")

    # --- inputs ---

    def input_piece(self, index: int, kind: str, field: str, content: str) -> None:
        """The new part of a tool's input; `kind` is the type of an item that never began."""
        item = self._items.get(index) or self._open(index, {"type": kind})
        if content and item.draft is not None:
            item.draft.add(field, content)
        self._take_input(index, item, content)

    def whole_input(self, index: int, kind: str, field: str, whole: str, told_by: str) -> None:
        """A tool's input as it stands at its end, which may still be cut."""
        item = self._items.get(index) or self._open(index, {"type": kind})
        self.input_piece(index, kind, field, self._missing("".join(item.input), whole, told_by))

    def _take_input(self, index: int, item: _Item, content: str) -> None:
        if not content:
            return
        self._tell_if_late()
        item.input.append(content)
        if item.tool is not None:
            item.tool.cut = item.tool.free_text  # whether JSON is cut shows by itself
            item.tool.fragments.append(content)
        self._last = index
        self._decoder.delta(content, "tool_input", index, tool=item.name)

    # --- what else items hold ---

    def _cite(self, index: int, number: int, annotations: list[Any]) -> None:
        """All annotations of a part so far: those that did not come one by one are taken."""
        seen = self._cited.get((index, number), 0)
        self._decoder.assembly.citations += annotations[seen:]
        self._cited[index, number] = max(seen, len(annotations))

    def cite_one(self, index: int, number: int, annotation: object) -> None:
        """One annotation, as it is added."""
        self._decoder.assembly.citations.append(annotation)
        self._cited[index, number] = self._cited.get((index, number), 0) + 1

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
        if not self._items and not self._parts:
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
        told = {lane: "".join(self._into(lane)) for lane in whole}
        if told["thinking"]:
            whole["thinking"] = ""  # summaries and raw reasoning come in an order of their own
        for lane, text in whole.items():
            missing = self._missing(told[lane], text, told_by)
            if missing:
                self._emit(lane, self._last, missing)

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
