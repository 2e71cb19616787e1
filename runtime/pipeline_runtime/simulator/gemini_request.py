"""What a Gemini request asks. Google reads JSON names in camel and in snake case alike."""

from __future__ import annotations

import re
from typing import Any

from pipeline_runtime.simulator.ask import Ask, BadRequest

_MOST_CANDIDATES = 8


def read_request(body: Any, model: str, *, stream: bool) -> Ask:
    """Read a `GenerateContentRequest`.

    Raises:
        BadRequest: the provider would answer 400.
    """
    if not isinstance(body, dict):
        raise BadRequest("Invalid JSON payload received. Root element must be a message.")
    contents = body.get("contents")
    if not isinstance(contents, list) or not contents:
        raise BadRequest("* GenerateContentRequest.contents: contents is not specified\n")
    config = _field(body, "generationConfig")
    config = config if isinstance(config, dict) else {}
    system = _text(_field(body, "systemInstruction"))
    prompt, after_tool, texts = "", False, [system]
    for content in contents:
        texts.append(_text(content))
        if _answers_a_call(content):
            after_tool = True
        elif isinstance(content, dict) and content.get("role") in {"user", None}:
            prompt, after_tool = _text(content), False
    return Ask(
        model=model,
        prompt=prompt,
        system=system,
        context="\n".join(filter(None, texts)),
        stream=stream,
        after_tool=after_tool,
        max_tokens=_positive(config, "maxOutputTokens"),
        n=min(_positive(config, "candidateCount") or 1, _MOST_CANDIDATES),
    )


def _field(value: dict[str, Any], name: str) -> Any:
    return value.get(name, value.get(re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), name)))


def _positive(config: dict[str, Any], name: str) -> int | None:
    value = _field(config, name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise BadRequest(f"Invalid value at 'generation_config.{name}' (TYPE_INT32), {value!r}")
    return value


def _parts(content: Any) -> list[dict[str, Any]]:
    parts = content.get("parts") if isinstance(content, dict) else None
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _text(content: Any) -> str:
    return "\n".join(part["text"] for part in _parts(content) if isinstance(part.get("text"), str))


def _answers_a_call(content: Any) -> bool:
    return any(_field(part, "functionResponse") is not None for part in _parts(content))
