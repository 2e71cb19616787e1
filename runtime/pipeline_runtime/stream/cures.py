"""What to do about an error, by its type or status: one sentence each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_runtime.protocols.base import Endpoint, WireFailure

BY_TYPE = {
    "truncated": "the connection ended early: look at the last frames in the debug panel, then run again",
    "disconnected": "the server or a proxy closed the connection: run again, or raise its idle limit",
    "not_an_answer": "check base_url and the provider's protocol: see the body in the debug panel",
    "limit_exceeded": "check base_url: something other than the provider's API answered",
    "not_a_stream": "check base_url: something other than the provider's API answered",
    "overloaded_error": "the provider is overloaded: run again later, or raise retry.attempts",
    "idle_timeout": "raise timeout.idle if this model thinks that long",
    "first_byte_timeout": "raise timeout.first_byte if this model takes that long to begin",
    "total_timeout": "raise timeout.total, or ask for less (max_tokens)",
    "not_ready": "the response still runs at the server: ask for it later by its id",
    "cancelled": "run it again when you like; what had come is kept",
}
BY_STATUS = {
    400: "the server does not accept this request: see its words above and the request in the debug panel",
    402: "the account has no credit left",
    403: "the key may not use this model or endpoint",
    404: "check the model's name and base_url",
    408: "the server gave up waiting: run again",
    413: "the prompt is too large for this endpoint",
    422: "the server does not accept a field of this request: see its words above",
    429: "the rate limit is reached: wait, or lower the number of parallel steps",
    529: BY_TYPE["overloaded_error"],
}
for _word in ("insufficient_quota", "billing_error", "billing_hard_limit_reached"):
    BY_TYPE[_word] = BY_STATUS[402]
for _word in ("rate_limit_error", "rate_limit_exceeded", "RESOURCE_EXHAUSTED"):
    BY_TYPE[_word] = BY_STATUS[429]
BY_CODE = {
    "context_length_exceeded": "the prompt is longer than this model takes: shorten it, or change the model",
    "insufficient_quota": BY_STATUS[402],
    "model_not_found": "check the model's name, and that the key may use it",
}
"""Where the server's code says more than its status."""
SERVER_FAULT = 500
_CANNOT_RESUME = frozenset({400, 403, 404, 409, 410, 422})


def cure_for(error_type: str, status: int | None, endpoint: Endpoint) -> str:
    """What to do about an error of this type, met at this endpoint."""
    if status == 401:  # noqa: PLR2004
        return f"the key for provider '{endpoint.provider}' was not accepted: check its environment variable"
    if error_type in BY_TYPE:
        return BY_TYPE[error_type]
    if status in BY_STATUS:
        return BY_STATUS[status]
    if status is not None and status >= SERVER_FAULT:
        return "the server failed: run again, and quote the request id to the provider if it stays"
    return ""


def cure_of_resume(status: int | None) -> str | None:
    """What to do when the rest of a broken answer is refused with this status; `None`: as for any request."""
    if status not in _CANNOT_RESUME:
        return None
    return "the server does not give the rest of this response, so it stays cut: run the step again"


def cure_in_stream(failure: WireFailure) -> str:
    """What to do about an error that came inside the answer, whose status says nothing."""
    if failure.retryable:
        return "the server failed while it answered: run again (after the first delta nothing is retried)"
    return "the server ended the answer with this error: see its words, and the request in the debug panel"
