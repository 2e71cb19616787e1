"""Templates in scenario replies: Jinja2 in a sandbox, so that an answer can build on its prompt."""

from __future__ import annotations

import difflib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLES = ("prompt", "model", "system", "choice")
"""What a template may use: the last user text, the request's model and system text, the answer's number."""

_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)


class TemplateFailed(Exception):
    """A template could not be rendered with this request; the message says why."""


def check_template(source: str) -> None:
    """See that a template can be compiled and uses known names only.

    Raises:
        ValueError: it cannot, with the line inside the template or the nearest right name.
    """
    try:
        tree = _ENVIRONMENT.parse(source)
    except TemplateSyntaxError as error:
        raise ValueError(f"the template is not right in its line {error.lineno}: {error.message}") from error
    unknown = sorted(meta.find_undeclared_variables(tree) - set(VARIABLES))
    if unknown:
        near = difflib.get_close_matches(unknown[0], VARIABLES, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"it may use {', '.join(VARIABLES)}"
        raise ValueError(f"the template uses {unknown[0]!r}, which is not there: {hint}")


def render(source: str, variables: Mapping[str, object]) -> str:
    """The template's text.

    Raises:
        TemplateFailed: e.g. it takes the third line of a prompt that has two.
    """
    try:
        return _compiled(source).render(variables)
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise TemplateFailed(f"the reply's template failed: {error}") from error


def render_all(value: Any, variables: Mapping[str, object]) -> Any:
    """A JSON value with every string in it rendered.

    Raises:
        TemplateFailed: one of them could not be.
    """
    if isinstance(value, str):
        return render(value, variables)
    if isinstance(value, dict):
        return {key: render_all(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [render_all(item, variables) for item in value]
    return value


@lru_cache(maxsize=256)
def _compiled(source: str) -> Template:
    return _ENVIRONMENT.from_string(source)
