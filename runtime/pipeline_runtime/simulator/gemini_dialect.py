"""Gemini as its server speaks it: CRLF events or one JSON array, usage in every chunk, no terminator."""

from __future__ import annotations

import json
from itertools import accumulate, zip_longest
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pipeline_runtime.simulator.frames import Frame, encode, sse_frame
from pipeline_runtime.simulator.gemini_chunks import Chunk, chunks, finish_reason, message_parts, usage
from pipeline_runtime.simulator.gemini_failures import failure_value, stream_failure
from pipeline_runtime.simulator.gemini_request import read_request

if TYPE_CHECKING:
    from pipeline_runtime.simulator.answer import Answer
    from pipeline_runtime.simulator.ask import Ask
    from pipeline_runtime.simulator.dialect import Failure, Headers, Identity

Form: TypeAlias = Literal["sse", "array", "sync"]
"""`streamGenerateContent` with `alt=sse` and without, and `generateContent`."""

_CRLF = "\r\n"
_JSON_TYPE = "application/json; charset=UTF-8"


class GeminiDialect:
    """`POST /v1beta/models/{model}:streamGenerateContent` and `:generateContent`.

    Args:
        model: from the request's path.
        form: what its path and query ask for; the body has no word for it.
    """

    name = "gemini"
    json_type = _JSON_TYPE

    def __init__(self, model: str, form: Form) -> None:
        self._model = model
        self._form = form
        # With alt=sse even failures are labelled as event streams (PROTOCOLS.md, section 0).
        self.failure_type = "text/event-stream" if form == "sse" else _JSON_TYPE
        self.stream_headers: Headers = (
            ("content-type", self.failure_type),
            ("content-disposition", "attachment"),
        )

    def read(self, body: Any) -> Ask:
        """See `Dialect.read`."""
        return read_request(body, self._model, stream=self._form != "sync")

    def tool_json(self, arguments: Any) -> str:
        """See `Dialect.tool_json`: calls are sent whole; this counts their pieces."""
        return _spaced(arguments or {})

    def frames(self, answers: tuple[Answer, ...], ask: Ask, ids: Identity, *, whole: bool) -> list[Frame]:
        """See `Dialect.frames`. Several answers are interleaved by their index."""
        rows = zip_longest(*(chunks(answer, ids, whole=whole) for answer in answers))
        line = [(index, chunk) for row in rows for index, chunk in enumerate(row) if chunk is not None]
        counts = accumulate(chunk.pieces for _, chunk in line)
        return [
            self._frame(
                _body(index, chunk, usage(answers, counted), ask, ids), chunk, final=place == len(line)
            )
            for place, ((index, chunk), counted) in enumerate(zip(line, counts, strict=True), 1)
        ]

    def message(self, answers: tuple[Answer, ...], ask: Ask, ids: Identity) -> bytes:
        """See `Dialect.message`: indented by two."""
        candidates = [
            {
                "content": {"parts": message_parts(answer, ids), "role": "model"},
                "finishReason": finish_reason(answer),
                "index": index,
            }
            for index, answer in enumerate(answers)
        ]
        body = {"candidates": candidates, "usageMetadata": usage(answers)} | _tail(ask, ids)
        return encode(_pretty(body) + "\n")

    def error_frames(self, error_type: str, ask: Ask, ids: Identity) -> list[Frame]:  # noqa: ARG002 - as Dialect
        """See `Dialect.error_frames`: as it is met, without `data:` (vercel/ai#5217)."""
        text = _pretty(failure_value(stream_failure(error_type)))
        if self._form == "array":
            return [_element(text, final=True)]
        return [Frame(text)]

    def unknown_frame(self, ids: Identity) -> Frame:  # noqa: ARG002 - as Dialect
        """See `Dialect.unknown_frame`."""
        notice = {"simulatedNotice": {"text": "of no known kind"}}
        if self._form == "array":
            return _element(_pretty(notice))
        return sse_frame(_spaced(notice), line_end=_CRLF)

    def keepalive(self) -> bytes:
        """See `Dialect.keepalive`: a comment; a JSON array has no such thing."""
        return b"" if self._form == "array" else b": keepalive\r\n\r\n"

    def headers(self, ids: Identity, *, exhausted: bool) -> Headers:  # noqa: ARG002 - Google tells no limits
        """See `Dialect.headers`."""
        return (
            ("vary", "Origin, X-Origin, Referer"),
            ("server-timing", f"gfet4t7; dur={ids.random.randrange(180, 900)}"),
            ("x-content-type-options", "nosniff"),
        )

    def advice(self, status: int, given: Headers) -> Headers:  # noqa: ARG002 - as Dialect
        """See `Dialect.advice`: none; the body says how long to wait."""
        return ()

    def failure(self, failure: Failure, ids: Identity) -> bytes:  # noqa: ARG002 - as Dialect
        """See `Dialect.failure`: indented by two; in the array form an array of one."""
        text = _pretty(failure_value(failure))
        return encode(f"[{text}\n]\n" if self._form == "array" else f"{text}\n")

    def _frame(self, body: dict[str, Any], chunk: Chunk, *, final: bool) -> Frame:
        if self._form == "array":
            return _element(_pretty(body), delta=chunk.delta, last=chunk.last, final=final)
        return sse_frame(_spaced(body), delta=chunk.delta, last=chunk.last, line_end=_CRLF)


def _body(index: int, chunk: Chunk, told: dict[str, Any], ask: Ask, ids: Identity) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": list(chunk.parts), "role": "model"}}
    if chunk.finish is not None:
        candidate["finishReason"] = chunk.finish
    candidate["index"] = index
    return {"candidates": [candidate], "usageMetadata": told} | _tail(ask, ids)


def _tail(ask: Ask, ids: Identity) -> dict[str, Any]:
    return {"modelVersion": ask.model, "responseId": ids.lasting("", 23)}


def _element(text: str, *, delta: bool = False, last: bool = False, final: bool = False) -> Frame:
    """An element of the array, with the bracket or the comma before it."""
    return Frame(text, ",\r\n", "\n]" if final else "\n", delta=delta, last=last, opening="[")


def _spaced(value: Any) -> str:
    """JSON as Google's events hold it: a space after colons, none after commas."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ": "))


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
