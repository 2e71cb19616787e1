"""What a template refers to, seen without rendering it: through Jinja2's syntax tree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeGuard

from jinja2 import TemplateError, TemplateSyntaxError, nodes
from jinja2.meta import TrackingCodeGenerator

from pipeline_runtime.workflow.spelling import suggest
from pipeline_runtime.workflow.templates import ENVIRONMENT, STEP_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOTS = ("inputs", "steps", "files")
PATH_ROOTS = ("inputs", "timestamp")
"""What a path may be made of: no answer, so that no model can name a file."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a step's templates may refer to."""

    step: str
    inputs: tuple[str, ...]
    steps: tuple[str, ...]
    """All steps of the workflow."""
    above: frozenset[str]
    """Those that are over before this one begins."""
    files: tuple[str, ...] = ()
    roots: tuple[str, ...] = ROOTS


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """What is wrong, and in which line of the template, from 1."""

    message: str
    line: int
    cure: str = ""


def check_template(template: str, scope: Scope) -> list[TemplateProblem]:
    """Every wrong reference of a template, or the one reason why it is none."""
    try:
        tree, undeclared = _parsed(template)
    except TemplateSyntaxError as error:
        message = f"the template is not well formed: {str(error.message).rstrip('.')}"
        return [TemplateProblem(message, error.lineno, "mend it; a literal `{{` is written `{{ '{{' }}`")]
    except (TemplateError, RecursionError) as error:
        return [TemplateProblem(f"the template cannot be read: {error}", 1)]
    return [*_unknown_names(tree, undeclared, scope), *_wrong_references(tree, scope)]


def named_steps(template: str) -> frozenset[str] | None:
    """The steps that a template names; `None` when it may look up any, or cannot be read."""
    if "steps" not in template:
        return frozenset()
    try:
        tree, _ = _parsed(template)
    except (TemplateError, RecursionError):
        return None
    looked_up = [_name_of(node) for node in tree.find_all((nodes.Getattr, nodes.Getitem)) if _is_step(node)]
    names = [name for name in looked_up if name is not None]
    uses = sum(node.name == "steps" for node in tree.find_all(nodes.Name))
    return frozenset(names) if uses == len(names) else None


@lru_cache(maxsize=256)
def _parsed(template: str) -> tuple[nodes.Template, frozenset[str]]:
    """The tree, which nobody changes, and the names from outside: files are checked again and again."""
    tree = ENVIRONMENT.parse(template)
    return tree, _undeclared(tree)


def _undeclared(tree: nodes.Template) -> frozenset[str]:
    """The names that a template takes from outside; those that it sets itself are not among them."""
    generator = TrackingCodeGenerator(ENVIRONMENT)
    generator.visit(tree)
    return frozenset(generator.undeclared_identifiers)


def _unknown_names(
    tree: nodes.Template, undeclared: frozenset[str], scope: Scope
) -> Iterator[TemplateProblem]:
    unknown = set(undeclared - {*scope.roots, *ENVIRONMENT.globals})
    for name in tree.find_all(nodes.Name):
        if name.ctx == "load" and name.name in unknown:
            unknown.discard(name.name)
            yield TemplateProblem(f"there is no `{name.name}` here", name.lineno, _cure(name.name, scope))


def _cure(name: str, scope: Scope) -> str:
    if name in scope.inputs:
        return f"write `inputs.{name}`"
    if name in scope.steps:
        return f"write `{_path_of(name)}.text`"
    if scope.roots is not ROOTS:
        return f"a path sees {' and '.join(f'`{root}`' for root in scope.roots)} only"
    return suggest(name, ROOTS) if scope.inputs else "templates see `inputs`, `steps` and `files`"


def _wrong_references(tree: nodes.Template, scope: Scope) -> Iterator[TemplateProblem]:
    seen: set[TemplateProblem] = set()
    lookups: list[nodes.Getattr | nodes.Getitem] = [
        *tree.find_all(nodes.Getattr),
        *tree.find_all(nodes.Getitem),
    ]
    for node in lookups:
        problem = _lookup(node, scope)
        if problem is not None and problem not in seen:
            seen.add(problem)
            yield problem


def _lookup(node: nodes.Getattr | nodes.Getitem, scope: Scope) -> TemplateProblem | None:
    owner, name = node.node, _name_of(node)
    if name is None:
        return None
    if isinstance(owner, nodes.Name) and owner.name in _CHECKS and owner.name in scope.roots:
        return _CHECKS[owner.name](name, node.lineno, scope)
    if _is_step(owner) and name not in STEP_FIELDS:
        return TemplateProblem(f"a step has no `{name}`", node.lineno, suggest(name, STEP_FIELDS))
    return None


def _input(name: str, line: int, scope: Scope) -> TemplateProblem | None:
    if name in scope.inputs:
        return None
    cure = suggest(name, scope.inputs, otherwise=f"declare it: `inputs: {{{name}: ...}}`")
    return TemplateProblem(f"there is no input `{name}`", line, cure)


def _step(name: str, line: int, scope: Scope) -> TemplateProblem | None:
    if name in scope.above:
        return None
    if name == scope.step:
        return TemplateProblem(f"step `{name}` refers to its own answer", line, "it has none yet")
    if name in scope.steps:
        message = f"step `{scope.step}` refers to `{name}`, which need not be over before it begins"
        return TemplateProblem(message, line, f"add `{name}` to its `needs`")
    dashed = [step for step in scope.steps if step.startswith(f"{name}-")]
    if dashed:
        return TemplateProblem(f"there is no step `{name}`", line, f"write `{_path_of(dashed[0])}`")
    cure = suggest(
        name, [step for step in scope.steps if step != scope.step], otherwise="there is no other step"
    )
    return TemplateProblem(f"there is no step `{name}`", line, cure)


def _file(name: str, line: int, scope: Scope) -> TemplateProblem | None:
    if name in scope.files:
        return None
    cure = suggest(name, scope.files, otherwise="name it in the step's `files`")
    return TemplateProblem(f"the step has no file `{name}`", line, cure)


_CHECKS = {"inputs": _input, "steps": _step, "files": _file}


def _name_of(node: nodes.Getattr | nodes.Getitem) -> str | None:
    if isinstance(node, nodes.Getattr):
        return node.attr
    argument = node.arg
    return argument.value if isinstance(argument, nodes.Const) and isinstance(argument.value, str) else None


def _is_step(node: nodes.Node) -> TypeGuard[nodes.Getattr | nodes.Getitem]:
    return (
        isinstance(node, nodes.Getattr | nodes.Getitem)
        and isinstance(node.node, nodes.Name)
        and node.node.name == "steps"
    )


def _path_of(step: str) -> str:
    return f"steps.{step}" if step.isidentifier() else f'steps["{step}"]'
