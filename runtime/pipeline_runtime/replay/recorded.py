"""What a run log holds of each step, as it is needed to have the step answered again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.errors import RunLogError
from pipeline_runtime.events import RunStarted, StepFinished, StepStarted
from pipeline_runtime.protocols.base import HttpRequest
from pipeline_runtime.protocols.given import GivenProtocol
from pipeline_runtime.replay.cassette.answer import answer
from pipeline_runtime.replay.cassette.tape import read_exchanges
from pipeline_runtime.runlog.lines import LogHeader
from pipeline_runtime.runlog.reader import RunLog

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pipeline_runtime.protocols.base import Decoder, Endpoint, ModelRequest, WireProtocol
    from pipeline_runtime.replay.cassette.answer import TapedAnswer
    from pipeline_runtime.replay.cassette.tape import Exchange
    from pipeline_runtime.transport import Timeouts


class RecordedStep:
    """One step of a run log. Implements `stream.sender.Sender`."""

    def __init__(self, name: str, exchanges: list[Exchange], speed: float) -> None:
        self.name = name
        self.started: StepStarted | None = None
        self.finished: StepFinished | None = None
        self.after: tuple[str, ...] = ()
        """The steps that had gone well when it began."""
        self._exchanges = exchanges
        self._speed = speed
        self._sent = 0

    def begin(self, event: StepStarted, steps: Iterable[RecordedStep]) -> None:
        """It began, after those of `steps` that had gone well by then."""
        self.started = event
        self.after = tuple(step.name for step in steps if step.finished and step.finished.status == "ok")

    @property
    def first(self) -> Exchange | None:
        """Its first exchange; `None`: it had sent nothing."""
        return self._exchanges[0] if self._exchanges else None

    @property
    def has_more(self) -> bool:
        """Whether there is an answer that was not given yet."""
        return self._sent < len(self._exchanges)

    def request(self) -> HttpRequest:
        """The request that is answered next, as it was recorded."""
        return _as_sent(self._next())

    async def send(self, request: HttpRequest, timeouts: Timeouts, epoch: int) -> TapedAnswer:  # noqa: ARG002 - as `Sender`
        """The next recorded answer; when there is no further one, the last one again.

        Raises:
            TransportError: As it was recorded.
        """
        exchange = self._next()
        self._sent += 1
        return await answer(exchange, speed=self._speed, timeouts=timeouts, epoch=epoch)

    def _next(self) -> Exchange:
        return self._exchanges[min(self._sent, len(self._exchanges) - 1)]


class RecordedRun(msgspec.Struct, frozen=True):
    """A run log, step by step."""

    header: LogHeader
    started: RunStarted
    steps: dict[str, RecordedStep]


def read_recorded(path: Path, *, speed: float) -> RecordedRun:
    """Read all of a run log: in a thread.

    Args:
        path: The run log.
        speed: How fast its answers are given: 1 as recorded.

    Raises:
        RunLogError: It cannot be read, is no run log, was written by a newer version, or holds no step.
    """
    log = RunLog(path)
    exchanges = read_exchanges(path)
    began: RunStarted | None = None
    steps: dict[str, RecordedStep] = {}
    for event in log.events():
        if isinstance(event, RunStarted):
            began = event
            steps = {name: RecordedStep(name, exchanges.get(name, []), speed) for name in event.steps}
        elif isinstance(event, StepStarted) and event.step in steps:
            steps[event.step].begin(event, steps.values())
        elif isinstance(event, StepFinished) and event.step in steps:
            steps[event.step].finished = event
    if began is None or not steps:
        raise RunLogError(f"{path}: no step was recorded", cure="replay another run")
    return RecordedRun(log.header, began, steps)


class RecordedProtocol(GivenProtocol):
    """Asks what was recorded; the rest of a broken answer can be had where it was asked for then."""

    def __init__(self, inner: WireProtocol, step: RecordedStep) -> None:
        super().__init__(inner, step.request)
        self._step = step

    def resume(
        self,
        request: ModelRequest,  # noqa: ARG002 - the base's signature
        decoder: Decoder,
        endpoint: Endpoint,  # noqa: ARG002
    ) -> HttpRequest | None:
        """The next recorded request, when it asked for the rest."""
        if decoder.terminated or decoder.failure is not None or not self._step.has_more:
            return None
        following = self._step.request()
        return following if following.method == "GET" else None


def _as_sent(exchange: Exchange) -> HttpRequest:
    request = exchange.request
    body = b"" if request.body is None else msgspec.json.encode(request.body)
    return HttpRequest(request.method, request.url, request.headers, body)
