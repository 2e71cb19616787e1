"""What a run is given, checked against what its workflow asks for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pipeline_runtime.errors import InputError
from pipeline_runtime.workflow.spelling import suggest
from pipeline_runtime.workflow.values import InputKind, fits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_runtime.workflow.models import Input, Workflow

_TRUTHS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
_EXAMPLES: dict[InputKind, str] = {
    "string": "a text",
    "integer": "a whole number, such as 3",
    "number": "a number, such as 0.5",
    "boolean": "true or false",
}


def resolve_inputs(workflow: Workflow, given: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every input: what was given, as its type, else the default, else empty.

    Args:
        workflow: What asks.
        given: Values by name; texts, as a command line or a form has them, or values of the right type.

    Raises:
        InputError: values are missing, unknown, of the wrong type or not among the choices: all of them in
            `problems`, by name.
    """
    problems = {
        name: f"is no input of this workflow ({suggest(name, workflow.inputs, otherwise='it has none')})"
        for name in given
        if name not in workflow.inputs
    }
    values: dict[str, Any] = {}
    for name, declared in workflow.inputs.items():
        try:
            values[name] = _resolved(declared, given.get(name))
        except ValueError as error:
            problems[name] = str(error)
    if problems:
        told = "; ".join(f"`{name}` {problem}" for name, problem in problems.items())
        raise InputError(f"inputs: {told}", cure="give each as `--input name=value`", problems=problems)
    return values


def _resolved(declared: Input, given: Any) -> Any:
    kind = declared.kind
    if _is_missing(declared, given):
        if declared.needed:
            raise ValueError("is required")
        empty = "" if kind == "string" else None
        return declared.default if declared.default is not None else empty
    value = _as_kind(given, kind)
    if declared.choices and value not in declared.choices:
        words = [str(choice) for choice in declared.choices]
        raise ValueError(f"is not among the choices ({suggest(str(value), words)})")
    return value


def _is_missing(declared: Input, given: Any) -> bool:
    """An empty field means no value, except where an empty text is one."""
    if not isinstance(given, str):
        return given is None
    return not given.strip() and (declared.needed or declared.kind != "string")


def _as_kind(given: Any, kind: InputKind) -> Any:
    """A value of the input's type.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(given, str):
        if not isinstance(given, bool | int | float) or not fits(given, kind):
            raise ValueError(f"must be {_EXAMPLES[kind]}")
        return given
    return given if kind == "string" else _parsed(given.strip(), kind)


def _parsed(text: str, kind: InputKind) -> bool | int | float:
    try:
        if kind == "boolean":
            return _TRUTHS[text.lower()]
        number = int(text) if kind == "integer" else float(text)
        if math.isfinite(number):
            return number
    except (KeyError, ValueError, OverflowError):
        pass
    raise ValueError(f"must be {_EXAMPLES[kind]}")
