"""Whether each handler of a workflow can be imported and has the right shape. None of the user's is made."""

from __future__ import annotations

import ast
import inspect
import textwrap
import warnings
from typing import TYPE_CHECKING, Any

from pipeline_runtime.doctor.facts import HandlerFact
from pipeline_runtime.errors import HandlerLoadError
from pipeline_runtime.handlers.finding import BUILT_INS, find_handler, plain_name
from pipeline_runtime.handlers.idempotence import idempotent
from pipeline_runtime.handlers.legacy import LegacyHandlerAdapter
from pipeline_runtime.handlers.loading import is_factory, load_handler
from pipeline_runtime.handlers.options import OptionError, check_options
from pipeline_runtime.handlers.sharing import is_shared

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline_runtime.handlers.loading import LoadedHandler
    from pipeline_runtime.workflow.models import HandlerSpec, Step, Workflow

REPLACING = frozenset({"replace", "atomic"})


def gather_handlers(workflow: Workflow) -> tuple[HandlerFact, ...]:
    """Every handler of every step that is run."""
    return tuple(
        _looked_at(spec, step, workflow)
        for step in workflow.steps
        if step.skip is None
        for spec in step.handlers
    )


def _looked_at(spec: HandlerSpec, step: Step, workflow: Workflow) -> HandlerFact:
    name = plain_name(spec.handler)
    opts = dict(spec.opts)
    try:
        found = find_handler(spec.handler)
    except HandlerLoadError as error:
        return HandlerFact(step.id, name, step.stream, "missing", error.message, error.cure)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of a legacy handler, which is told below
            loaded = _checked(name, found, opts)
    except (HandlerLoadError, OptionError) as error:
        message = error.message if isinstance(error, HandlerLoadError) else f"handler '{name}': {error}"
        return HandlerFact(step.id, name, step.stream, "shape", message, error.cure)
    legacy = loaded is not None and isinstance(loaded.target, LegacyHandlerAdapter)
    return HandlerFact(
        step.id,
        name,
        step.stream,
        shared=loaded is not None and is_shared(loaded) and not legacy,
        legacy=legacy,
        repeats=step.on_drop == "restart" and not _leaves_out(found, opts),
        sink=_sink(name, opts, step, workflow),
        replaces=name == "file" and opts.get("mode") in REPLACING,
    )


def _checked(name: str, found: Any, opts: Mapping[str, Any]) -> LoadedHandler | None:
    """What a run would call; `None` where only a run can tell.

    A class of the user's is not made: what its constructor does is for a run. Its methods are looked at on an
    object that has not been initialised.

    Raises:
        HandlerLoadError: it is of the wrong shape.
        OptionError: an option is wrong.
    """
    if name in BUILT_INS:
        load_handler(name, opts)
        return None
    if is_factory(found):
        check_options(found, opts)
        if _returns_nothing(found):
            raise HandlerLoadError(
                f"handler '{name}' has no parameter for an event, and returns nothing that could take one",
                cure="write handle_event(event), or return a handler from it",
            )
        return None
    if inspect.isclass(found):
        check_options(found, opts)
        return _bare(found)
    target: Any = getattr(found, "handle_event", None) if inspect.ismodule(found) else found
    return load_handler(target, opts)


def _returns_nothing(function: Any) -> bool:
    """Whether its source shows that it cannot return a handler."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return False
    made, *_ = tree.body
    if isinstance(made, ast.AsyncFunctionDef):
        return True
    return isinstance(made, ast.FunctionDef) and not made.decorator_list and not any(_own_returns(made))


def _own_returns(node: ast.AST) -> Iterator[ast.expr]:
    """What a function returns; not what those inside it do."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Return) and child.value is not None:
            yield child.value
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from _own_returns(child)


def _leaves_out(found: Any, opts: Mapping[str, Any]) -> bool:
    """Whether it was made by `idempotent`, or is a buffer that leaves out what it had."""
    return getattr(found, "__module__", "") == idempotent.__module__ or bool(opts.get("deduplicate"))


def _bare(cls: Any) -> LoadedHandler | None:
    """The shape of a class; `None` when it cannot be seen without its constructor."""
    try:
        bare = cls.__new__(cls)
    except TypeError:
        return None
    loaded = load_handler(bare)
    loaded.made = "class"  # a run makes its own
    return loaded


def _sink(name: str, opts: Mapping[str, Any], step: Step, workflow: Workflow) -> str | None:
    if name in {"console", "simple"}:
        return "terminal"
    if name == "file":
        path = str(opts.get("path", ""))
        return "file " + path.replace("{step}", step.id).replace("{workflow}", workflow.name)
    if name == "callback":
        return f"callback {opts.get('callback')}"
    return None if name in BUILT_INS else f"handler {name} {sorted(map(str, opts.items()))}"
