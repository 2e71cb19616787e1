"""Frames to events, and requests to HTTP messages: one module a wire format, sans-I/O."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from pipeline_runtime.protocols.base import WireProtocol

_CLASSES = {
    "anthropic": ("pipeline_runtime.protocols.anthropic", "AnthropicProtocol"),
    "openai-chat": ("pipeline_runtime.protocols.openai_chat", "OpenAIChatProtocol"),
    "openai-responses": ("pipeline_runtime.protocols.openai_responses", "OpenAIResponsesProtocol"),
}

PROTOCOL_NAMES: tuple[str, ...] = tuple(_CLASSES)
"""The protocols that a provider may speak."""


def get_protocol(name: str) -> WireProtocol:
    """The protocol of that name; its module is imported on first use.

    Raises:
        KeyError: there is none of that name; says which there are.
    """
    if name not in _CLASSES:
        raise KeyError(f"unknown protocol {name!r}; known are {', '.join(PROTOCOL_NAMES)}")
    module, attribute = _CLASSES[name]
    return cast("WireProtocol", getattr(import_module(module), attribute)())
