"""Recognises a server that says "this cannot stream", and tells it from every other error.

Forms and their sources: no-stream.md, sections A (refused: call without `stream`), B (`stream` is fine,
`stream_options` is not), D (only streaming is allowed). Whatever is none of these must not fall back.
"""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from pipeline_runtime.stream.refusal_words import (
    CANNOT_STREAM,
    CANNOT_STREAM_CODE,
    FORMAT,
    MUST_STREAM,
    OPTION_REFUSED,
    TOOLS,
    UNVERIFIED,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Change: TypeAlias = Literal["sync", "drop_stream_options", "stream"]
STATUSES = frozenset({400, 403, 404, 422, 500, 501})
MAX_DEPTH = 16
"""Objects, lists and texts that hold JSON, one inside the other: three gateways in a row need 15."""
MAX_EVIDENCE = 400
MAX_BODY = 1 << 16
"""Bytes of an error body that are looked at: no known refusal has a tenth of that."""
TOLD_UNDER = frozenset(
    {
        "detail",
        "details",
        "error",
        "errors",
        "message",
        "metadata",
        "msg",
        "raw",
        "error_description",
        "title",
    }
)
"""Where servers put their words. What else is in a body may be the user's own prompt, sent back."""

MARKED_BY = frozenset({"param", "code", "type"})
"""Where they say what is wrong in a word that is no sentence."""


class Refusal(msgspec.Struct, frozen=True):
    """What a server refused, what to do otherwise, and its words."""

    change: Change
    reason: str
    evidence: str


def read_refusal(
    status: int, headers: Mapping[str, str], body: bytes, *, streamed: bool, option_sent: bool
) -> Refusal | None:
    """The refusal that an error response is, or `None` when it is any other error.

    Args:
        status: The HTTP status.
        headers: By lower-case name.
        body: As received.
        streamed: The request asked for a stream.
        option_sent: It carried `stream_options`.
    """
    if status not in STATUSES:
        return None
    text = body[:MAX_BODY].decode("utf-8", "replace").removeprefix("\ufeff")
    found = list(_words(_parse(text) or text))
    messages = [words for words, key in found if key is None]
    if not streamed:
        others = [message for message in messages if not OPTION_REFUSED.search(message)]
        return _first(others, MUST_STREAM, "stream", "the server answers only as a stream")
    if option_sent and (
        refusal := _first(messages, OPTION_REFUSED, "drop_stream_options", "stream_options was refused")
    ):
        return refusal
    if (
        any(CANNOT_STREAM.search(message) for message in messages)
        or any(_is_mark(key, words) for words, key in found)
        or _marked_unsupported(text, messages, headers)
    ):
        return Refusal("sync", _reason(messages), _evidence(messages, text))
    return None


def _is_mark(key: str | None, word: str) -> bool:
    """Whether a field that is no sentence says it: the parameter at fault, or a code."""
    return word == "stream" if key == "param" else key is not None and bool(CANNOT_STREAM_CODE.search(word))


def _marked_unsupported(text: str, messages: list[str], headers: Mapping[str, str]) -> bool:
    if re.search(r"""["']param["']:\s*["']stream["']""", text) and "unsupported_value" in text:
        return True
    validation = "validationexception" in headers.get("x-amzn-errortype", "").lower()
    return validation and any("stream" in message.lower() for message in messages)


def _first(messages: list[str], pattern: re.Pattern[str], change: Change, reason: str) -> Refusal | None:
    found = [message for message in messages if pattern.search(message)]
    return Refusal(change, reason, max(found, key=len)[:MAX_EVIDENCE]) if found else None


def _reason(messages: list[str]) -> str:
    words = " ".join(messages)
    if UNVERIFIED.search(words):
        return "the organisation must be verified before this model may stream"
    if "streaming mode" in words.lower() and TOOLS.search(words):
        return "the model does not stream when tools are given"
    if FORMAT.search(words):
        return "the endpoint does not stream with this response format"
    return "the server refused to stream this request"


def _evidence(messages: list[str], text: str) -> str:
    best = next((message for message in messages if CANNOT_STREAM.search(message)), None)
    return (best or " ".join(messages) or text)[:MAX_EVIDENCE]


def _words(value: Any, depth: int = 0) -> Iterator[tuple[str, str | None]]:
    """Every human sentence in an error body, unwrapping JSON in strings and Python dicts in messages.

    Yields:
        A sentence and `None`, or a word and the key that it is under (`MARKED_BY`).
    """
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        yield from _words_of(value, depth)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner, depth + 1)
    elif isinstance(value, str):
        nested = _parse(value)
        if nested is not None:
            yield from _words(nested, depth + 1)
        else:
            yield value, None


def _words_of(value: dict[Any, Any], depth: int) -> Iterator[tuple[str, str | None]]:
    for name, inner in value.items():
        key = str(name).lower()
        if key in TOLD_UNDER:
            yield from _words(inner, depth + 1)
        elif key in MARKED_BY and isinstance(inner, str):
            yield inner, key
    path = value.get("loc")
    if isinstance(path, list | tuple):  # a validation detail names the field only by its path
        yield f"{value.get('msg', '')}: {'.'.join(map(str, path))}", None


def _parse(text: str) -> Any:
    """The JSON or Python literal that a text is, or holds after some words; `None` when it is plain text."""
    stripped = text.strip()
    if stripped[:1] in ("{", "["):
        try:
            return msgspec.json.decode(stripped)
        except (ValueError, RecursionError):
            pass
    begin, end = stripped.find("{'"), stripped.rfind("}")
    if begin < 0 or end < begin:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # a backslash in a server's words is none of ours
        try:
            return ast.literal_eval(stripped[begin : end + 1])
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
