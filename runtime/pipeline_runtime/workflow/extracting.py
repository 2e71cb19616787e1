"""Takes one field out of an answer that is JSON: the template filter `extract`. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateRuntimeError

from pipeline_runtime.workflow.spelling import shorten, suggest

if TYPE_CHECKING:
    from pipeline_runtime.events import ToolCall

_FENCED = re.compile(r"```[\w-]*[ \t]*\n(.*?)```", re.DOTALL)
_PARTS = re.compile(r"[^.\[\]]+")
FIELD_PATH = re.compile(r"[^.\[\]]+(\.[^.\[\]]+|\[\d+\])*")
_MISSING = object()


class NotExtractable(TemplateRuntimeError):
    """There is no such field, or the answer holds no JSON."""


def extract(answer: Any, path: object, default: Any = _MISSING) -> Any:
    """A field of a JSON answer: texts and numbers as they are, anything else as JSON text.

    Args:
        answer: A step, or a text; what stands in a code fence counts when the whole is not JSON. Of a step
            without text the arguments of its tool calls are read.
        path: Names and indices: `score`, `results.items[0].name`.
        default: What to give where there is no such field; without it that is an error.

    Raises:
        NotExtractable: there is no such field, or the answer holds no JSON.
    """
    if not isinstance(path, str) or not FIELD_PATH.fullmatch(path):
        raise NotExtractable("extract takes a path such as `results.items[0].name`")
    try:
        value = _data(answer)
        for part in _PARTS.findall(path):
            value = _member(value, part, path)
    except NotExtractable:
        if default is _MISSING:
            raise
        return default
    if isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    return json.dumps(value, ensure_ascii=False, indent=2 if isinstance(value, dict | list) else None)


def answer_text(text: str, tool_calls: tuple[ToolCall, ...]) -> str:
    """What an answer comes to as one text: where it is only tool calls, their arguments, a line each."""
    return text or "\n".join(call.arguments for call in tool_calls)


def _data(answer: Any) -> Any:
    text = str(getattr(answer, "text", answer))
    if not text.strip():
        called = [call.input for call in getattr(answer, "tool_calls", ()) if isinstance(call.input, dict)]
        if called:
            return {key: value for one in called for key, value in one.items()}
    for candidate in (text, *_FENCED.findall(text)):
        try:
            return json.loads(candidate)
        except (ValueError, RecursionError):
            continue
    raise NotExtractable(f"the answer holds no JSON to take a field from: {shorten(text) or 'it is empty'}")


def _member(value: Any, part: str, path: str) -> Any:
    if isinstance(value, dict):
        if part in value:
            return value[part]
        cure = suggest(part, [str(key) for key in value], otherwise="it is empty")
        raise NotExtractable(f"the answer has no `{path}` ({cure})")
    if isinstance(value, list) and part.isdigit() and int(part) < len(value):
        return value[int(part)]
    what = f"a list of {len(value)}" if isinstance(value, list) else "a single value"
    raise NotExtractable(f"the answer has no `{path}`: `{part}` is looked for in {what}")
