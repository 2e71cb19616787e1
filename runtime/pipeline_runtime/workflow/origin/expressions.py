"""The `{{ … }}` of old prompts as those of today, and everything else as plain text. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline_runtime.workflow.extracting import FIELD_PATH
from pipeline_runtime.workflow.origin.words import TEXT_FIELDS, VARIABLE_ROOTS

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXPRESSION = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_DOTTED = re.compile(r"[A-Za-z_][\w-]*(\.[\w-]+|\[\d+\])*")
_OPENING = re.compile(r"\{(?=[{%#]|$)")
_PREVIOUS = "previous_response:"


@dataclass(slots=True)
class Found:
    """What the expressions of one text refer to."""

    steps: list[str] = field(default_factory=list)
    """Ids of steps whose answers are read."""
    inputs: list[str] = field(default_factory=list)
    fields: list[tuple[str, str]] = field(default_factory=list)
    """Steps, and the fields that are taken out of their answers."""
    unknown: list[str] = field(default_factory=list)
    """Expressions that are sent as they stand."""


def literal(text: str) -> str:
    """A template that comes to exactly this text."""
    return _OPENING.sub("{{ '{' }}", text)


def quoted(text: str) -> str:
    """A text as a literal inside of an expression."""
    return json.dumps(text, ensure_ascii=False)


def answer_of(step_id: str) -> str:
    """The expression for the whole answer of a step; one of tool calls only is their arguments."""
    name = f"steps[{quoted(step_id)}]" if "-" in step_id else f"steps.{step_id}"
    return f"{{{{ {name}.text or {name}.tool_calls | map(attribute='arguments') | join('\\n') }}}}"


def field_of(step_id: str, path: str, *, strict: bool = True) -> str:
    """The expression for a field of a step's answer; without `strict` empty where there is none."""
    default = "" if strict else ', ""'
    return f"{{{{ steps[{quoted(step_id)}] | extract({quoted(path)}{default}) }}}}"


def translate_text(text: str, ids: Mapping[str, str], variables: Mapping[str, object], found: Found) -> str:
    """Today's template for a text of an old prompt.

    Args:
        text: As written.
        ids: The names of the steps above, and their ids.
        variables: What the workflow gives a value to.
        found: Collects what it refers to.
    """
    parts: list[str] = []
    end = 0
    for match in _EXPRESSION.finditer(text):
        parts.append(literal(text[end : match.start()]))
        parts.append(_expression(match[1].strip(), ids, variables, found) or _as_it_stands(match[0], found))
        end = match.end()
    parts.append(literal(text[end:]))
    return "".join(parts)


def _as_it_stands(written: str, found: Found) -> str:
    found.unknown.append(written)
    return literal(written)


def _expression(
    inner: str, ids: Mapping[str, str], variables: Mapping[str, object], found: Found
) -> str | None:
    if inner.startswith(_PREVIOUS):
        return _answer(inner.removeprefix(_PREVIOUS).strip(), "", ids, found)
    if not _DOTTED.fullmatch(inner):
        return None
    root, _, rest = inner.partition(".")
    if root == "steps":
        name, _, path = rest.partition(".")
        return _answer(name, path, ids, found)
    if root in ids:
        return _answer(root, rest, ids, found)
    name = rest if root == "inputs" or (root in VARIABLE_ROOTS and rest in variables) else inner
    if not re.fullmatch(r"[A-Za-z_]\w*", name) or name == "timestamp":
        return None
    found.inputs.append(name)
    return f"{{{{ inputs.{name} }}}}"


def _answer(name: str, path: str, ids: Mapping[str, str], found: Found) -> str | None:
    if name not in ids or (path and not FIELD_PATH.fullmatch(path)):
        return None
    return refer(ids[name], path, found)


def refer(step_id: str, path: str, found: Found, *, strict: bool = True) -> str:
    """The expression for a step's answer, or for a field of it; `found` learns of it."""
    found.steps.append(step_id)
    if not path or path in TEXT_FIELDS:
        return answer_of(step_id)
    found.fields.append((step_id, path))
    return field_of(step_id, path, strict=strict)


def translate_path(text: str, found: Found, variables: Mapping[str, object], *, stamped: bool = False) -> str:
    """Today's template for a path: inputs and, where it is `stamped`, the time; no answers."""
    name = re.compile(r"\{\{\s*timestamp\s*\}\}")
    pieces = name.split(text) if stamped else [text]
    return "{{ timestamp }}".join(translate_text(piece, {}, variables, found) for piece in pieces)
