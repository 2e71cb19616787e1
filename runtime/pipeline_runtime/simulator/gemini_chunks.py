"""An answer as Gemini's parts and chunks, and the usage that each chunk tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from pipeline_runtime.simulator.answer import Answer, Spoken
    from pipeline_runtime.simulator.dialect import Identity

_FINISH_REASONS = {
    "stop": "STOP",
    "length": "MAX_TOKENS",
    "tool_use": "STOP",
    "refusal": "STOP",
    "content_filter": "SAFETY",
}
_SIGNATURE_LENGTH = 120


class Chunk(Struct, frozen=True):
    """What one chunk says of its candidate."""

    parts: tuple[dict[str, Any], ...]
    pieces: int = 0
    """How many pieces of the answer it holds."""
    delta: bool = False
    last: bool = False
    finish: str | None = None


def chunks(answer: Answer, ids: Identity, *, whole: bool) -> list[Chunk]:
    """A chunk for each piece, a whole call in one; the last has no text and says why the answer ends."""
    if whole:
        parts = tuple(message_parts(answer, ids))
        return [Chunk(parts, _size(answer), delta=True, last=True, finish=finish_reason(answer))]
    told = [
        Chunk((value,), size, delta=True)
        for part in answer.parts
        for size, value in _values(part, answer, ids)
    ]
    closing: dict[str, Any] = {"text": ""}
    if _thought(answer) and not _calls(answer):
        closing["thoughtSignature"] = _signature(ids)
    return [*told, Chunk((closing,), last=True, finish=finish_reason(answer))]


def message_parts(answer: Answer, ids: Identity) -> list[dict[str, Any]]:
    """The whole answer's parts."""
    return [
        _call(part, answer, ids) if part.lane == "tool_input" else _text(part.text, part)
        for part in answer.parts
        if not (part.lane == "tool_input" and part.cut)
    ]


def finish_reason(answer: Answer) -> str:
    """In Google's word; calls end with `STOP` like text."""
    return _FINISH_REASONS[answer.finish]


def usage(answers: tuple[Answer, ...], counted: int | None = None) -> dict[str, Any]:
    """The token counts, cumulative: after `counted` pieces, or at the end (null)."""
    tokens = answers[0].tokens
    thoughts = sum(answer.tokens.reasoning for answer in answers)
    output = max(0, sum(answer.tokens.output for answer in answers) - thoughts)
    if counted is not None:
        counted = counted if counted < sum(map(_size, answers)) else thoughts + output
        thoughts, output = min(thoughts, counted), min(output, max(0, counted - thoughts))
    told: dict[str, Any] = {"promptTokenCount": tokens.input}
    if output:
        told["candidatesTokenCount"] = output
    told["totalTokenCount"] = tokens.input + output + thoughts
    if tokens.cached:
        told["cachedContentTokenCount"] = tokens.cached
    told["promptTokensDetails"] = [{"modality": "TEXT", "tokenCount": tokens.input}]
    if thoughts:
        told["thoughtsTokenCount"] = thoughts
    return told


def _size(answer: Answer) -> int:
    return sum(len(part.pieces) for part in answer.parts if not part.cut or part.lane != "tool_input")


def _values(part: Spoken, answer: Answer, ids: Identity) -> list[tuple[int, dict[str, Any]]]:
    """The parts that a spoken part is sent as, each with the pieces it holds; a cut call is never sent."""
    if part.lane == "tool_input":
        return [] if part.cut else [(len(part.pieces), _call(part, answer, ids))]
    return [(1, _text(piece, part)) for piece in part.pieces]


def _text(text: str, part: Spoken) -> dict[str, Any]:
    return {"text": text, "thought": True} if part.lane == "thinking" else {"text": text}


def _call(part: Spoken, answer: Answer, ids: Identity) -> dict[str, Any]:
    call: dict[str, Any] = {"functionCall": {"name": part.tool, "args": part.arguments}}
    if _thought(answer) and part is _calls(answer)[0]:
        call["thoughtSignature"] = _signature(ids)
    return call


def _thought(answer: Answer) -> bool:
    return any(part.lane == "thinking" for part in answer.parts)


def _calls(answer: Answer) -> list[Spoken]:
    return [part for part in answer.parts if part.lane == "tool_input" and not part.cut]


def _signature(ids: Identity) -> str:
    return ids.token("ErAh", _SIGNATURE_LENGTH)
