"""Reads what a server says about an error, from every body shape that was seen: pure, and never raising."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from pipeline_runtime.protocols.base import WireFailure
from pipeline_runtime.protocols.jsontext import as_list, as_object, as_text, as_word, parse, parse_object

if TYPE_CHECKING:
    from pipeline_runtime.protocols.jsontext import JsonObject

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    409: "conflict_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}
"""Words for a status whose body has none (Anthropic's, where it has one)."""

_RETRYABLE_STATUS = frozenset({408, 409, 429})
_RETRYABLE_WORDS = frozenset(
    {
        "api_error",
        "internal",
        "internal_error",
        "internal_server_error",
        "overloaded",
        "overloaded_error",
        "rate_limit_error",
        "rate_limit_exceeded",
        "ratelimitreached",
        "resource_exhausted",
        "server_error",
        "service_unavailable",
        "timeout_error",
        "unavailable",
    }
)
_FINAL_WORDS = frozenset({"insufficient_quota", "billing_error", "billing_hard_limit_reached"})
"""These come with 429 and no wait helps."""

_SERVER_ERROR = 500
_NOT_IMPLEMENTED = 501
"""What a server does not have (llama.cpp: audio, reranking), it has no sooner when it is asked again."""
_STATUS_TEXT = re.compile("[45][0-9]{2}")
_LONGEST_TEXT = 600
_TITLE_WITHIN = 1 << 16
"""Bytes of a page that are searched."""
_DEEPEST = 4
_SPAN = r"(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m(?!s))?(?:(?P<s>\d+(?:\.\d+)?)s)?(?:(?P<ms>\d+(?:\.\d+)?)ms)?"
_DURATION = re.compile(_SPAN)
_RETRY_IN = re.compile(rf"\b(?:retry|try again) in {_SPAN}", re.IGNORECASE)
"""OpenAI: `Please try again in 6m0s.`; Gemini: `Please retry in 34.4s.`"""
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)


def read_failure(status: int, body: bytes) -> WireFailure:
    """What an error response says.

    Args:
        status: its HTTP status.
        body: any bytes: JSON of any shape, HTML, text or nothing.
    """
    text = body.decode("utf-8-sig", "replace").strip()
    value, _ = parse(text)
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        return failure_of(value, status)
    message = _plain(text) or f"HTTP {status} with an empty body"
    return _failure(status, message=message)


def failure_of(value: JsonObject, status: int | None = None) -> WireFailure:
    """What a JSON error object says, in a body or inside a stream.

    Args:
        value: the object, wrapped in `error` or not.
        status: the HTTP status; `None` inside a stream, where the object may name one.
    """
    found = _innermost(value, _DEEPEST)
    code = as_word(found.get("code")) or as_word(found.get("error_code")) or None
    if status is None:
        status = _status_in(found)
    return _failure(
        status,
        message=_message(found),
        kind=as_text(found.get("type")) or as_text(found.get("status")),
        code=code,
        param=as_word(found.get("param")) or None,
        retry_after=_retry_after(found),
    )


def names_error(value: JsonObject) -> bool:
    """Whether an object is an error, also at status 200: in OpenAI's words, or in those of other vendors.

    MiniMax puts the outcome of every answer in `base_resp`, Zhipu and Cloudflare in `success`, Baidu and
    Databricks an error in `error_code`; vLLM's says that it is an `object` of type `error`.
    """
    if value.get("error") or as_object(value.get("base_resp")).get("status_code"):
        return True
    if value.get("choices"):
        return False
    return bool(value.get("error_code")) or value.get("object") == "error" or value.get("success") is False


def _failure(
    status: int | None,
    *,
    message: str,
    kind: str = "",
    code: str | None = None,
    param: str | None = None,
    retry_after: float | None = None,
) -> WireFailure:
    return WireFailure(
        type=kind or _type_of(status),
        message=message or ("an error" if status is None else f"HTTP {status}") + " without a message",
        code=code,
        param=param,
        retryable=_is_retryable(status, kind, code),
        retry_after=retry_after,
    )


def _type_of(status: int | None) -> str:
    if status is None or status >= _SERVER_ERROR:
        return _TYPES.get(status or 0, "api_error")
    return _TYPES.get(status, "invalid_request_error")


def _is_retryable(status: int | None, kind: str, code: str | None) -> bool:
    words = {kind.lower(), (code or "").lower()}
    if words & _FINAL_WORDS:
        return False
    if status is not None:
        return status in _RETRYABLE_STATUS or (status >= _SERVER_ERROR and status != _NOT_IMPLEMENTED)
    return bool(words & _RETRYABLE_WORDS)


def _innermost(value: JsonObject, depth: int) -> JsonObject:
    """Unwraps `error`, and the JSON string in `error.metadata.raw` where OpenRouter puts the provider's."""
    error = value.get("error") or (None if value.get("message") else as_list(value.get("errors")))
    said = error if isinstance(error, str) else "; ".join(filter(None, map(as_text, as_list(error))))
    if said:
        return {**value, "message": as_text(value.get("message")) or said}
    inner = as_object(error) or as_object(next(iter(as_list(error)), None)) or _base_resp(value)
    if not inner or not depth:
        return inner or value
    raw = as_text(as_object(inner.get("metadata")).get("raw"))
    if raw:
        return _with_raw(inner, raw, depth - 1)
    return _innermost(inner, depth - 1) if isinstance(inner.get("error"), dict) else inner


def _base_resp(value: JsonObject) -> JsonObject:
    """MiniMax's outcome, when it is an error."""
    told = as_object(value.get("base_resp"))
    return {"code": told["status_code"], "message": told.get("status_msg")} if told.get("status_code") else {}


def _with_raw(outer: JsonObject, raw: str, depth: int) -> JsonObject:
    """An error that quotes another one, which wins field by field; of plain words only the message."""
    wrapped = parse_object(raw)
    if wrapped is not None:
        return {**outer, **_innermost(wrapped, depth)}
    return {**outer, "message": f"{as_text(outer.get('message'))}: {_plain(raw)}"}


def _message(found: JsonObject) -> str:
    """The message, be it a string, FastAPI's `detail`, or Mistral's `message.detail`."""
    for key in ("message", "detail", "msg", "error_msg", "error_description", "title"):
        value = found.get(key)
        if isinstance(value, str) and value:
            return value
        details = as_list(value) or as_list(as_object(value).get("detail"))
        if details:
            return "; ".join(_detail(item) for item in details)
    return ""


def _detail(item: object) -> str:
    """One finding of a validator: `body.stream_options.include_usage: Extra inputs are not permitted`."""
    if isinstance(item, str):
        return item
    fields = as_object(item)
    place = ".".join(str(part) for part in as_list(fields.get("loc")))
    message = as_text(fields.get("msg")) or as_text(fields.get("message"))
    return f"{place}: {message}" if place and message else message or place


def _retry_after(found: JsonObject) -> float | None:
    """Seconds to wait: Google's `RetryInfo` (`retryDelay: "34.4s"`), else the message's own words."""
    delays = (as_text(as_object(detail).get("retryDelay")) for detail in as_list(found.get("details")))
    told = next((match for delay in delays if delay and (match := _DURATION.fullmatch(delay))), None)
    return _seconds(told or _RETRY_IN.search(_message(found)))


def _seconds(told: re.Match[str] | None) -> float | None:
    """A duration such as `34.4s`, `6m0s`, `450ms`; `None` when it is none at all."""
    if told is None or not any(told.groupdict().values()):
        return None
    hours, minutes, seconds, thousandths = (float(told[unit] or 0) for unit in ("h", "m", "s", "ms"))
    return hours * 3600 + minutes * 60 + seconds + thousandths / 1000


def _status_in(found: JsonObject) -> int | None:
    for key in ("status_code", "raw_status_code", "http_code", "code", "status"):
        value = found.get(key)
        if isinstance(value, str) and _STATUS_TEXT.fullmatch(value):  # LiteLLM
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 400 <= value < 600:  # noqa: PLR2004
            return value
    return None


def page_title(page: bytes) -> str:
    """The title of an HTML page, as one short line; empty when it has none."""
    title = _TITLE.search(page[:_TITLE_WITHIN].decode("utf-8", "replace"))
    return _plain(html.unescape(title.group(1)).replace("<", " ")) if title else ""


def _plain(text: str) -> str:
    """A page or a text as one short line."""
    if text.startswith("<"):
        title = _TITLE.search(text)
        text = html.unescape(title.group(1) if title else _TAG.sub(" ", text))
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"
