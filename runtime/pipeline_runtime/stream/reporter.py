"""Tells an attempt's life as events: the ones that the bytes do not hold."""

from __future__ import annotations

from time import monotonic_ns
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from pipeline_runtime.events import AttemptStarted, Fallback, FallbackInfo, Request, ResponseOpened, Stall
from pipeline_runtime.lint import lint_event
from pipeline_runtime.secrets import mask_headers, mask_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.metrics import Meter
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.base import HttpRequest
    from pipeline_runtime.secrets import Masker
    from pipeline_runtime.stream.outlet import Outlet
    from pipeline_runtime.stream.sender import Answer

Why: TypeAlias = Literal["first", "retry", "fallback", "restart", "resume"]


class Reporter:
    """Makes, masks and emits the events of one attempt, and lets its meter see them."""

    def __init__(
        self,
        origin: Origin,
        outlet: Outlet,
        meter: Meter,
        masker: Masker,
        epoch: int,
        *,
        clock: Callable[[], int] = monotonic_ns,
    ) -> None:
        self._origin = origin
        self._outlet = outlet
        self._meter = meter
        self._masker = masker
        self._epoch = epoch
        self._clock = clock
        self._stalled_after = 0

    def now(self) -> int:
        """Nanoseconds since the run began."""
        return self._clock() - self._epoch

    def planned(self, http: HttpRequest, *, streamed: bool, why: Why) -> AttemptStarted:
        """The event of a request that may be sent: it has no number yet (`seq` -1), and is not told."""
        request = shown_request(http, self._masker)
        asked: Literal["stream", "sync"] = "stream" if streamed else "sync"
        origin = self._origin
        return AttemptStarted(origin.run, origin.step, origin.attempt, -1, self.now(), request, asked, why)

    def started(self, http: HttpRequest, *, streamed: bool, why: Why) -> None:
        """The request is about to be sent."""
        event = self.planned(http, streamed=streamed, why=why)
        self._emit(msgspec.structs.replace(event, seq=self._origin.next_seq()))

    def opened(self, response: Answer) -> None:
        """Status and headers are here."""
        headers = tuple((name, self._masker.text(value)) for name, value in mask_headers(response.headers))
        self._emit(
            ResponseOpened(*self._stamp(response.opened_at), response.status, headers, response.http_version)
        )

    def fell_back(self, info: FallbackInfo, status: int) -> None:
        """The answer is no stream."""
        self._emit(Fallback(*self._stamp(), info.reason, info.source, info.evidence, status))

    def stall_began(self, gap: int, median: int) -> None:
        """A silence has become a stall."""
        self._stalled_after = self._meter.deltas
        self._emit(Stall(*self._stamp(), "began", self._stalled_after, gap, median))

    def stall_ended(self, at: int, gap: int, median: int) -> None:
        """A stall is over, since `at`."""
        self._emit(Stall(*self._stamp(at), "ended", self._stalled_after, gap, median))

    def lint(self, code: str, **facts: object) -> None:
        """The connection is not as it should be, and it does no harm."""
        self._emit(lint_event(self._origin, self.now(), code, None, **facts))

    def _stamp(self, at: int | None = None) -> tuple[str, str | None, int | None, int, int]:
        origin = self._origin
        moment = self.now() if at is None else at
        return origin.run, origin.step, origin.attempt, origin.next_seq(), moment

    def _emit(self, event: AnyEvent) -> None:
        self._meter.feed((event,))
        self._outlet.emit(event)


def shown_request(http: HttpRequest, masker: Masker) -> Request:
    """A request as events tell it, secrets masked."""
    return Request(
        method=http.method,
        url=masker.text(mask_url(http.url)),
        headers=mask_headers(http.headers),
        body=_shown(masker.bytes(http.body)),
    )


def _shown(body: bytes) -> Any:
    """A request's body as events tell it: JSON, else text, else its size (uploads that are tapped)."""
    if not body:
        return None
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):
        pass
    try:
        return body.decode()
    except UnicodeDecodeError:
        return f"<{len(body)} bytes that are no text>"
