"""The handlers of one step: loaded, started, fed, closed; what goes wrong in them is told as events."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from types import FunctionType
from typing import TYPE_CHECKING, Any

from pipeline_runtime.errors import PipelineError
from pipeline_runtime.events import Error
from pipeline_runtime.handlers.contract import RunInfo
from pipeline_runtime.handlers.finding import plain_name
from pipeline_runtime.handlers.legacy import LegacyHandlerAdapter
from pipeline_runtime.handlers.loading import LoadedHandler, load_handler
from pipeline_runtime.handlers.runner import HandlerRunner
from pipeline_runtime.handlers.sharing import given_before
from pipeline_runtime.lint import lint_event
from pipeline_runtime.stream.call import StopReason
from pipeline_runtime.wording import counted, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline_runtime.engine.recorder import Recorder
    from pipeline_runtime.engine.setting import Setting
    from pipeline_runtime.events import Response
    from pipeline_runtime.handlers.contract import HandlerLike
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.workflow.models import Step, Workflow

SHOWING = frozenset({"console", "simple"})
"""They print the text. A front end that shows it itself leaves them out."""


class HandlerFailed(PipelineError):
    """A handler failed before anything was sent, and the step's `on_handler_error` is `fail`; it was told."""


class StepHandlers:
    """Everything that handles the events of one step."""

    def __init__(
        self,
        step: Step,
        workflow: Workflow,
        setting: Setting,
        *,
        origin: Origin,
        recorder: Recorder,
        now: Any,
        functions: dict[Any, LoadedHandler] | None = None,
    ) -> None:
        """Make it; nothing is loaded yet.

        Args:
            step: The step.
            workflow: Its workflow.
            setting: The run's.
            origin: The step's, in the run.
            recorder: Takes what is told of the handlers: they do not get it themselves.
            now: Gives the ns since the run began.
            functions: The run's plain functions that were loaded: they keep nothing, once is enough.
        """
        self._step = step
        self._workflow = workflow
        self._setting = setting
        self._origin = origin
        self._recorder = recorder
        self._now: Callable[[], int] = now
        self._calling: asyncio.Task[Any] | None = None
        self._stopped = False
        self._functions = {} if functions is None else functions
        self._loaded: list[LoadedHandler] = []
        self.runners: list[HandlerRunner] = []
        self.failure: str | None = None
        """Which handler failed the step, and how."""

    def load(self) -> None:
        """Make them anew for this step of this run.

        Raises:
            HandlerLoadError: One cannot be found, or is not right.
        """
        self._loaded = loaded = [self._load(handler) for handler in self._setting.handlers]
        for spec in self._step.handlers:
            opts = dict(spec.opts)
            if plain_name(spec.handler) in SHOWING:
                if self._setting.console is None:
                    continue
                opts.setdefault("stream", self._setting.console)
            loaded.append(load_handler(spec.handler, opts))
        info = self._info() if any(handler.start is not None for handler in loaded) else None
        at_once = self._step.on_handler_error == "continue"
        self.runners += [
            HandlerRunner(handler, on_error=self._raised, on_block=self._blocked, run=info, at_once=at_once)
            for handler in loaded
        ]

    def _load(self, handler: HandlerLike) -> LoadedHandler:
        if not isinstance(handler, FunctionType):
            return load_handler(handler)
        loaded = self._functions.get(handler)
        if loaded is None:
            loaded = load_handler(handler)
            if loaded.target is handler:
                self._functions[handler] = loaded
        return loaded

    async def start(self) -> None:
        """Wait until all have started.

        Raises:
            HandlerFailed: One could not, and the step wants to fail then.
        """
        for handler in self._loaded:
            before = given_before(handler, self._origin.run)
            if before is not None:
                self._lint("handler_reused", handler=handler.name, run=before)
            if isinstance(handler.target, LegacyHandlerAdapter):
                self._lint("handler_legacy", handler=handler.name)
        for runner in self.runners:
            await runner.started()
        if self.failure is not None:
            raise HandlerFailed(self.failure)

    @contextmanager
    def may_stop(self) -> Iterator[None]:
        """While the call is made, a handler that fails the step cancels it."""
        self._calling = asyncio.current_task()
        try:
            yield
        finally:
            if self._stopped and self._calling is not None:
                self._calling.uncancel()
            self._calling = None

    def look_at(self, response: Response | None) -> None:
        """The call went well: tell of handlers that waited for deltas, and of which none came."""
        if response is None or response.timings.deltas or response.tool_calls:
            return
        for handler in self._loaded:
            if "delta" in handler.kinds:
                reason = str(response.finish_reason or "the server did not say")
                self._lint("handler_no_delta", handler=handler.name, reason=reason)

    async def close(self) -> None:
        """Let them come to their end; a cancellation meanwhile gives up on them, not on the step."""
        try:
            for runner in self.runners:
                await runner.close()
        except asyncio.CancelledError:
            for runner in self.runners:
                runner.abandon()

    def stopped_by(self) -> StopReason | None:
        """The handler that stopped the call, if one did."""
        return StopReason("handler_error", self.failure or "", CURE_FAIL) if self._stopped else None

    # --- telling ------------------------------------------------------------------------------------------

    def _raised(self, name: str, message: str, trace: str) -> bool:
        mask = self._setting.masker.text
        problem = mask(f"handler '{name}' raised {message}")
        fails = self._step.on_handler_error == "fail"
        if fails and self.failure is None:
            self.failure = problem
            if self._calling is not None:
                self._stopped = self._calling.cancel()
        self._recorder.emit(
            Error(
                *self._stamp(),
                type="handler_error",
                message=problem,
                cure="" if self._stopped else CURE_FAIL if fails else CURE_CONTINUE,
                fatal=fails and not self._stopped,
                traceback=mask(trace),
            )
        )
        return fails

    def _blocked(self, name: str, calls: int, longest: int, total: int) -> None:
        facts = {"longest": seconds(longest), "calls": counted(calls, "call"), "total": seconds(total)}
        self._lint("handler_blocks", handler=name, **facts)

    def _lint(self, code: str, **facts: str) -> None:
        self._recorder.emit(lint_event(self._origin, self._now(), code, None, **facts))

    def _info(self) -> RunInfo:
        log = self._setting.logs / f"{self._origin.run}.jsonl" if self._setting.logs else None
        return RunInfo(
            id=self._origin.run,
            workflow=self._workflow.name,
            step=self._step.id,
            mode=self._setting.mode,
            log=str(log) if log else None,
        )

    def _stamp(self) -> tuple[str, str | None, None, int, int]:
        origin = self._origin
        return origin.run, origin.step, None, origin.next_seq(), self._now()


CURE_CONTINUE = "mend the handler: the stream went on without it"
CURE_FAIL = "mend the handler, or let the step go on with `on_handler_error: continue`"
