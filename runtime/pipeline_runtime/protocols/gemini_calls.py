"""Gemini's function calls: whole ones, and ones whose arguments are streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.protocols.assembly import ToolDraft
from pipeline_runtime.protocols.gemini_arguments import ArgumentWriter
from pipeline_runtime.protocols.jsontext import as_list, as_object, as_text, encode

if TYPE_CHECKING:
    from pipeline_runtime.protocols.decoding import FrameDecoder
    from pipeline_runtime.protocols.jsontext import JsonObject


class CallJoiner:
    """Takes the `functionCall` parts of one candidate; calls are numbered in the order in which they come.

    A call with `willContinue` is open: parts without a name go on with it, and the first of them without
    `willContinue` ends it (Vertex sends an empty `functionCall` for that).
    """

    __slots__ = ("_calls", "_choice", "_decoder", "_open", "_writer")

    def __init__(self, decoder: FrameDecoder, choice: int) -> None:
        self._decoder = decoder
        self._choice = choice
        self._calls = decoder.assembly.choice(choice).tools
        self._open: ToolDraft | None = None
        self._writer = ArgumentWriter()

    def add(self, call: JsonObject) -> None:
        """Takes one `functionCall`."""
        draft = self._open
        call_id = as_text(call.get("id")) or None
        if draft is None or call.get("name") or (call_id and draft.id and call_id != draft.id):
            self._end()
            draft = self._begin(as_text(call.get("name")) or None, call_id)
        draft.id = draft.id or call_id
        for argument in as_list(call.get("partialArgs")):
            self._write(draft, self._writer.add(as_object(argument)))
        arguments = as_object(call.get("args"))
        if arguments:
            self._write(draft, encode(arguments))
        if not call.get("willContinue"):
            self._end()

    def _begin(self, name: str | None, call_id: str | None) -> ToolDraft:
        draft = ToolDraft(max(self._calls, default=-1) + 1, call_id, name)
        self._calls[draft.index] = self._open = draft
        self._writer = ArgumentWriter()
        self._decoder.delta("", "tool_input", draft.index, self._choice, name)
        return draft

    def _end(self) -> None:
        draft, self._open = self._open, None
        if draft is None:
            return
        self._write(draft, self._writer.close())
        if self._writer.revisited is not None:
            self._decoder.lint(
                "tool_input_revisited", tool=draft.name or draft.index, path=self._writer.revisited
            )

    def _write(self, draft: ToolDraft, text: str) -> None:
        if text:
            draft.fragments.append(text)
            self._decoder.delta(text, "tool_input", draft.index, self._choice, draft.name)
