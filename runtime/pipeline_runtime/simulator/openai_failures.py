"""OpenAI's failure bodies: indented JSON with `message`, `type`, `param`, `code`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pipeline_runtime.simulator.frames import encode

if TYPE_CHECKING:
    from pipeline_runtime.simulator.dialect import Failure, Identity

_RATE_LIMIT = (
    "Rate limit reached for requests per minute (RPM): Limit 3, Used 3, Requested 1. "
    "Please try again in 20s. Visit https://platform.openai.com/account/rate-limits to learn more."
)
_SERVER_ERROR = "The server had an error while processing your request. Sorry about that!"
_OVERLOADED = "The engine is currently overloaded, please try again later"
_BY_STATUS: dict[int, tuple[str, str, str | None]] = {
    400: ("Bad request.", "invalid_request_error", None),
    401: ("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
    403: ("You are not allowed to use this model.", "invalid_request_error", "model_not_allowed"),
    404: (
        "The model does not exist or you do not have access to it.",
        "invalid_request_error",
        "model_not_found",
    ),
    429: (_RATE_LIMIT, "requests", "rate_limit_exceeded"),
    500: (_SERVER_ERROR, "server_error", None),
    503: (_OVERLOADED, "server_error", None),
    529: (_OVERLOADED, "overloaded_error", None),
}
_BY_TYPE = {
    "overloaded_error": _OVERLOADED,
    "server_error": _SERVER_ERROR,
    "rate_limit_exceeded": _RATE_LIMIT,
}


def failure_body(failure: Failure) -> bytes:
    """The body of an HTTP failure."""
    status = failure.status
    text, kind, usual = _BY_STATUS.get(status) or _BY_STATUS[500 if status > 500 else 400]  # noqa: PLR2004 - HTTP
    error = {
        "message": failure.message or text,
        "type": kind,
        "param": failure.param,
        "code": usual if failure.message is None else failure.code,
    }
    return encode(json.dumps({"error": error}, ensure_ascii=False, indent=2))


def stream_error(error_type: str, ids: Identity) -> dict[str, Any]:
    """The error that a stream carries, after which nothing follows."""
    message = _BY_TYPE.get(error_type, f"{_SERVER_ERROR} (request ID req_{ids.hex(32)})")
    return {"message": message, "type": error_type, "param": None, "code": None}
