"""Runs one step: render its prompt, find its endpoint, load its handlers, make the call."""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline_runtime.engine.answers import Answers
from pipeline_runtime.engine.breaking import broken
from pipeline_runtime.engine.embedded import embedded_simulator, scenario_key
from pipeline_runtime.engine.handling import HandlerFailed, StepHandlers
from pipeline_runtime.engine.mishap import internal_error
from pipeline_runtime.engine.recorder import StepOutlet
from pipeline_runtime.errors import PipelineError, WorkflowError
from pipeline_runtime.events import Error, StepFinished, StepStarted, StepSummary
from pipeline_runtime.protocols import get_protocol
from pipeline_runtime.providers import provider_spec, resolve_endpoint, simulated_endpoint
from pipeline_runtime.stream.call import CallCancelled, CallResult, ModelCall, call_model
from pipeline_runtime.stream.retries import RetryPolicy
from pipeline_runtime.transport import Timeouts
from pipeline_runtime.workflow.extracting import answer_text
from pipeline_runtime.workflow.files import output_path, read_files, write_output
from pipeline_runtime.workflow.request import model_request
from pipeline_runtime.workflow.templates import render

if TYPE_CHECKING:
    from pipeline_runtime.engine.recorder import Recorder
    from pipeline_runtime.engine.setting import Setting
    from pipeline_runtime.events import Status
    from pipeline_runtime.handlers.loading import LoadedHandler
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.base import Endpoint, ModelRequest
    from pipeline_runtime.stream.sender import Sender
    from pipeline_runtime.transport import Transport
    from pipeline_runtime.workflow.models import Step, Workflow


class StepRunner:
    """Runs the steps of one run and keeps their answers for the steps that follow."""

    def __init__(
        self,
        setting: Setting,
        workflow: Workflow,
        inputs: dict[str, Any],
        *,
        transport: Transport,
        recorder: Recorder,
        epoch: int,
    ) -> None:
        self._setting = setting
        self._workflow = workflow
        self._inputs = inputs
        self._transport = transport
        self._recorder = recorder
        self._epoch = epoch
        self._memory = setting.open_memory()
        self._answers = Answers(workflow.steps)
        self._saved: dict[str, str] = {}
        self._functions: dict[Any, LoadedHandler] = {}
        self._endpoints: dict[str, Endpoint] = {}

    async def run(self, step: Step, origin: Origin) -> StepSummary:
        """Run a step to its end; a failure or a cancellation is a summary, not an exception."""
        began = self._now()
        handlers = StepHandlers(
            step,
            self._workflow,
            self._setting,
            origin=origin,
            recorder=self._recorder,
            now=self._now,
            functions=self._functions,
        )
        outlet = StepOutlet(self._recorder, handlers.runners, step=step.id, gate=self._setting.gate)
        status: Status = "failed"
        result = CallResult("failed", 0, None)
        try:
            result = await self._call(step, origin, outlet, handlers)
            status = result.status
        except CallCancelled as cancelled:
            status, result = "cancelled", cancelled.result
        except asyncio.CancelledError:
            status = "cancelled"
        except HandlerFailed as failed:
            result = CallResult("failed", 0, None, failed.message)
        except PipelineError as error:
            result = CallResult("failed", 0, None, error.message)
            self._tell_unable(origin, outlet, error)
        except Exception as error:  # noqa: BLE001 - told as an event: the steps beside it go on
            mishap = internal_error(error, self._setting.masker)
            result = CallResult("failed", 0, None, mishap["message"])
            outlet.emit(Error(*self._stamp(origin), **mishap))
        await _leave_gate(outlet, cancelled=status == "cancelled")
        await handlers.close()
        if handlers.failure is not None:
            status, result = "failed", msgspec.structs.replace(result, reason=handlers.failure)
        if result.response is not None:
            self._answers.keep(step.id, result.response)
        return self._finish(origin, status, result, self._now() - began)

    async def _call(
        self, step: Step, origin: Origin, outlet: StepOutlet, handlers: StepHandlers
    ) -> CallResult:
        prompt = ""
        try:
            files, path = await self._files(step)
            request = self._request(step, files)
            prompt = str(request.messages[-1].content)
            handlers.load()
        finally:
            self._tell_started(step, origin, outlet, prompt)
        await handlers.start()
        endpoint = await self._endpoint(step)
        call = ModelCall(
            protocol=get_protocol(endpoint.protocol, think_tags=endpoint.think_tags),
            endpoint=endpoint,
            request=request,
            timeouts=Timeouts(**step.timeout.model_dump()),
            retry=RetryPolicy(step.retry.attempts, step.retry.backoff, step.on_drop),
            masker=self._setting.masker,
            epoch=self._epoch,
            memory=self._setting.memory_of(step, self._memory),
            stopped_by=handlers.stopped_by,
        )
        sender: Sender = self._transport
        for layer in self._setting.layers:
            sender = layer(step, sender)
        sender = broken(sender, (*self._setting.faults, *step.faults), call.protocol)
        result = await self._make(call, sender, origin, outlet, handlers)
        return await self._save(step, path, result, outlet, origin)

    async def _make(
        self, call: ModelCall, sender: Sender, origin: Origin, outlet: StepOutlet, handlers: StepHandlers
    ) -> CallResult:
        """Make a call whose handlers have been started; one that went well is theirs to look at."""
        with handlers.may_stop():
            result = await call_model(call, transport=sender, outlet=outlet, origin=origin)
        if result.status == "ok":
            handlers.look_at(result.response)
        return result

    async def _files(self, step: Step) -> tuple[dict[str, str], Path | None]:
        """The texts that it reads, and the file that it writes: settled before anything is asked."""
        if not step.files and step.output_to_file is None:
            return {}, None
        given = (step, self._workflow, self._inputs)
        return await asyncio.to_thread(lambda: (read_files(*given), output_path(*given)))

    async def _save(
        self, step: Step, path: Path | None, result: CallResult, outlet: StepOutlet, origin: Origin
    ) -> CallResult:
        """Write the answer where the step wants it; one that cannot be written fails the step."""
        if path is None or result.status != "ok" or result.response is None:
            return result
        text = answer_text(result.response.text, result.response.tool_calls)
        try:
            await asyncio.to_thread(write_output, path, Path(self._workflow.output_dir), text)
        except WorkflowError as error:
            self._tell_unable(origin, outlet, error)
            return msgspec.structs.replace(result, status="failed", reason=error.message)
        self._saved[step.id] = str(path)
        return result

    def _request(self, step: Step, files: dict[str, str]) -> ModelRequest:
        prompt = self._render(step, step.prompt, "prompt", files)
        system = step.system and self._render(step, step.system, "system", files)
        self._answers.rendered(step.id)
        request = model_request(step, prompt, system)
        if self._setting.stream is not None:
            request = msgspec.structs.replace(request, stream=self._setting.stream)
        return request

    def _render(self, step: Step, template: str, key: str, files: dict[str, str]) -> str:
        where = self._workflow.where(step, key)
        text = render(template, inputs=self._inputs, steps=self._answers.views, where=where, files=files)
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise where.failure("it holds half a character (a lone surrogate)", "write the whole character")
        return text

    async def _endpoint(self, step: Step) -> Endpoint:
        if self._setting.mode != "mock":
            return self._live_endpoint(step.provider)
        protocol = provider_spec(step.provider, self._workflow).protocol
        simulator = self._setting.simulator or await embedded_simulator()
        path = self._workflow.path
        key = await asyncio.to_thread(scenario_key, simulator, step, path.parent if path else None)
        return simulated_endpoint(step.provider, self._workflow, simulator.base_url(key, protocol))

    def _live_endpoint(self, provider: str) -> Endpoint:
        """Where it answers: looked up once a run."""
        found = self._endpoints.get(provider)
        if found is None:
            found = resolve_endpoint(provider, self._workflow, self._setting.environ)
            self._endpoints[provider] = found
        return found

    # --- telling ------------------------------------------------------------------------------------------

    def _tell_started(self, step: Step, origin: Origin, outlet: StepOutlet, prompt: str) -> None:
        streamed = step.stream if self._setting.stream is None else self._setting.stream
        spec = provider_spec(step.provider, self._workflow)
        outlet.emit(
            StepStarted(
                *self._stamp(origin),
                provider=step.provider,
                protocol=spec.protocol,
                model=step.model,
                stream=streamed,
                prompt=self._setting.masker.text(prompt),
                handlers=tuple(handler.handler for handler in step.handlers),
                think_tags=spec.think_tags,
            )
        )

    def _tell_unable(self, origin: Origin, outlet: StepOutlet, error: PipelineError) -> None:
        line = f" ({error.path}:{error.line})" if isinstance(error, WorkflowError) and error.line else ""
        outlet.emit(
            Error(
                *self._stamp(origin),
                type="step_failed",
                message=self._setting.masker.text(error.message + line),
                cure=error.cure,
            )
        )

    def _finish(self, origin: Origin, status: Status, result: CallResult, elapsed: int) -> StepSummary:
        response = result.response
        delivery = response.delivery if response else None
        reason = result.reason or (response.fallback.reason if response and response.fallback else None)
        self._recorder.emit(
            StepFinished(
                *self._stamp(origin),
                status=status,
                elapsed=elapsed,
                attempts=result.attempts,
                delivery=delivery,
                reason=result.reason,
                saved=self._saved.get(origin.step or ""),
            )
        )
        return StepSummary(
            step=origin.step or "",
            status=status,
            elapsed=elapsed,
            delivery=delivery,
            first_delta=response.timings.first_delta if response else None,
            output_tokens=response.usage.output if response and response.usage else None,
            reason=reason,
            deltas=response.timings.deltas if response else None,
            stalls=len(response.timings.stalls) if response else None,
        )

    def _now(self) -> int:
        return monotonic_ns() - self._epoch

    def _stamp(self, origin: Origin) -> tuple[str, str | None, None, int, int]:
        return origin.run, origin.step, None, origin.next_seq(), self._now()


async def _leave_gate(outlet: StepOutlet, *, cancelled: bool) -> None:
    """What waits at the gate passes when the gate lets it; what a cancelled step left there, at once."""
    try:
        if not cancelled:
            await outlet.drain()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()
    finally:
        outlet.close()
