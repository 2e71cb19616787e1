"""What OpenAI's server does alike in all of its protocols: headers, failures, checks of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline_runtime.simulator.ask import BadRequest
from pipeline_runtime.simulator.dialect import SSE_HEADERS, stainless_advice
from pipeline_runtime.simulator.frames import compact
from pipeline_runtime.simulator.openai_failures import failure_body

if TYPE_CHECKING:
    from pipeline_runtime.simulator.ask import Ask
    from pipeline_runtime.simulator.dialect import Failure, Headers, Identity


class OpenAIServer:
    """The parts of a `Dialect` that OpenAI's protocols share."""

    stream_headers = SSE_HEADERS
    json_type = "application/json"
    failure_type = "application/json"

    def tool_json(self, arguments: Any) -> str:
        """See `Dialect.tool_json`: compact; no arguments are `{}`."""
        return compact(arguments or {})

    def keepalive(self) -> bytes:
        """See `Dialect.keepalive`: a comment."""
        return b": keepalive\n\n"

    def headers(self, ids: Identity, *, exhausted: bool) -> Headers:
        """See `Dialect.headers`."""
        return (
            ("openai-organization", "simulated-org"),
            ("openai-processing-ms", str(ids.random.randrange(180, 900))),
            ("openai-version", "2020-10-01"),
            ("x-ratelimit-limit-requests", "5000"),
            ("x-ratelimit-limit-tokens", "450000"),
            ("x-ratelimit-remaining-requests", "0" if exhausted else "4999"),
            ("x-ratelimit-remaining-tokens", "449967"),
            ("x-ratelimit-reset-requests", "12ms"),
            ("x-ratelimit-reset-tokens", "4ms"),
            ("x-request-id", "req_" + ids.hex(32)),
        )

    def advice(self, status: int, given: Headers) -> Headers:
        """See `Dialect.advice`."""
        return stainless_advice(status, given)

    def failure(self, failure: Failure, ids: Identity) -> bytes:  # noqa: ARG002 - as Dialect
        """See `Dialect.failure`."""
        return failure_body(failure)


def read_options(body: dict[str, Any]) -> dict[str, Any] | None:
    """The request's `stream_options`; `None` when it has none.

    Raises:
        BadRequest: it has some, and does not ask for a stream.
    """
    options = body.get("stream_options")
    if options is not None and body.get("stream") is not True:
        raise BadRequest(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            param="stream_options",
        )
    return options if isinstance(options, dict) or options is None else {}


def whole_number(body: dict[str, Any], key: str, least: int = 1) -> int | None:
    """A number of the request; `None` when it is not given.

    Raises:
        BadRequest: it is no whole number, or less than `least`.
    """
    value = body.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise BadRequest(
            f"Invalid '{key}': integer below minimum value. Expected a value >= {least}.",
            param=key,
            code="integer_below_min_value",
        )
    return value


def obfuscation(ask: Ask, ids: Identity) -> dict[str, str]:
    """The random padding of a delta, unless the request switched it off."""
    return {"obfuscation": ids.token("", ids.random.randrange(4, 16))} if ask.obfuscation else {}
