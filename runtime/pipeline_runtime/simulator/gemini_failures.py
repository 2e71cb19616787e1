"""Google's failures: a code, a message, a status in capitals, and details that say how long to wait."""

from __future__ import annotations

from typing import Any

from pipeline_runtime.simulator.dialect import Failure

_TOO_MANY = 429
_OVERLOADED = (
    "This model is currently experiencing high demand. Spikes in demand are usually temporary. "
    "Please try again later."
)
_INTERNAL = (
    "An internal error has occurred. Please retry or report in "
    "https://developers.generativeai.google/guide/troubleshooting"
)
_BY_STATUS = {
    400: ("INVALID_ARGUMENT", "Request contains an invalid argument."),
    401: ("UNAUTHENTICATED", "Request had invalid authentication credentials."),
    403: ("PERMISSION_DENIED", "The caller does not have permission"),
    404: ("NOT_FOUND", "The model is not found for API version v1beta, or is not supported."),
    429: ("RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan."),
    500: ("INTERNAL", _INTERNAL),
    503: ("UNAVAILABLE", _OVERLOADED),
    504: ("DEADLINE_EXCEEDED", "The request timed out. Please try again."),
    529: ("UNAVAILABLE", _OVERLOADED),
}
_BY_TYPE = {"overloaded_error": 503, "rate_limit_error": 429, "rate_limit_exceeded": 429}
_USUAL_WAIT = 34.4


def failure_value(failure: Failure) -> dict[str, Any]:
    """The JSON of a failure; for a 429 with the delay that Google puts there, not in a header."""
    server_side = failure.status >= 500  # noqa: PLR2004 - HTTP
    status, message = _BY_STATUS.get(failure.status) or _BY_STATUS[500 if server_side else 400]
    error: dict[str, Any] = {
        "code": failure.status,
        "message": failure.message or message,
        "status": status,
    }
    if failure.status == _TOO_MANY:
        error["details"] = _details(_USUAL_WAIT if failure.retry_after is None else failure.retry_after)
    return {"error": error}


def stream_failure(error_type: str) -> Failure:
    """The failure that an error inside a stream stands for: `UNAVAILABLE`, or a type of other providers."""
    for code, (status, _) in _BY_STATUS.items():
        if status == error_type:
            return Failure(code)
    return Failure(_BY_TYPE.get(error_type, 500))


def _details(seconds: float) -> list[dict[str, Any]]:
    return [
        {
            "@type": "type.googleapis.com/google.rpc.QuotaFailure",
            "violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}],
        },
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{seconds:g}s"},
    ]
