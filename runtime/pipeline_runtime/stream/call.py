"""One call to a model: attempts until it is answered, falls back, or fails for good."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import random
from time import monotonic_ns
from typing import TYPE_CHECKING, Literal

import msgspec

from pipeline_runtime.events import Done, Error, Fallback, FallbackInfo, Response, Retry
from pipeline_runtime.metrics import SECOND
from pipeline_runtime.stream.attempt import Attempt
from pipeline_runtime.stream.cures import BY_TYPE
from pipeline_runtime.stream.exchange import Resumed
from pipeline_runtime.stream.forms import in_form
from pipeline_runtime.stream.outcome import BROKEN, Completed, Failed, Refused
from pipeline_runtime.stream.retries import RetryPolicy, retry_delay, should_retry
from pipeline_runtime.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.base import Endpoint, ModelRequest, WireProtocol
    from pipeline_runtime.secrets import Masker
    from pipeline_runtime.stream.memory import Memory
    from pipeline_runtime.stream.outlet import Outlet
    from pipeline_runtime.stream.reporter import Why
    from pipeline_runtime.stream.sender import Sender
    from pipeline_runtime.transport import Timeouts


@dataclass(frozen=True, slots=True)
class ModelCall:
    """What is asked, of whom, and how patiently."""

    protocol: WireProtocol
    endpoint: Endpoint
    request: ModelRequest
    timeouts: Timeouts
    retry: RetryPolicy
    masker: Masker
    epoch: int
    """`time.monotonic_ns()` at the run's begin: every `at` counts from it."""
    memory: Memory | None = None
    """What was learned of this endpoint before; `None`: ask as if nothing were known."""
    stopped_by: Callable[[], StopReason | None] = lambda: None
    """Asked when the call is cancelled: who did it, if it was not the user."""
    clock: Callable[[], int] = monotonic_ns
    """Nanoseconds; the time that events are told by."""


class StopReason(msgspec.Struct, frozen=True):
    """Why a call was cancelled: what its `error` event says."""

    type: str
    message: str
    cure: str


class CallResult(msgspec.Struct, frozen=True):
    """How a call ended."""

    status: Literal["ok", "failed"]
    attempts: int
    response: Response | None
    """Whole when `ok`; the partial one, if any, when `failed`."""
    reason: str | None = None


class CallCancelled(asyncio.CancelledError):
    """A cancellation on its way through, with how far the call had come."""

    def __init__(self, result: CallResult) -> None:
        super().__init__()
        self.result = result


class _Calling:
    """The state of one call: what the next attempt asks, and what has been changed already."""

    def __init__(self, call: ModelCall, transport: Sender, outlet: Outlet, origin: Origin) -> None:
        self.call = call
        self.transport = transport
        self.outlet = outlet
        self.step = origin
        self.request = call.request
        self.why: Why = "first"
        self.number = 0
        self.failures = 0
        self.changed: set[str] = set()
        self.fallback: FallbackInfo | None = None
        self.attempt: Attempt | None = None
        self.resumed: Resumed | None = None

    async def run(self) -> CallResult:
        self._recall()
        while True:
            self.number += 1
            origin = self.step.of_attempt(self.number)
            self.attempt = Attempt(
                self.call, self.request, origin, self.outlet, fallback=self.fallback, resumed=self.resumed
            )
            outcome = await self.attempt.run(self.transport, self.why)
            if isinstance(outcome, Completed):
                self.outlet.emit(Done(*self._stamp(), outcome.response))
                return CallResult("ok", self.number, outcome.response)
            if isinstance(outcome, Refused) and self._change_form(outcome):
                continue
            failed = outcome if isinstance(outcome, Failed) else self._refused_again(outcome)
            if not await self._wait_for_retry(failed):
                return self._fail(failed)

    def _recall(self) -> None:
        """Begin in the form that this endpoint is known to want."""
        memory = self.call.memory
        if memory is None:
            return
        recalled = memory.recall(self.request, self.call.endpoint)
        self.request = recalled.request
        self.fallback = info = recalled.fallback
        if info is not None:
            self.outlet.emit(Fallback(*self._stamp(), info.reason, info.source, info.evidence))

    def cancelled(self) -> CallResult:
        response = self.attempt.partial() if self.attempt else None
        if response is not None:
            response = msgspec.structs.replace(response, finish_reason="cancelled")
        deltas = response.timings.deltas if response is not None else 0
        message = f"cancelled after {counted(deltas, 'delta')}" if deltas else "cancelled"
        why = self.call.stopped_by() or StopReason("cancelled", "", BY_TYPE["cancelled"])
        message = f"{why.message}; {message}" if why.message else message
        self.outlet.emit(Error(*self._stamp(), why.type, message, why.cure, response=response))
        return CallResult("failed", self.number, response, message)

    def _change_form(self, refused: Refused) -> bool:
        """Ask in the form that the server wants, unless that was tried already."""
        evidence = self.call.masker.text(refused.refusal.evidence)
        refusal = msgspec.structs.replace(refused.refusal, evidence=evidence)
        if refusal.change in self.changed:
            return False
        self.changed.add(refusal.change)
        if self.call.memory is not None:
            self.call.memory.learn(self.call.request, self.call.endpoint, refusal, refused.status)
        self.request = in_form(self.request, refusal.change)
        if refusal.change == "sync":
            self.fallback = FallbackInfo(refusal.reason, "server", evidence)
            self.why = "fallback"
            self.outlet.emit(Fallback(*self._stamp(), refusal.reason, "server", evidence, refused.status))
            return True
        if refusal.change == "stream":
            self.fallback = None
        self.why = "retry"
        self.outlet.emit(Retry(*self._stamp(), refusal.reason, 0, evidence, refused.status, refusal.change))
        return True

    def _refused_again(self, refused: Refused) -> Failed:
        return Failed(
            type="refused",
            message=f"the server refused both forms of the request: {refused.refusal.evidence}",
            cure="see the attempts of this step: the server contradicts itself",
            retryable=False,
            status=refused.status,
        )

    async def _wait_for_retry(self, failed: Failed) -> bool:
        """Wait and be ready for another attempt, after a delta only to resume; False: this was the last."""
        self.failures += 1
        if self.failures >= self.call.retry.attempts:
            return False
        delay = self._delay(failed)
        if delay is None:
            return False
        again = should_retry(failed.headers, retryable=failed.retryable)
        resumed = self._resumed(failed, again=again)
        if resumed is not None:
            return await self._wait_to_resume(failed, resumed, delay)
        if not again or self.resumed is not None or not self._may_begin_anew(failed):
            return False
        self.why = "retry" if failed.response is None else "restart"
        asked_anew = "; asked anew from the beginning (on_drop: restart)" if self.why == "restart" else ""
        reason = f"{failed.type}: {failed.message}{asked_anew}"
        self.outlet.emit(Retry(*self._stamp(), reason, int(delay * SECOND), failed.message, failed.status))
        await asyncio.sleep(delay)
        return True

    def _may_begin_anew(self, failed: Failed) -> bool:
        """After the first delta the text would come twice: only a step that wants that gets it."""
        return failed.response is None or self.call.retry.on_drop == "restart"

    def _resumed(self, failed: Failed, *, again: bool) -> Resumed | None:
        """How to ask for the rest of a broken answer; `None` where that cannot be had.

        An answer that goes on at the server is resumed even before its first delta: asked anew, it would be
        made twice. A resume that failed in passing (`again`) is asked for again.
        """
        earlier = self.attempt.exchange if self.attempt else None
        if earlier is None or earlier.decoder is None:
            return None
        if failed.type not in BROKEN and not (again and earlier.is_resumed):
            return None
        http = self.call.protocol.resume(self.request, earlier.decoder, self.call.endpoint)
        return Resumed(http, earlier) if http is not None else None

    async def _wait_to_resume(self, failed: Failed, resumed: Resumed, delay: float) -> bool:
        """Wait and be ready to ask for the rest."""
        self.resumed, self.why = resumed, "resume"
        decoder, wait = resumed.earlier.decoder, int(delay * SECOND)
        reason = f"{failed.type}: resumed after sequence {decoder.sequence if decoder else None}"
        self.outlet.emit(Retry(*self._stamp(), reason, wait, failed.message, failed.status, "resume"))
        await asyncio.sleep(delay)
        return True

    def _delay(self, failed: Failed) -> float | None:
        chance = random()  # noqa: S311
        told = failed.retry_after
        return retry_delay(self.failures, self.call.retry, failed.headers, chance=chance, in_body=told)

    def _fail(self, failed: Failed) -> CallResult:
        response = failed.response
        if response is not None:
            response = msgspec.structs.replace(response, finish_reason="error")
        self.outlet.emit(
            Error(
                *self._stamp(),
                type=failed.type,
                message=failed.message,
                cure=failed.cure,
                status=failed.status,
                request_id=failed.request_id,
                response=response,
            )
        )
        return CallResult("failed", self.number, response, f"{failed.type}: {failed.message}")

    def _stamp(self) -> tuple[str, str | None, int | None, int, int]:
        step = self.step
        return step.run, step.step, self.number or None, step.next_seq(), self.call.clock() - self.call.epoch


async def call_model(call: ModelCall, *, transport: Sender, outlet: Outlet, origin: Origin) -> CallResult:
    """Make the call, telling `outlet` all of it.

    Args:
        call: What to ask.
        transport: The connection.
        outlet: Takes the events.
        origin: The step that they belong to.

    Returns:
        How it ended; a failure is a result, not an exception.

    Raises:
        CallCancelled: After the socket was closed and the partial answer was told.
    """
    calling = _Calling(call, transport, outlet, origin)
    try:
        return await calling.run()
    except asyncio.CancelledError:
        raise CallCancelled(calling.cancelled()) from None
