"""The answer of one attempt, as far as it has come: appended to while it streams, joined when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline_runtime.events import Choice, Response, ToolCall
from pipeline_runtime.pieces import compact
from pipeline_runtime.protocols.jsontext import as_text, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pipeline_runtime.events import Delivery, FallbackInfo, FinishReason, Timings, Usage, Verdict


class ToolDraft:
    """One tool call while its arguments come in."""

    __slots__ = ("cut", "fragments", "free_text", "id", "index", "name")

    def __init__(self, index: int, call_id: str | None = None, name: str | None = None) -> None:
        self.index = index
        self.id = call_id
        self.name = name
        self.fragments: list[str] = []
        self.free_text = False
        """Its input is plain text, not JSON."""
        self.cut = False
        """The server says that it broke off here, whatever the text looks like."""

    def call(self) -> ToolCall:
        """The call so far: without any argument text it is `{}`; cut arguments are `complete=False`."""
        arguments = "".join(self.fragments)
        if self.cut:
            return ToolCall(self.index, self.id, self.name, arguments, complete=False)
        if self.free_text:
            return ToolCall(self.index, self.id, self.name, arguments, arguments)
        if not arguments.strip():
            return ToolCall(self.index, self.id, self.name, "{}", {})
        value, flaw = parse(arguments)
        return ToolCall(self.index, self.id, self.name, arguments, value, complete=flaw != "malformed_json")


class BlockDraft:
    """A content block that is kept as sent, with the fields that deltas add to."""

    __slots__ = ("fragments", "sent")

    def __init__(self, sent: dict[str, Any]) -> None:
        self.sent = sent
        self.fragments: dict[str, list[str]] = {}

    def add(self, field: str, piece: str) -> None:
        """Appends to a text field; `input` is JSON text until the block is built."""
        self.fragments.setdefault(field, []).append(piece)

    def replace(self, sent: dict[str, Any]) -> None:
        """Takes the block as the server gives it at its end; a field left empty keeps its deltas."""
        self.sent = sent
        self.fragments = {field: pieces for field, pieces in self.fragments.items() if not sent.get(field)}

    def build(self) -> dict[str, Any] | None:
        """The whole block; `None` for a thinking block without a signature (its text is in `thinking`)."""
        block = dict(self.sent)
        for field, pieces in self.fragments.items():
            text = "".join(pieces)
            if field == "input":
                block[field] = _tool_input(text, block.get(field))
            else:
                block[field] = as_text(block.get(field)) + text
        if block.get("type") == "thinking" and not block.get("signature"):
            return None
        return block


def _tool_input(text: str, initial: object) -> object:
    """The parsed input of a server tool; cut JSON stays text."""
    if not text.strip():
        return initial
    value, flaw = parse(text)
    return text if flaw == "malformed_json" else value


class ChoiceDraft:
    """One answer while it comes in."""

    __slots__ = ("finish_reason", "finish_reason_raw", "refusal", "text", "thinking", "tools")

    def __init__(self) -> None:
        self.text: list[str] = []
        self.thinking: list[str] = []
        self.refusal: list[str] = []
        self.tools: dict[int, ToolDraft] = {}
        self.finish_reason: FinishReason | None = None
        self.finish_reason_raw: str | None = None

    @property
    def has_content(self) -> bool:
        """Whether anything of the answer has come."""
        return bool(self.text or self.thinking or self.refusal or self.tools)

    def finish(self, raw: str, normalised: FinishReason) -> None:
        """Why the model stopped, in the server's word and in ours."""
        self.finish_reason_raw = raw
        self.finish_reason = normalised

    def build(self, index: int) -> Choice:
        """The answer so far."""
        return Choice(
            index=index,
            text="".join(self.text),
            thinking="".join(self.thinking),
            refusal="".join(self.refusal),
            finish_reason=self.finish_reason,
            finish_reason_raw=self.finish_reason_raw,
            tool_calls=tuple(draft.call() for draft in self.tools.values()),
        )


class Assembly:
    """What a decoder has put together; `response` gives it out at any time."""

    __slots__ = ("_blocks", "_usage_raw", "choices", "citations", "id", "model", "usage")

    def __init__(self) -> None:
        self.choices: dict[int, ChoiceDraft] = {}
        self.citations: list[Any] = []
        self.model: str | None = None
        self.id: str | None = None
        self.usage: Usage | None = None
        self._usage_raw: dict[str, Any] = {}
        self._blocks: list[BlockDraft] = []

    @property
    def has_content(self) -> bool:
        """Whether anything of an answer has come: text, thinking, a refusal, a tool call or a block."""
        return bool(self._blocks) or any(choice.has_content for choice in self.choices.values())

    def choice(self, index: int = 0) -> ChoiceDraft:
        """The answer of that index, begun if it is new."""
        draft = self.choices.get(index)
        if draft is None:
            draft = self.choices[index] = ChoiceDraft()
        return draft

    def add_block(self, sent: dict[str, Any]) -> BlockDraft:
        """Keeps a block that is no text or tool call of ours."""
        draft = BlockDraft(sent)
        self._blocks.append(draft)
        return draft

    def identify(self, *, model: object, response_id: object) -> None:
        """Takes model and id where they are given: gateways send them empty in some chunks."""
        self.model = as_text(model) or self.model
        self.id = as_text(response_id) or self.id

    def compact(self) -> None:
        """Join what has come in many pieces: the text is kept, not its pieces."""
        for choice in self.choices.values():
            for pieces in (choice.text, choice.thinking, choice.refusal):
                compact(pieces)
            for tool in choice.tools.values():
                compact(tool.fragments)

    def merge_usage(
        self, raw: dict[str, Any], read: Callable[[dict[str, Any]], Usage], *, fresh: bool = False
    ) -> None:
        """Takes a usage object: counts are cumulative, so the last one wins and nothing is added up.

        A field that is null or missing does not undo one that was given before, unless the object is `fresh`:
        whole by itself.
        """
        if fresh:
            self._usage_raw = {}
        self._usage_raw = self._usage_raw | {key: value for key, value in raw.items() if value is not None}
        self.usage = read(self._usage_raw)

    def flawed_tools(self) -> Iterable[tuple[str, ToolCall]]:
        """The tool calls whose arguments are no whole or no strict JSON, each with the code of its lint."""
        for choice in self.choices.values():
            for draft in choice.tools.values():
                call = draft.call()
                if not call.complete:
                    yield "cut_tool_input", call
                elif not draft.free_text and parse(call.arguments)[1] is not None:
                    yield "lenient_tool_input", call

    def response(
        self,
        *,
        delivery: Delivery,
        timings: Timings,
        verdict: Verdict = "complete",
        request_id: str | None = None,
        fallback: FallbackInfo | None = None,
    ) -> Response:
        """The answer so far; its first choice fills the plain fields, and `choices` is filled for several."""
        built = [self.choices[index].build(index) for index in sorted(self.choices)]
        first = built[0] if built else Choice(0)
        return Response(
            text=first.text,
            delivery=delivery,
            timings=timings,
            thinking=first.thinking,
            refusal=first.refusal,
            finish_reason=first.finish_reason,
            finish_reason_raw=first.finish_reason_raw,
            verdict=verdict,
            usage=self.usage,
            model=self.model,
            id=self.id,
            request_id=request_id,
            tool_calls=first.tool_calls,
            citations=tuple(self.citations),
            blocks=tuple(block for draft in self._blocks if (block := draft.build()) is not None),
            choices=tuple(built) if len(built) > 1 else (),
            fallback=fallback,
        )
