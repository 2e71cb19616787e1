"""Renders prompts: Jinja2 in its immutable sandbox, where a name that is not there is an error.

A template sees `inputs.<name>` and `steps.<id>.<field>` and nothing else. Output, ranges and repetition are
bounded; nested loops may still take long, so workflows from strangers are read before they are run.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedEnvironment

from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.workflow.spelling import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jinja2.runtime import Context

    from pipeline_runtime.events import FinishReason, Response, ToolCall, Usage

MAX_OUTPUT = 1024 * 1024
"""Characters that one template may come to."""
MAX_RANGE = 10_000
"""Rounds of one `range()`."""
STEP_FIELDS = ("text", "thinking", "tool_calls", "finish_reason", "usage")
_PADDING = frozenset({"center", "expandtabs", "format", "format_map", "ljust", "rjust", "zfill"})
"""Methods of texts that make a gigabyte of one number."""
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class StepView:
    """What a template sees of a step that is over."""

    text: str
    thinking: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: FinishReason | None = None
    usage: Usage | None = None

    @classmethod
    def of(cls, response: Response) -> StepView:
        """The view of a step's answer."""
        return cls(
            response.text, response.thinking, response.tool_calls, response.finish_reason, response.usage
        )


@dataclass(frozen=True, slots=True)
class Where:
    """Which template it is, for errors."""

    step: str
    key: str = "prompt"
    path: str | None = None


class Names(Generic[Value]):
    """A read-only mapping for templates. It has no methods, so `inputs.items` is the input named `items`."""

    __slots__ = ("_label", "_values")

    def __init__(self, label: str, values: Mapping[str, Value]) -> None:
        self._label = label
        self._values = values

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __len__(self) -> int:
        return len(self._values)


class _Undefined(StrictUndefined):
    """Says which name is not there, and which one is near."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        name, owner = str(self._undefined_name), self._undefined_obj
        if isinstance(owner, Names):
            label = owner._label  # noqa: SLF001 (a public name would be visible in templates)
            return (
                f"`{label}.{name}` is not there ({suggest(name, owner, otherwise=f'there are no {label}')})"
            )
        if isinstance(owner, StepView):
            return f"a step has no `{name}` ({suggest(name, STEP_FIELDS)})"
        if self._undefined_hint:
            return str(self._undefined_hint)
        return f"`{name}` is not there (templates see `inputs` and `steps`)"


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox, with bounds on what repetition and formatting can make."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, str) and attr in _PADDING:
            return False
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """No `str.format`: `{:>999999999}` makes a gigabyte."""

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if not all(isinstance(side, int | float) for side in (left, right)):
            raise SecurityError(f"`{operator}` works on numbers only in a template")
        if operator == "**" and abs(right) > 64:  # noqa: PLR2004 (a power that no prompt needs)
            raise SecurityError("the exponent is too large")
        return super().call_binop(context, operator, left, right)


def _range(*bounds: int) -> range:
    rounds = range(*bounds)
    if len(rounds) > MAX_RANGE:
        raise SecurityError(f"a range of more than {MAX_RANGE:,}")
    return rounds


def _environment() -> SandboxedEnvironment:
    environment = _Environment(
        undefined=_Undefined, autoescape=False, trim_blocks=True, lstrip_blocks=True, cache_size=0
    )
    environment.globals = {"range": _range, "dict": dict, "namespace": environment.globals["namespace"]}
    for name in ("center", "random", "xmlattr", "pprint", "format", "urlize"):
        environment.filters.pop(name)
    return environment


ENVIRONMENT = _environment()


@lru_cache(maxsize=256)
def _compiled(template: str) -> Template:
    return ENVIRONMENT.from_string(template)


def render(template: str, *, inputs: Mapping[str, Any], steps: Mapping[str, StepView], where: Where) -> str:
    """The text that a template comes to.

    Args:
        template: The prompt or system prompt as written.
        inputs: The resolved inputs.
        steps: The steps that are over.
        where: Which template it is.

    Raises:
        WorkflowError: it is no template, names what is not there, does what the sandbox forbids, fails, or
            comes to more than `MAX_OUTPUT` characters.
    """
    try:
        pieces = _compiled(template).generate(inputs=Names("inputs", inputs), steps=Names("steps", steps))
        return _bounded(pieces, where)
    except WorkflowError:
        raise
    except UndefinedError as error:
        raise _failure(where, str(error.message), "mend the name, or the `needs` of the step") from None
    except TemplateSyntaxError as error:
        raise _failure(where, f"line {error.lineno}: {error.message}", "mend the template") from None
    except SecurityError as error:
        raise _failure(where, str(error), "templates are sandboxed: do it outside of the prompt") from None
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise _failure(where, f"{type(error).__name__}: {error}", "mend the expression") from None
    except (RecursionError, MemoryError):
        raise _failure(where, "it needs too much memory", "make it simpler") from None


def _bounded(pieces: Iterator[str], where: Where) -> str:
    parts: list[str] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > MAX_OUTPUT:
            raise _failure(
                where, f"it comes to more than {MAX_OUTPUT:,} characters", "make the prompt shorter"
            )
        parts.append(piece)
    return "".join(parts)


def _failure(where: Where, message: str, cure: str) -> WorkflowError:
    return WorkflowError(
        f"the {where.key} of step `{where.step}`: {message}", path=where.path, key=where.key, cure=cure
    )
