"""One call from code, without a workflow file: the guide's `Pipeline.LLM.invoke!`."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from pipeline_runtime.engine.run import Run
from pipeline_runtime.engine.setting import Setting
from pipeline_runtime.errors import CallFailed, InputError
from pipeline_runtime.events import Done, Error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline_runtime.engine.cancellation import Cancellation
    from pipeline_runtime.events import Response
    from pipeline_runtime.handlers.contract import HandlerLike
    from pipeline_runtime.simulator import Simulator

STEP = "invoke"
OnEvent: TypeAlias = "HandlerLike | Sequence[HandlerLike]"
"""One handler, or several: functions, classes, factories, objects, or names such as `console`."""


@dataclass(frozen=True, slots=True)
class Context:
    """Whom to call, and what counts for every call made with it."""

    provider: str
    model: str
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Further keys of a step, such as `system`, `max_tokens`, `timeout`, `retry`, `scenario`."""
    providers: Mapping[str, Any] = field(default_factory=dict)
    """As in a workflow file."""
    mode: str | None = None
    environ: Mapping[str, str] | None = None
    simulator: Simulator | None = None
    keep_log: bool = True
    run: str = STEP
    """What its calls are called: their run ids and run logs bear this name."""
    prompt: str | None = None
    """What is asked when a call gives no prompt."""
    cancellation: Cancellation | None = None
    """Cancels every call that is made with this context."""


async def invoke(
    ctx: Context,
    *,
    prompt: str | None = None,
    stream: bool = True,
    on_event: OnEvent | None = None,
    **options: Any,
) -> Response:
    """Call a model and give its whole answer.

    Args:
        ctx: Whom to call.
        prompt: Sent as it is: no template is rendered. `ctx.prompt` when not given.
        stream: Ask for a stream; whether it did stream is in the response's `delivery`.
        on_event: What receives the events: `handle_event(event)`, sync or async, a handler class, a factory,
            the name of a built-in, or a list of these.
        **options: Keys of a step that count for this call only, such as `on_handler_error="fail"`.

    Raises:
        CallFailed: The call did not succeed, or was cancelled by `ctx.cancellation`.
        InputError: There is no prompt.
        WorkflowError: An option is not right.
    """
    asked = ctx.prompt if prompt is None else prompt
    if asked is None:
        raise InputError("invoke was given no prompt", cure="give prompt=..., or a context with a prompt")
    if ctx.cancellation is not None and ctx.cancellation.cancelled:
        raise CallFailed("cancelled before it was made", cure="make a new Cancellation for further calls")
    run = _make_run(ctx, asked, {**options, "stream": stream}, _several(on_event))
    loop = asyncio.get_running_loop()
    watched = ctx.cancellation.watched(lambda: _cancel_soon(loop, run)) if ctx.cancellation else nullcontext()
    with watched:
        return await _answer(run)


def invoke_sync(
    ctx: Context,
    *,
    prompt: str | None = None,
    stream: bool = True,
    on_event: OnEvent | None = None,
    **options: Any,
) -> Response:
    """What `invoke` does, for code without an event loop: it blocks until the answer is whole.

    Handlers are called in this thread, while the answer streams. Ctrl-C closes the socket.

    Raises:
        CallFailed: The call did not succeed, or was cancelled by `ctx.cancellation`.
        InputError: There is no prompt, or an event loop runs in this thread.
        WorkflowError: An option is not right.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        call = invoke(ctx, prompt=prompt, stream=stream, on_event=on_event, **options)
        return asyncio.run(call)
    raise InputError("invoke_sync was called in an event loop, and would block it", cure="await invoke(...)")


def _make_run(
    ctx: Context, prompt: str, options: Mapping[str, Any], handlers: tuple[HandlerLike, ...]
) -> Run:
    from pipeline_runtime.workflow import load_workflow_text  # noqa: PLC0415 - pydantic only when used

    step = {
        "id": STEP,
        "provider": ctx.provider,
        "model": ctx.model,
        **ctx.defaults,
        **options,
        "prompt": "{{ inputs.prompt }}",  # a prompt is data here: whatever looks like a template in it stays
    }
    source = {"inputs": {"prompt": {"required": True}}, "providers": dict(ctx.providers), "steps": [step]}
    workflow = load_workflow_text(msgspec.json.encode(source).decode(), ctx.run)
    setting = Setting.of(
        workflow,
        mode=ctx.mode,
        environ=ctx.environ,
        keep_log=ctx.keep_log,
        handlers=handlers,
        simulator=ctx.simulator,
    )
    return Run(workflow, {"prompt": prompt}, setting)


def _several(on_event: OnEvent | None) -> tuple[HandlerLike, ...]:
    if on_event is None:
        return ()
    return tuple(on_event) if isinstance(on_event, list | tuple) else (on_event,)  # type: ignore[return-value]


def _cancel_soon(loop: asyncio.AbstractEventLoop, run: Run) -> None:
    """Cancel from any thread; a loop that is closed has nothing left to cancel."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(run.cancel)


async def _answer(run: Run) -> Response:
    failure: Error | None = None
    answer: Response | None = None
    async for event in run:
        if isinstance(event, Done):
            answer = event.response
        elif isinstance(event, Error) and event.fatal:
            failure = event
    if failure is not None:
        raise CallFailed(f"{failure.type}: {failure.message}", event=failure, cure=failure.cure)
    if answer is None:
        raise CallFailed("the call was not made", cure="see the run log")
    return answer
