"""The lines of an Ollama answer: what each says, and the counts and clocks of the last."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from pipeline_runtime.simulator.pieces import split_pieces

if TYPE_CHECKING:
    from pipeline_runtime.simulator.answer import Answer, Spoken
    from pipeline_runtime.simulator.ask import Ask
    from pipeline_runtime.simulator.dialect import Identity

_MICROSECONDS = 1_000_000
_NANOSECONDS = 1_000_000_000
_LOADING = 0.055
"""Seconds that a model which is in memory takes to be ready."""
_VOCABULARY = 128_000


class Line(Struct, frozen=True):
    """What one line says."""

    content: str = ""
    thinking: str = ""
    calls: tuple[dict[str, Any], ...] = ()


def lines(answer: Answer, ids: Identity) -> list[Line]:
    """A line for each piece, and one for each whole call; a cut call is never sent."""
    said: list[Line] = []
    called = 0
    for part in answer.parts:
        if part.lane == "tool_input":
            if not part.cut:
                said.append(Line(calls=(_call(part, called, ids),)))
            called += 1
        elif part.lane == "thinking":
            said += [Line(thinking=piece) for piece in part.pieces]
        else:
            said += [Line(piece) for piece in part.pieces]
    return said


def whole_line(answer: Answer, ids: Identity) -> Line:
    """The answer in one line, as old versions sent it when tools were given."""
    said = lines(answer, ids)
    return Line(
        "".join(line.content for line in said),
        "".join(line.thinking for line in said),
        tuple(call for line in said for call in line.calls),
    )


def endpoint_line(line: Line, endpoint: str) -> dict[str, Any]:
    """The fields of a line: inside `message` for chat, beside the others for generate."""
    thinking = {"thinking": line.thinking} if line.thinking else {}
    calls = {"tool_calls": list(line.calls)} if line.calls else {}
    if endpoint == "generate":
        return {"response": line.content} | thinking | calls
    return {"message": {"role": "assistant", "content": line.content} | thinking | calls}


def closing(answer: Answer, ask: Ask, ids: Identity, seconds: float, *, context: bool) -> dict[str, Any]:
    """The fields of the last line.

    Args:
        answer: what was said.
        ask: the request.
        ids: makes the context's numbers.
        seconds: from the request to this line.
        context: `/api/generate` ends with the tokens of prompt and answer.
    """
    loading = min(_LOADING, answer.timing.first_token / 2)
    reading = min(answer.timing.first_token, seconds) - loading
    end: dict[str, Any] = {"done": True, "done_reason": "length" if answer.finish == "length" else "stop"}
    if context:
        pieces = len(split_pieces(ask.context)) + sum(len(part.pieces) for part in answer.parts)
        end["context"] = [ids.random.randrange(_VOCABULARY) for _ in range(pieces)]
    return end | {
        "total_duration": _nanoseconds(seconds),
        "load_duration": _nanoseconds(loading),
        "prompt_eval_count": answer.tokens.input,
        "prompt_eval_duration": _nanoseconds(max(0.0, reading)),
        "eval_count": answer.tokens.output,
        "eval_duration": _nanoseconds(max(0.0, seconds - answer.timing.first_token)),
    }


def stamp(created: int, seconds: float) -> str:
    """`2026-08-05T08:11:04.351521Z`, as every line carries: `seconds` after `created`."""
    micros = round(seconds * _MICROSECONDS)
    moment = datetime.fromtimestamp(created + micros // _MICROSECONDS, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{micros % _MICROSECONDS:06d}Z"


def _call(part: Spoken, index: int, ids: Identity) -> dict[str, Any]:
    function = {"index": index, "name": part.tool, "arguments": part.arguments}
    return {"id": ids.token("call_", 8).lower(), "function": function}


def _nanoseconds(seconds: float) -> int:
    return round(seconds * _NANOSECONDS)
