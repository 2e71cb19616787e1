"""pydantic's errors in plain words: what was expected, what stands there, the nearest right key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from pipeline_runtime.workflow.models import (
    Defaults,
    HandlerSpec,
    Input,
    Provider,
    Retry,
    Step,
    Timeout,
    Tool,
    Workflow,
)
from pipeline_runtime.workflow.problems import dotted
from pipeline_runtime.workflow.spelling import nearest, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

    from pipeline_runtime.workflow.problems import Loc, Report

Pattern: TypeAlias = tuple[str, ...]

SHAPES: dict[Pattern, tuple[str, type[BaseModel]]] = {
    (): ("a workflow", Workflow),
    ("inputs", "*"): ("an input", Input),
    ("defaults",): ("`defaults`", Defaults),
    ("defaults", "timeout"): ("`timeout`", Timeout),
    ("defaults", "retry"): ("`retry`", Retry),
    ("defaults", "stream_handler", "*"): ("a handler", HandlerSpec),
    ("providers", "*"): ("a provider", Provider),
    ("steps", "*"): ("a step", Step),
    ("steps", "*", "timeout"): ("`timeout`", Timeout),
    ("steps", "*", "retry"): ("`retry`", Retry),
    ("steps", "*", "tools", "*"): ("a tool", Tool),
    ("steps", "*", "stream_handler", "*"): ("a handler", HandlerSpec),
}
"""Every mapping of a workflow file that has fixed keys: its place, its name, its model."""

RENAMED = {
    "async_stream": "stream",
    "async_handler": "stream_handler",
    "async_streaming": "stream",
    "async_stream_handler": "stream_handler",
}
_OLD_OPTIONS = "it is of the old async streaming: run `pipeline-tui migrate`, or remove it"
_CURES: dict[Pattern, str] = {
    ("providers", "*", "api_key"): "keys stay out of files: name the variable that holds it in `api_key_env`",
    ("providers", "*", "key"): "keys stay out of files: name the variable that holds it in `api_key_env`",
    ("providers", "*", "url"): "did you mean `base_url`?",
    ("steps", "*", "claude_options"): _OLD_OPTIONS,
    ("defaults", "claude_options"): _OLD_OPTIONS,
}
_MISSING: dict[Pattern, str] = {
    ("steps", "*", "id"): "give it a name of its own: `id: draft`",
    ("steps", "*", "provider"): "give `provider:` here or in `defaults`, such as `claude` or `openai`",
    ("steps", "*", "model"): "give `model:` here or in `defaults`; none is guessed",
    ("steps", "*", "prompt"): "give it a `prompt:`",
    ("steps",): "add `steps:` with at least one step",
}
_EXPECTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "`true` or `false`",
    "dict_type": "a mapping (`key: value`)",
    "model_type": "a mapping (`key: value`)",
    "tuple_type": "a list (lines that begin with `- `)",
    "string_too_short": "a text that is not empty",
    "too_short": "at least one",
    "finite_number": "a finite number",
}
_YES = ("yes", "on", "y", "true")
_LIMITS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


def report_errors(errors: Iterable[ErrorDetails], report: Report) -> None:
    """Add what pydantic found, in our words. Values of providers are never shown: one may be a key."""
    for error in errors:
        loc: Loc = error["loc"]
        kind = error["type"]
        if kind == "extra_forbidden":
            message, cure = unknown_key(loc)
            report.add(message, loc, cure=cure, at_key=True)
        elif kind == "too_short" and error["input"]:
            continue  # pydantic counts only the good ones; the bad ones are reported themselves
        elif kind == "missing":
            _missing(loc, report)
        else:
            message, cure = _wrong_value(error)
            report.add(message, loc, cure=cure)


def unknown_key(loc: Loc) -> tuple[str, str]:
    """Message and cure for a key that its mapping does not have."""
    key, pattern = str(loc[-1]), _pattern(loc)
    where, model = SHAPES.get(pattern[:-1], ("this mapping", None))
    if key in RENAMED and model in (Step, Defaults):
        new = RENAMED[key]
        return (
            f"`{key}` is a key of the old async streaming: it became `{new}`",
            f"rename to {new}; `pipeline-tui migrate` does it for whole folders",
        )
    known = [] if model is None else list(model.model_fields)
    near = nearest(key, known)
    cure = _CURES.get((*pattern[:-1], key)) or (
        f"did you mean `{near}`?" if near else f"known: {', '.join(known)}"
    )
    return f"{where} has no key `{shorten(key)}`", cure


def _missing(loc: Loc, report: Report) -> None:
    pattern = _pattern(loc)
    where, _ = SHAPES.get(pattern[:-1], ("this mapping", None))
    cure = _MISSING.get(pattern, f"add `{loc[-1]}:`")
    report.add(f"{where} needs the key `{loc[-1]}`", loc, cure=cure)


def _wrong_value(error: ErrorDetails) -> tuple[str, str]:
    kind, loc = error["type"], error["loc"]
    context = error.get("ctx", {})
    name = f"`{dotted(loc)}`"
    if kind == "workflow":
        return f"{name}: {context['message']}", str(context["cure"])
    given = _describe(error["input"], shown=loc[:1] != ("providers",))
    if kind in _LIMITS:
        key, words = _LIMITS[kind]
        return f"{name} must be {words} {context[key]:g}, and is {given}", ""
    if kind == "literal_error":
        return f"{name} must be {context['expected']}, and is {given}", _choice(error["input"], context)
    if kind in ("string_pattern_mismatch", "string_too_long"):
        return f"{name} is no good name: {given}", "letters, digits, `_` and `-`, a letter first, 64 at most"
    expected = _EXPECTED.get(kind)
    if expected is None:
        return f"{name}: {error['msg']}", ""
    return f"{name} must be {expected}, and is {given}", _cure(kind, error["input"])


def _cure(kind: str, value: object) -> str:
    if kind == "tuple_type":
        return "begin each part with `- `"
    if kind == "string_type":
        return _text_cure(value)
    if not isinstance(value, str):
        return ""
    if kind == "bool_type":
        right = "true" if value.lower() in _YES else "false"
        return f"write `{right}`: in YAML 1.2 `yes`, `no`, `on` and `off` are texts"
    if kind in ("int_type", "float_type"):
        return "leave the quotes out" if value.replace(".", "", 1).isdigit() else "write a number"
    return ""


def _text_cure(value: object) -> str:
    if isinstance(value, bool | int | float):
        return "put it in quotes"
    if isinstance(value, dict):
        return "a text that begins with `{{` needs quotes, or `|` and lines of its own"
    return ""


def _choice(value: object, context: dict[str, Any]) -> str:
    options = [part.strip("' ") for part in str(context["expected"]).replace(" or ", ",").split(",")]
    near = nearest(value, options) if isinstance(value, str) else None
    return f"did you mean `{near}`?" if near else ""


def _describe(value: object, *, shown: bool) -> str:
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if not shown:
        return "another value" if isinstance(value, int | float) else "another text"
    return f"the text `{shorten(value)}`" if isinstance(value, str) else f"the number {value}"


def _pattern(loc: Loc) -> Pattern:
    """`loc` with `*` where a name or a number is free."""
    parts = ["*" if isinstance(part, int) else part for part in loc]
    if len(parts) > 1 and parts[0] in ("inputs", "providers"):
        parts[1] = "*"
    return tuple(parts)
