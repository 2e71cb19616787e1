"""A tapped request as a run: one step, one attempt, a run log, and the same face as a run of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.engine.run import Run
from pipeline_runtime.engine.step import StepRunner
from pipeline_runtime.events import StepStarted
from pipeline_runtime.protocols import get_protocol
from pipeline_runtime.protocols.base import Endpoint, HttpRequest
from pipeline_runtime.protocols.given import GivenProtocol
from pipeline_runtime.secrets import mask_url
from pipeline_runtime.stream.call import CallResult, ModelCall
from pipeline_runtime.stream.retries import RetryPolicy
from pipeline_runtime.tap.forwarding import FOREVER
from pipeline_runtime.tap.giving import GivingSender
from pipeline_runtime.tap.heads import outgoing
from pipeline_runtime.tap.view import SeenClock, SeenOutlet, SeenTransport, View
from pipeline_runtime.transport import Timeouts
from pipeline_runtime.workflow.models import Step, Workflow

if TYPE_CHECKING:
    from pipeline_runtime.debugging import Gate
    from pipeline_runtime.engine.handling import StepHandlers
    from pipeline_runtime.engine.recorder import StepOutlet
    from pipeline_runtime.engine.setting import Setting
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.base import WireProtocol
    from pipeline_runtime.stream.sender import Sender
    from pipeline_runtime.tap.passage import Passage
    from pipeline_runtime.tap.recognising import Asked

STEP = "request"
NO_MODEL = "-"


class TapRun(Run):
    """One request that went through the tap. Cancelling it closes both sides."""

    def __init__(self, passage: Passage, asked: Asked, setting: Setting, *, sent: int = 0) -> None:
        """Make it; nothing of the traffic waits for it, unless it has faults.

        Args:
            passage: What is seen.
            asked: What was recognised of the request.
            setting: How it is run; with `faults` the client gets what these make of the response.
            sent: How many requests met the same faults before.
        """
        super().__init__(_as_workflow(passage, asked, setting), {}, setting)
        request = passage.request
        self.inputs = {
            "method": request.head.method,
            "path": setting.masker.text(mask_url(request.head.target)),
            "upstream": passage.route.address.base,
            "client": setting.masker.text(request.head.get("user-agent")) or "unknown",
        }
        self.asked = asked
        self.gate: Gate | None = setting.gate
        self._walks = False
        self._passage = passage
        self._sent = sent

    def _begun_at(self) -> int:
        return self._passage.request.at

    def _now(self) -> int:
        return super()._now() if self._walks else 0  # it began with its request

    async def _walk(self) -> None:
        self._walks = True
        runner = _SeenStep(
            self._setting,
            self.workflow,
            self.inputs,
            transport=SeenTransport(self._passage),
            recorder=self._recorder,
            epoch=self._epoch,
        ).watching(self._passage, self.asked, self._sent)
        await self._steps.run(lambda step: runner.run(step, self._origin.of_step(step.id)))


class _SeenStep(StepRunner):
    """A step whose call is made by somebody else."""

    def watching(self, passage: Passage, asked: Asked, sent: int) -> _SeenStep:
        """What it watches."""
        self._passage = passage
        self._sent = sent
        self._asked = asked
        self._clock = SeenClock(passage)
        return self

    async def _call(
        self, step: Step, origin: Origin, outlet: StepOutlet, handlers: StepHandlers
    ) -> CallResult:
        try:
            handlers.load()
        finally:
            self._tell_seen(origin, outlet)
        await handlers.start()
        with handlers.may_stop():
            seen = SeenOutlet(outlet, self._passage, self._clock)
            call = self._seen_call(step, handlers)
            sender = self._sender(call.protocol)
            return await View(call, self._passage, seen, origin, sender=sender).watch()

    def _sender(self, protocol: WireProtocol) -> Sender:
        """Who answers: the upstream; with faults, what they make of it, which is what the client gets too."""
        faults = self._setting.faults
        if not faults:
            return self._transport
        from pipeline_runtime.stream.faulty import FaultySender  # noqa: PLC0415 - only when used

        broken = FaultySender(self._transport, faults, protocol=protocol, sent=self._sent)
        return GivingSender(broken, self._passage)

    def _now(self) -> int:
        return self._clock() - self._epoch

    def _seen_call(self, step: Step, handlers: StepHandlers) -> ModelCall:
        request, route = self._passage.request, self._passage.route
        head = outgoing(request.head, route)
        http = HttpRequest(head.method, route.url, head.named(), request.body)
        return ModelCall(
            protocol=GivenProtocol(get_protocol(self._asked.protocol), lambda: http),
            endpoint=Endpoint(step.provider, self._asked.protocol, route.address.base),
            request=self._asked.model_request(),
            timeouts=Timeouts(FOREVER, FOREVER, FOREVER),
            retry=RetryPolicy(attempts=1, backoff=0.0),
            masker=self._setting.masker,
            epoch=self._epoch,
            stopped_by=handlers.stopped_by,
            clock=self._clock,
        )

    def _tell_seen(self, origin: Origin, outlet: StepOutlet) -> None:
        asked = self._asked
        outlet.emit(
            StepStarted(
                *self._stamp(origin),
                provider=self._passage.route.provider,
                protocol=asked.protocol,
                model=asked.model or NO_MODEL,
                stream=asked.stream,
                prompt=self._setting.masker.text(asked.prompt),
                handlers=(),
            )
        )


def _as_workflow(passage: Passage, asked: Asked, setting: Setting) -> Workflow:
    """What front ends look at: a workflow of one step, named so that a list of runs shows what it is."""
    provider = passage.route.provider
    step = Step(
        id=STEP,
        provider=provider,
        model=setting.masker.text(asked.model) or NO_MODEL,
        prompt=setting.masker.text(asked.prompt),
        stream=asked.stream,
    )
    return Workflow(name=f"tap {provider}", steps=(step,))
