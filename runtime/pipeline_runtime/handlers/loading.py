"""From a `stream_handler` entry to a handler: made anew for every run, so that nothing leaks between runs."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline_runtime.errors import HandlerLoadError
from pipeline_runtime.handlers.finding import find_handler, plain_name
from pipeline_runtime.handlers.kinds import ALL, DEFAULT_KINDS, EVENT_TYPES, RUN_KINDS, STEP_KINDS
from pipeline_runtime.handlers.legacy import LegacyHandlerAdapter, is_legacy_function, is_legacy_object
from pipeline_runtime.handlers.options import OptionError, check_options
from pipeline_runtime.workflow.spelling import nearest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping

    from pipeline_runtime.handlers.contract import HandleEvent, HandlerLike, Made, RunInfo


class LoadedHandler:
    """A handler of one run, and how to call it."""

    def __init__(self, name: str, target: Any, made: Made = "object") -> None:
        self.name = name
        self.target = target
        """The handler itself: a function, or an object with `handle_event`."""
        self.made: Made = made
        self.handle_event: HandleEvent = getattr(target, "handle_event", target)
        kinds = getattr(target, "kinds", None) or DEFAULT_KINDS
        self.kinds: Collection[str] = STEP_KINDS if kinds == ALL else kinds
        self.start: Callable[[RunInfo], Awaitable[None] | None] | None = getattr(target, "start", None)
        self.close: Callable[[], Awaitable[None] | None] | None = getattr(target, "close", None)


def load_handler(spec: HandlerLike, opts: Mapping[str, Any] | None = None) -> LoadedHandler:
    """The handler that `spec` is, or names; a class or a factory makes a new one.

    Args:
        spec: A built-in (`console`), its name in the guide (`Pipeline.Streaming.ConsoleHandler`), the name of
            an installed handler, a dotted path (`my_pkg.handlers:handle_event`, `my_pkg.MyHandler`), or a
            function, class, factory or object itself. A function without positional parameters is a factory:
            it is called with the options and returns the handler.
        opts: Keyword arguments for a class or a factory.

    Raises:
        HandlerLoadError: It cannot be found or imported, an option does not fit, or it does not take one
            event.
    """
    if isinstance(spec, str):
        return _make(plain_name(spec), find_handler(spec), opts or {})
    return _make(getattr(spec, "__qualname__", type(spec).__qualname__), spec, opts or {})


def is_factory(found: Any) -> bool:
    """Whether a function makes handlers: it has no positional parameter that could take an event."""
    if not (inspect.isroutine(found) or isinstance(found, partial)):
        return False
    try:
        parameters = inspect.signature(found).parameters.values()
    except ValueError:
        return False
    return all(one.kind in (one.KEYWORD_ONLY, one.VAR_KEYWORD) for one in parameters)


def _make(name: str, found: Any, opts: Mapping[str, Any]) -> LoadedHandler:
    if inspect.ismodule(found):
        found = getattr(found, "handle_event", None)
    if inspect.isclass(found):
        return _checked(name, _call_with(name, found, opts, "its __init__"), "class")
    if is_factory(found):
        return _checked(name, _product(name, found, opts), "factory")
    if opts:
        raise HandlerLoadError(
            f"handler '{name}' is no class and no factory, and takes no options",
            cure="remove stream_handler_opts",
        )
    return _checked(
        name, found, "function" if inspect.isroutine(found) or isinstance(found, partial) else "object"
    )


def _call_with(name: str, maker: Callable[..., Any], opts: Mapping[str, Any], part: str) -> Any:
    try:
        return maker(**check_options(maker, opts))
    except HandlerLoadError:
        raise
    except OptionError as error:
        raise HandlerLoadError(f"handler '{name}': {error}", cure=error.cure) from error
    except Exception as error:
        raise HandlerLoadError(
            f"handler '{name}' cannot be made: {type(error).__name__}: {error}", cure=f"mend {part}"
        ) from error


def _product(name: str, factory: Callable[..., Any], opts: Mapping[str, Any]) -> Any:
    made = _call_with(name, factory, opts, "the function")
    if inspect.isawaitable(made) or not callable(getattr(made, "handle_event", made)):
        if inspect.iscoroutine(made):
            made.close()
        raise HandlerLoadError(
            f"handler '{name}' has no parameter for an event, so it is taken for a factory; it returned "
            f"{type(made).__name__}, which is no handler",
            cure="write handle_event(event), or return a handler from it",
        )
    return made


def _checked(name: str, target: Any, made: Made) -> LoadedHandler:
    if is_legacy_object(target) or is_legacy_function(target):
        target = LegacyHandlerAdapter(target)
    called = getattr(target, "handle_event", target)
    if not callable(called) or inspect.isclass(target):
        raise HandlerLoadError(
            f"handler '{name}' is not callable", cure="define handle_event(event), or give a function"
        )
    _check_signature(name, called, 1, "handle_event(event)", "one event")
    handler = LoadedHandler(name, target, made)
    if handler.start is not None:
        _check_signature(name, handler.start, 1, "start(run)", "the run in `start`")
    if handler.close is not None:
        _check_signature(name, handler.close, 0, "close()", "a bare `close`")
    _check_kinds(handler)
    return handler


def _check_kinds(handler: LoadedHandler) -> None:
    kinds = handler.kinds
    if isinstance(kinds, str) or not all(isinstance(kind, str) for kind in kinds):
        raise HandlerLoadError(
            f"handler '{handler.name}': `kinds` is no collection of names",
            cure="write kinds = {'delta', 'done'}, or kinds = 'all'",
        )
    for kind in kinds:
        if kind in RUN_KINDS:
            raise HandlerLoadError(
                f"handler '{handler.name}': a handler never gets `{kind}`: it serves one step",
                cure="take it out of `kinds`; start(run) and close() tell when the step begins and is over",
            )
        if kind not in EVENT_TYPES:
            near = nearest(kind, STEP_KINDS)
            cure = f"did you mean '{near}'?" if near else f"known: {', '.join(sorted(STEP_KINDS))}"
            raise HandlerLoadError(f"handler '{handler.name}': there is no event kind '{kind}'", cure=cure)


def _check_signature(name: str, called: Callable[..., Any], count: int, form: str, what: str) -> None:
    try:
        signature = inspect.signature(called)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*[None] * count)
    except TypeError as error:
        shown = getattr(called, "__name__", type(called).__name__)
        raise HandlerLoadError(
            f"handler '{name}' does not take {what}: it is {shown}{signature}", cure=f"define {form}"
        ) from error
