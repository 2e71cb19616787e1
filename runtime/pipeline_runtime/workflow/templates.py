"""Renders prompts: Jinja2 in its immutable sandbox, where a name that is not there is an error.

A template sees `inputs.<name>`, `steps.<id>.<field>` and `files["name"]` and nothing else. Output, ranges and
repetition are bounded; nested loops may still take long, so read a stranger's workflow before you run it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedEnvironment

from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.workflow.extracting import NotExtractable, extract
from pipeline_runtime.workflow.spelling import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jinja2.runtime import Context

    from pipeline_runtime.events import FinishReason, Response, ToolCall, Usage
    from pipeline_runtime.workflow.lines import TextLines

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
    lines: TextLines | None = None
    """Where its lines stand in the file, where that is known."""

    def failure(self, message: str, cure: str, template_line: int = 1) -> WorkflowError:
        """An error in this template, with the file's line."""
        return WorkflowError(
            f"the {self.key} of step `{self.step}`: {message}",
            path=self.path,
            line=self.lines.at(template_line) if self.lines else None,
            key=self.key,
            cure=cure,
        )


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
    environment.filters["extract"] = extract
    return environment


ENVIRONMENT = _environment()


@lru_cache(maxsize=256)
def _compiled(template: str) -> Template:
    return ENVIRONMENT.from_string(template)


def render(
    template: str,
    *,
    inputs: Mapping[str, Any],
    steps: Mapping[str, StepView],
    where: Where,
    files: Mapping[str, str] | None = None,
) -> str:
    """The text that a template comes to.

    Args:
        template: The prompt or system prompt as written.
        inputs: The resolved inputs.
        steps: The steps that are over.
        where: Which template it is.
        files: The texts of the step's files, by name.

    Raises:
        WorkflowError: it is no template, names what is not there, does what the sandbox forbids, fails, or
            comes to more than `MAX_OUTPUT` characters.
    """
    names = {
        "inputs": Names("inputs", inputs),
        "steps": Names("steps", steps),
        "files": Names("files", files or {}),
    }
    return _rendered(template, names, where)


def render_path(template: str, *, inputs: Mapping[str, Any], where: Where, timestamp: str) -> str:
    """The path that a template comes to: it sees no answers, so that no model can name a file.

    Raises:
        WorkflowError: as `render`.
    """
    return _rendered(template, {"inputs": Names("inputs", inputs), "timestamp": timestamp}, where)


def _rendered(template: str, names: Mapping[str, Any], where: Where) -> str:
    if _is_plain(template):
        return template
    try:
        return _bounded(_compiled(template).generate(**names), where)
    except WorkflowError:
        raise
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        message, cure = _explained(error)
        line = error.lineno if isinstance(error, TemplateSyntaxError) else _template_line(error)
        raise where.failure(message, cure, line) from None
    except (RecursionError, MemoryError):
        raise where.failure("it needs too much memory", "make it simpler") from None


def _is_plain(template: str) -> bool:
    """Whether it comes to itself: nothing to fill in, no line end that Jinja would change or take away."""
    special = "{" in template or "\r" in template or template.endswith("\n")
    return not special and len(template) <= MAX_OUTPUT


def _explained(error: Exception) -> tuple[str, str]:
    """What to say of an error in a template, and its cure."""
    match error:
        case UndefinedError():
            return str(error.message), "mend the name, or the `needs` of the step"
        case TemplateSyntaxError():
            return f"line {error.lineno}: {error.message}", "mend the template"
        case NotExtractable():
            return str(error.message), "ask for JSON with that field, or give `extract` a default"
        case SecurityError():
            return str(error), "templates are sandboxed: do it outside of the prompt"
        case _:
            return f"{type(error).__name__}: {error}", "mend the expression"


def _template_line(error: Exception) -> int:
    """The line of the template that an error came from: Jinja puts it into the traceback."""
    line, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _bounded(pieces: Iterator[str], where: Where) -> str:
    parts: list[str] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > MAX_OUTPUT:
            message = f"it comes to more than {MAX_OUTPUT:,} characters"
            raise where.failure(message, "make the prompt shorter")
        parts.append(piece)
    return "".join(parts)
