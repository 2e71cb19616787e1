"""From a step and its rendered prompts to what is asked of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.protocols.base import Message, ModelRequest, Tool

if TYPE_CHECKING:
    from pipeline_runtime.workflow.models import Step


def model_request(step: Step, prompt: str, system: str | None) -> ModelRequest:
    """The request of a step.

    Args:
        step: What it asks for: model, limits, tools, whether to stream.
        prompt: Its prompt, rendered.
        system: Its system prompt, rendered; `None`: none.
    """
    return ModelRequest(
        model=step.model,
        messages=(Message("user", prompt),),
        stream=step.stream,
        system=system,
        max_tokens=step.max_tokens,
        temperature=step.temperature,
        tools=tuple(Tool(tool.name, tool.description, tool.input_schema) for tool in step.tools),
        thinking=step.thinking,
        params=step.params,
    )
