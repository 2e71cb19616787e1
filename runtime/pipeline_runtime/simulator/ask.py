"""What a request asks, whichever protocol it came in; and how messages are read."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Ask(Struct, frozen=True):
    """One request to the simulated model."""

    model: str
    prompt: str
    """The last text that the user said."""
    system: str
    context: str
    """All text of the request, for counting."""
    stream: bool
    after_tool: bool = False
    """The last thing in the conversation is a tool's result."""
    max_tokens: int | None = None
    n: int = 1
    stream_options: bool = False
    include_usage: bool = False
    obfuscation: bool = True
    background: bool = False
    """The answer goes on, and can be read again, without its client."""
    echo: dict[str, Any] = {}
    """What of the request the answer repeats."""


class BadRequest(Exception):
    """The request is not right: the provider would answer 400."""

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code


class Conversation(Struct, frozen=True):
    """What matters of a list of messages."""

    prompt: str
    system: str
    context: str
    after_tool: bool


def read_messages(messages: list[Any], system: str = "") -> Conversation:
    """Read messages with roles, and the items of Responses; parts of unknown kinds have no text."""
    prompt, after_tool = "", False
    systems, texts = [system], [system]
    for message in messages:
        if not isinstance(message, dict):
            continue
        role, content = message.get("role"), message.get("content", message.get("output"))
        text = text_of(content)
        texts.append(text)
        if role in {"system", "developer"}:
            systems.append(text)
        elif role == "tool" or message.get("type") == "function_call_output" or _has_tool_result(content):
            after_tool = True
        elif role == "user":
            prompt, after_tool = text, False
    return Conversation(prompt, "\n".join(filter(None, systems)), "\n".join(filter(None, texts)), after_tool)


def text_of(content: Any, depth: int = 2) -> str:
    """The text of a message's content: a string, or a list of parts, which may hold lists to some depth."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list) or not depth:
        return ""
    parts = [part for part in content if isinstance(part, dict)]
    return "\n".join(
        part["text"] if isinstance(part.get("text"), str) else text_of(part.get("content"), depth - 1)
        for part in parts
        if "text" in part or part.get("type") == "tool_result"
    )


def _has_tool_result(content: Any) -> bool:
    return isinstance(content, list) and any(
        isinstance(part, dict) and part.get("type") == "tool_result" for part in content
    )
