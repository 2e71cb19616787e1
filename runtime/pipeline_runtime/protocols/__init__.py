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
    "gemini": ("pipeline_runtime.protocols.gemini", "GeminiProtocol"),
    "ollama": ("pipeline_runtime.protocols.ollama", "OllamaProtocol"),
    "raw": ("pipeline_runtime.protocols.raw", "RawProtocol"),
}

PROTOCOL_NAMES: tuple[str, ...] = tuple(name for name in _CLASSES if name != "raw")
"""The protocols that a provider may speak."""

RAW = "raw"
"""No protocol: what the tap sees and does not know is shown frame by frame. Not for providers."""

THINK_TAG_PROTOCOLS = frozenset({"openai-chat"})
"""Those that can take `<think>` tags out of a text."""


def get_protocol(name: str, *, think_tags: bool = False) -> WireProtocol:
    """The protocol of that name; its module is imported on first use.

    Args:
        name: one of `PROTOCOL_NAMES`, or `RAW`.
        think_tags: `<think>…</think>` at the beginning of a text is thinking; `THINK_TAG_PROTOCOLS` know it.

    Raises:
        KeyError: there is none of that name; says which there are.
    """
    if name not in _CLASSES:
        raise KeyError(f"unknown protocol {name!r}; known are {', '.join(PROTOCOL_NAMES)}")
    module, attribute = _CLASSES[name]
    options = {"think_tags": True} if think_tags and name in THINK_TAG_PROTOCOLS else {}
    return cast("WireProtocol", getattr(import_module(module), attribute)(**options))
