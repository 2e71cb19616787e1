"""How one attempt can end, and in which words: pure."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from pipeline_runtime.errors import (
    BadResponse,
    FrameTooLarge,
    LimitExceeded,
    NotRecorded,
    TLSFailed,
    TransportError,
)
from pipeline_runtime.events import Response
from pipeline_runtime.stream.refusals import Refusal
from pipeline_runtime.wording import counted


class Completed(msgspec.Struct, frozen=True):
    """The answer is whole, as far as the protocol can tell."""

    response: Response


class Refused(msgspec.Struct, frozen=True):
    """The server refused to answer in this form and may in another."""

    refusal: Refusal
    status: int


class Failed(msgspec.Struct, frozen=True):
    """The attempt failed. `response` is the partial answer, when deltas had been delivered."""

    type: str
    message: str
    cure: str
    retryable: bool
    status: int | None = None
    request_id: str | None = None
    headers: dict[str, str] = {}
    retry_after: float | None = None
    """Seconds to wait that the body asks for."""
    response: Response | None = None


BROKEN = frozenset({"disconnected", "truncated", "idle_timeout"})
"""The types of a failure that only ended the connection: the answer may go on at the server."""
Outcome: TypeAlias = Completed | Refused | Failed


def is_passing(error: TransportError) -> bool:
    """Whether the same request may fare better: not with a certificate or a body that is wrong."""
    if isinstance(error, TLSFailed | BadResponse | LimitExceeded | FrameTooLarge | NotRecorded):
        return False
    return type(error) is not TransportError


def describe_other(kind: str, content_type: str, title: str = "") -> tuple[str, str]:
    """Error type and message for a body that is neither a stream nor JSON; `title`: a page's own."""
    named = f" ({content_type})" if content_type else ""
    named += f" titled '{title}'" if title else ""
    if content_type.startswith("application/vnd.amazon.eventstream"):
        return "not_a_stream", f"an AWS binary event stream{named}: not supported"
    what = "an HTML page" if kind == "html" else "binary data"
    return "not_a_stream", f"the answer is {what}{named}, not a stream and not JSON"


def describe_truncation(deltas: int) -> str:
    """What to say of a stream that ended too early."""
    if not deltas:
        return "the stream ended before anything of the answer came"
    return f"the stream ended after {counted(deltas, 'delta')} without the protocol's end"


def is_blank(answer: Response) -> bool:
    """Whether nothing in an answer came from the server: no content, no finish reason, no usage."""
    content = answer.text or answer.thinking or answer.refusal or answer.tool_calls or answer.blocks
    return not (content or answer.finish_reason_raw or answer.usage)
