"""OpenAI tool calls: which call a fragment belongs to, for servers that number them in their own ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.protocols.assembly import ToolDraft
from pipeline_runtime.protocols.jsontext import as_index, as_object, as_text, encode
from pipeline_runtime.protocols.openai_extras import keep_signature

if TYPE_CHECKING:
    from pipeline_runtime.protocols.decoding import FrameDecoder
    from pipeline_runtime.protocols.jsontext import JsonObject


class ToolJoiner:
    """Joins the fragments of one choice's tool calls by their index.

    An index may start at 1, be missing (then the id, a new name, or the last call decides), or wrongly be the
    same for two calls (then a new id opens a new call).
    """

    __slots__ = ("_calls", "_choice", "_current", "_decoder")

    def __init__(self, decoder: FrameDecoder, choice: int) -> None:
        self._decoder = decoder
        self._choice = choice
        self._calls = decoder.assembly.choice(choice).tools
        self._current: dict[int, ToolDraft] = {}

    def add(self, fragment: JsonObject, *, whole: bool = False) -> None:
        """Takes one element of `tool_calls`; `whole`: it is a call by itself, as in a sync answer.

        A custom tool's input is free text. What names nothing and holds nothing is no call (Snowflake).
        """
        custom = as_object(fragment.get("custom"))
        function = custom or as_object(fragment.get("function"))
        call_id = as_text(fragment.get("id")) or None
        name = as_text(function.get("name")) or None
        arguments = _arguments(function.get("input" if custom else "arguments"))
        if not (call_id or name or arguments):
            keep_signature(self._decoder, fragment, self._last_id())
            return
        opens = whole or (call_id is None and name is not None)
        draft, is_new = self._find(as_index(fragment.get("index")), call_id, opens=opens)
        draft.id = draft.id or call_id
        draft.free_text = draft.free_text or bool(custom)
        keep_signature(self._decoder, fragment, draft.id)
        named = draft.name is None and name is not None
        draft.name = draft.name or name
        _take(draft, arguments, whole=whole)
        if arguments or is_new or named:
            self._decoder.delta(arguments, "tool_input", draft.index, self._choice, draft.name)

    def end(self) -> None:
        """The answer ended in order: calls without any arguments take none."""
        for draft in self._calls.values():
            draft.cut = False

    def _find(self, index: int | None, call_id: str | None, *, opens: bool) -> tuple[ToolDraft, bool]:
        if index is None:
            known = None if opens else self._by_id(call_id)
            if known is not None:
                return known, False
            return self._open(self._free(), call_id), True
        current = self._current.get(index)
        if current is None:
            free = index if index not in self._calls else self._free()
            current = self._current[index] = self._open(free, call_id)
            return current, True
        if call_id is not None and current.id is not None and call_id != current.id:
            self._decoder.lint("tool_index_reused", id=call_id, index=index)
            current = self._current[index] = self._open(self._free(), call_id)
            return current, True
        return current, False

    def _by_id(self, call_id: str | None) -> ToolDraft | None:
        if call_id is None:
            return next(reversed(self._calls.values()), None)
        return next((draft for draft in self._calls.values() if draft.id == call_id), None)

    def _last_id(self) -> str | None:
        return next((draft.id for draft in reversed(self._calls.values())), None)

    def _free(self) -> int:
        return max(self._calls, default=-1) + 1

    def _open(self, index: int, call_id: str | None) -> ToolDraft:
        """A call of which nothing but its name has come is cut, until the answer's end says otherwise."""
        draft = self._calls[index] = ToolDraft(index, call_id)
        draft.cut = True
        return draft


def _take(draft: ToolDraft, arguments: str, *, whole: bool) -> None:
    if arguments:
        draft.fragments.append(arguments)
    if arguments or whole:
        draft.cut = draft.free_text and not whole  # whether JSON is cut shows by itself


def _arguments(value: object) -> str:
    """Argument text; null and missing are none, and an object (as Ollama has it) becomes its JSON."""
    if isinstance(value, dict):
        return encode(value)
    return as_text(value)
