"""How an exchange ended: from what has come to an outcome. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.protocols.failures import page_title
from pipeline_runtime.stream.body import is_json
from pipeline_runtime.stream.cures import BY_CODE, cure_for, cure_in_stream, cure_of_resume
from pipeline_runtime.stream.outcome import (
    Completed,
    Failed,
    Refused,
    describe_other,
    describe_truncation,
    is_blank,
    is_passing,
)
from pipeline_runtime.stream.refusals import read_refusal

if TYPE_CHECKING:
    from pipeline_runtime.errors import TransportError
    from pipeline_runtime.protocols.base import ModelRequest, WireFailure, WireProtocol
    from pipeline_runtime.stream.body import Body
    from pipeline_runtime.stream.exchange import Exchange
    from pipeline_runtime.stream.outcome import Outcome

HTTP_ERROR = 400


def judge(exchange: Exchange, now: int) -> Outcome:
    """The outcome of an exchange whose body has ended, or had told its end before it broke."""
    body, opened = exchange.body, exchange.opened
    assert body is not None
    assert opened is not None
    if opened.status >= HTTP_ERROR:
        return _judge_status(exchange, opened.status, body.whole, now)
    if body.decoder.failure is not None:
        return _told(exchange, body.decoder.failure, now)
    misfit = _misfit(exchange, body, now)
    if misfit is not None:
        return failed(exchange, now, *misfit)
    if exchange.verdict in ("truncated", "error"):
        message = describe_truncation(exchange.meter.deltas)
        return failed(exchange, now, "truncated", message, retryable=True)
    return Completed(exchange.response(now, exchange.verdict or "complete"))


def has_spoken(exchange: Exchange) -> bool:
    """Whether the server had told its end, or its error, before the connection broke."""
    body, opened = exchange.body, exchange.opened
    if body is None or opened is None:
        return False
    if opened.status >= HTTP_ERROR and body.size:
        return True
    return body.decoder.terminated or body.decoder.failure is not None


def failed_by(exchange: Exchange, error: TransportError, now: int) -> Failed:
    """The outcome of an exchange that the connection ended."""
    found = failed(exchange, now, error.type, error.message, retryable=is_passing(error))
    return msgspec.structs.replace(found, cure=error.cure or found.cure)


def failed(exchange: Exchange, now: int, error_type: str, message: str, *, retryable: bool = False) -> Failed:
    """A failure, with all that is known of it."""
    opened, call = exchange.opened, exchange.call
    status = opened.status if opened else None
    cure = cure_of_resume(status) if exchange.is_resumed else None
    return Failed(
        type=error_type,
        message=call.masker.text(message),
        cure=cure or cure_for(error_type, status, call.endpoint),
        retryable=retryable,
        status=status,
        request_id=exchange.request_id,
        headers=dict(opened.headers) if opened else {},
        response=exchange.partial(now, "error" if exchange.verdict == "error" else "truncated"),
    )


def usage_finding(protocol: WireProtocol, request: ModelRequest) -> tuple[str, dict[str, str]] | None:
    """The lint, with its facts, for a whole stream without usage; `None` when none was asked for."""
    if not protocol.usage_on_request:
        return "usage_missing", {"why": "which this protocol always does"}
    if not request.stream:
        return None
    own = request.params.get("stream_options")
    if "stream_options" in request.params:
        asked = isinstance(own, dict) and own.get("include_usage") is True
        return ("usage_missing", _ASKED) if asked else None
    return ("usage_missing", _ASKED) if request.include_usage else ("usage_refused", {})


_ASKED = {"why": "although `stream_options.include_usage` asked for it"}


def _judge_status(exchange: Exchange, status: int, whole: bytes, now: int) -> Outcome:
    assert exchange.opened is not None
    request = exchange.request
    refusal = read_refusal(
        status,
        dict(exchange.opened.headers),
        whole,
        streamed=request.stream,
        option_sent=request.stream and request.include_usage,
    )
    if refusal is not None and not exchange.is_resumed:  # half an answer is not asked for anew
        return Refused(refusal, status)
    return _told(exchange, exchange.call.protocol.read_failure(status, whole), now)


def _told(exchange: Exchange, failure: WireFailure, now: int) -> Failed:
    """An error in the server's own words."""
    found = failed(exchange, now, failure.type, failure.message, retryable=failure.retryable)
    cure = BY_CODE.get(failure.code or "") or found.cure or cure_in_stream(failure)
    return msgspec.structs.replace(found, retry_after=failure.retry_after, cure=cure)


def _misfit(exchange: Exchange, body: Body, now: int) -> tuple[str, str] | None:
    """Type and message when what came is no answer of this protocol at all."""
    if body.kind in ("html", "binary"):
        return describe_other(body.kind, exchange.content_type, page_title(body.whole))
    empty = not body.decoder.assembly.has_content
    if body.kind == "json" and empty and exchange.verdict == "truncated" and is_json(body.whole):
        return "not_an_answer", "the answer is JSON, and not what this protocol answers with"
    if empty and exchange.meter.unknowns and is_blank(exchange.response(now, "complete")):
        name = exchange.call.protocol.name
        return "not_an_answer", f"frames came, and none of them speaks {name}"
    return None
