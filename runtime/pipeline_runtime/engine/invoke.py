"""One call from code, without a workflow file: the guide's `Pipeline.LLM.invoke!`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline_runtime.engine.run import Run
from pipeline_runtime.engine.setting import Setting
from pipeline_runtime.errors import CallFailed
from pipeline_runtime.events import Done, Error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline_runtime.events import Response
    from pipeline_runtime.simulator import Simulator

STEP = "invoke"


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


async def invoke(
    ctx: Context,
    *,
    prompt: str,
    stream: bool = True,
    on_event: Callable[..., Any] | None = None,
    **options: Any,
) -> Response:
    """Call a model and give its whole answer.

    Args:
        ctx: Whom to call.
        prompt: Sent as it is: no template is rendered.
        stream: Ask for a stream; whether it did stream is in the response's `delivery`.
        on_event: A handler: `handle_event(event)`, sync or async, or a handler class.
        **options: Keys of a step that count for this call only.

    Raises:
        CallFailed: The call did not succeed.
        WorkflowError: An option is not right.
    """
    from pipeline_runtime.workflow import load_workflow_text  # noqa: PLC0415 - pydantic only when used

    step = {
        "id": STEP,
        "provider": ctx.provider,
        "model": ctx.model,
        **ctx.defaults,
        **options,
        "stream": stream,
        "prompt": "{{ inputs.prompt }}",  # a prompt is data here: whatever looks like a template in it stays
    }
    source = {"inputs": {"prompt": {"required": True}}, "providers": dict(ctx.providers), "steps": [step]}
    workflow = load_workflow_text(msgspec.json.encode(source).decode(), STEP)
    setting = Setting.of(
        workflow,
        mode=ctx.mode,
        environ=ctx.environ,
        keep_log=ctx.keep_log,
        handlers=(on_event,) if on_event else (),
        simulator=ctx.simulator,
    )
    return await _answer(Run(workflow, {"prompt": prompt}, setting))


async def _answer(run: Run) -> Response:
    failure: Error | None = None
    answer: Response | None = None
    async for event in run:
        if isinstance(event, Done):
            answer = event.response
        elif isinstance(event, Error) and event.fatal:
            failure = event
    if answer is not None:
        return answer
    if failure is None:
        raise CallFailed("the call was not made", cure="see the run log")
    raise CallFailed(f"{failure.type}: {failure.message}", event=failure, cure=failure.cure)
