"""What has come of one HTTP exchange so far: read while it lasts, judged when it is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline_runtime.metrics import Meter, looks_buffered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.events import Delivery, FallbackInfo, Response, Verdict
    from pipeline_runtime.protocols.base import Decoder, HttpRequest, ModelRequest
    from pipeline_runtime.stream.body import Body
    from pipeline_runtime.stream.call import ModelCall
    from pipeline_runtime.stream.sender import Answer

REQUEST_ID_HEADERS = ("request-id", "x-request-id", "x-amzn-requestid", "apim-request-id")


@dataclass(frozen=True, slots=True)
class Resumed:
    """How a broken exchange is gone on with: its decoder and its meter go on too."""

    http: HttpRequest
    earlier: Exchange


@dataclass(slots=True)
class Exchange:
    """What was asked, and what has come."""

    call: ModelCall
    request: ModelRequest
    fallback: FallbackInfo | None = None
    is_resumed: bool = False
    """It asks for the rest of an answer that an earlier exchange began."""
    meter: Meter = field(default_factory=Meter)
    decoder: Decoder | None = None
    """What has come of the answer; `None` before there is a response."""
    opened: Answer | None = None
    body: Body | None = None
    verdict: Verdict | None = None
    """How the body ended; `None` while it goes on."""

    @property
    def content_type(self) -> str:
        """As the server names it; empty when it does not."""
        return header(self.opened.headers, "content-type") if self.opened else ""

    @property
    def request_id(self) -> str | None:
        """The id to quote to the provider."""
        if self.opened is None:
            return None
        headers = dict(self.opened.headers)
        return next((headers[name] for name in REQUEST_ID_HEADERS if name in headers), None)

    def partial(self, now: int, verdict: Verdict = "truncated") -> Response | None:
        """The answer as far as it came; `None` when nothing had."""
        return self.response(now, verdict) if self.meter.deltas else None

    def response(self, now: int, verdict: Verdict) -> Response:
        """The answer as it stands at `now` (ns since the run began)."""
        assert self.decoder is not None
        assembly, body = self.decoder.assembly, self.body
        usage = assembly.usage
        timings = self.meter.timings(now, usage=usage, body_bytes=body.size if body else None)
        delivery: Delivery = "stream"
        if body is not None and body.kind == "json" and not self.is_resumed:
            delivery = "sync"
        elif looks_buffered(timings, self.meter.characters):
            delivery = "buffered"
        return assembly.response(
            delivery=delivery,
            timings=timings,
            verdict=verdict,
            request_id=self.request_id,
            fallback=self.fallback,
        )


def header(headers: Sequence[tuple[str, str]], name: str) -> str:
    """A header's value by its lower-case name; empty when it is not there."""
    return next((value for key, value in headers if key == name), "")
