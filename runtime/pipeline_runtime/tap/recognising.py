"""What a tapped request asks for: protocol (by path and body), model, whether it wants a stream. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from pipeline_runtime.protocols import RAW
from pipeline_runtime.protocols.base import ModelRequest

if TYPE_CHECKING:
    from pipeline_runtime.tap.heads import RequestHead

ENDINGS = (
    ("/chat/completions", "openai-chat"),
    ("/responses", "openai-responses"),
    ("/messages", "anthropic"),
    (":generateContent", "gemini"),
    (":streamGenerateContent", "gemini"),
    ("/api/chat", "ollama"),
    ("/api/generate", "ollama"),
)
LONGEST_PROMPT = 10_000


class Asked(Struct, frozen=True):
    """What a request asks for, as far as it can be told."""

    protocol: str
    """`raw` where none is recognised."""
    model: str
    """Empty where it names none."""
    stream: bool
    prompt: str = ""
    """The text of the last message."""
    stream_options: Any = None

    def model_request(self) -> ModelRequest:
        """The same as our own calls say it."""
        params = {"stream_options": self.stream_options}  # what was not asked for is not missing
        return ModelRequest(self.model, (), stream=self.stream, include_usage=False, params=params)


def recognise(head: RequestHead, body: bytes) -> Asked:
    """Tell what is asked.

    Args:
        head: As received.
        body: As far as it is known.
    """
    path, _, query = head.target.partition("?")
    content = _object(body)
    protocol = _protocol(head, path.rstrip("/"), content)
    model = content.get("model")
    if protocol == "gemini" and ":" in path:
        model = path.rpartition("/")[2].partition(":")[0]
    return Asked(
        protocol,
        model if isinstance(model, str) else "",
        _wants_stream(protocol, path, query, content),
        _prompt(content)[:LONGEST_PROMPT],
        content.get("stream_options"),
    )


def _protocol(head: RequestHead, path: str, content: dict[str, Any]) -> str:
    if head.method == "GET" and "/responses/" in path:
        return "openai-responses"
    if head.method != "POST":
        return RAW
    for ending, protocol in ENDINGS:
        if path.endswith(ending):
            return protocol
    if isinstance(content.get("messages"), list) and isinstance(content.get("model"), str):
        return "anthropic" if head.get("anthropic-version") and "max_tokens" in content else "openai-chat"
    return "gemini" if isinstance(content.get("contents"), list) else RAW


def _wants_stream(protocol: str, path: str, query: str, content: dict[str, Any]) -> bool:
    if protocol == "gemini":
        return path.endswith(":streamGenerateContent")
    if protocol == "ollama":
        return content.get("stream") is not False
    return content.get("stream") is True or "stream=true" in query.lower().split("&")


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _prompt(content: dict[str, Any]) -> str:
    """The text of the last thing that was said."""
    for key in ("messages", "contents", "input", "prompt"):
        said = content.get(key)
        if isinstance(said, list) and said:
            return _text(said[-1])
        if isinstance(said, str):
            return said
    return ""


def _text(message: Any) -> str:
    if isinstance(message, str):
        return message
    if not isinstance(message, dict):
        return ""
    for key in ("content", "parts"):
        parts = message.get(key)
        if isinstance(parts, str):
            return parts
        if isinstance(parts, list):
            texts = (part.get("text") for part in parts if isinstance(part, dict))
            return "\n".join(text for text in texts if isinstance(text, str))
    text = message.get("text")
    return text if isinstance(text, str) else ""
