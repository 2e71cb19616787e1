"""From a `stream_handler` entry to a handler: made anew for every run, so that nothing leaks between runs."""

from __future__ import annotations

import importlib
import inspect
from difflib import get_close_matches
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from pipeline_runtime.errors import HandlerLoadError
from pipeline_runtime.handlers.kinds import EVENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping

    from pipeline_runtime.events import AnyEvent

DEFAULT_KINDS = frozenset({"delta", "done"})
BUILT_INS = {"console": "pipeline_runtime.handlers.console:ConsoleHandler"}
GUIDE_NAMES = {"Pipeline.Streaming.ConsoleHandler": "console"}
"""The names that the migration guide uses, and what they are here."""


@runtime_checkable
class Handler(Protocol):
    """What receives the events of a step, from `step_started` on.

    A class attribute `kinds` names the event kinds it wants; without one it gets `delta` and `done`. A method
    `close`, if there is one, is called when the step is over and all events are handled.
    """

    def handle_event(self, event: AnyEvent) -> Awaitable[None] | None:
        """Take one event; may be a coroutine function."""


HandleEvent: TypeAlias = "Callable[[AnyEvent], Awaitable[None] | None]"


class LoadedHandler:
    """A handler of one run, and how to call it."""

    def __init__(self, name: str, target: Any) -> None:
        self.name = name
        self.handle_event: HandleEvent = getattr(target, "handle_event", target)
        self.kinds: Collection[str] = getattr(target, "kinds", None) or DEFAULT_KINDS
        self.close: Callable[[], Awaitable[None] | None] | None = getattr(target, "close", None)


def load_handler(spec: str | Callable[..., Any], opts: Mapping[str, Any] | None = None) -> LoadedHandler:
    """The handler that `spec` names: a built-in, a name of the guide, or a dotted path.

    Args:
        spec: `console`, `Pipeline.Streaming.ConsoleHandler`, `my_pkg.handlers:handle_event`,
            `my_pkg.MyHandler`, or a function or class itself.
        opts: Keyword arguments for a class.

    Raises:
        HandlerLoadError: It cannot be found or imported, or it does not take one event.
    """
    if not isinstance(spec, str):
        return _instantiate(getattr(spec, "__qualname__", repr(spec)), spec, opts)
    name = GUIDE_NAMES.get(spec, spec)
    return _instantiate(name, _find(BUILT_INS.get(name, name), spec), opts)


def _find(path: str, spec: str) -> Any:
    module_name, _, attribute = path.partition(":")
    if not attribute:
        module_name, _, attribute = path.rpartition(".")
    near = get_close_matches(spec, [*BUILT_INS, *GUIDE_NAMES], n=1)
    if not all(part.isidentifier() for part in (*module_name.split("."), *attribute.split("."))):
        cure = (
            f"did you mean '{near[0]}'?"
            if near
            else f"built in: {', '.join(BUILT_INS)}; or give package.module:name"
        )
        raise HandlerLoadError(f"there is no handler '{spec}'", cure=cure)
    found = _import(module_name, spec, near)
    if not hasattr(found, attribute) and ":" not in path and find_spec(path) is not None:
        return _import(path, spec, near)
    for part in attribute.split("."):
        if not hasattr(found, part):
            near = get_close_matches(part, dir(found), n=1)
            cure = f"did you mean '{near[0]}'?" if near else f"define it in {module_name}"
            raise HandlerLoadError(f"handler '{spec}': '{module_name}' has no '{part}'", cure=cure)
        found = getattr(found, part)
    return found


def _import(module_name: str, spec: str, near: list[str]) -> Any:
    try:
        return importlib.import_module(module_name)
    except ImportError as error:
        cure = "install the package, or run where it can be imported (PYTHONPATH)"
        raise HandlerLoadError(
            f"handler '{spec}': cannot import '{module_name}': {error}",
            cure=f"did you mean '{near[0]}'?" if near else cure,
        ) from error
    except Exception as error:
        raise HandlerLoadError(
            f"handler '{spec}': '{module_name}' fails when it is imported: {type(error).__name__}: {error}",
            cure="mend the module",
        ) from error


def _instantiate(name: str, found: Any, opts: Mapping[str, Any] | None) -> LoadedHandler:
    if inspect.ismodule(found):
        found = getattr(found, "handle_event", None)
    if inspect.isclass(found):
        try:
            found = found(**(opts or {}))
        except TypeError as error:
            raise HandlerLoadError(
                f"handler '{name}': {error}", cure="check stream_handler_opts against the class's __init__"
            ) from error
        except Exception as error:
            raise HandlerLoadError(
                f"handler '{name}' cannot be made: {type(error).__name__}: {error}", cure="mend its __init__"
            ) from error
    elif opts:
        raise HandlerLoadError(
            f"handler '{name}' is no class and takes no options", cure="remove stream_handler_opts"
        )
    target = getattr(found, "handle_event", found)
    if not callable(target):
        raise HandlerLoadError(
            f"handler '{name}' is not callable", cure="define handle_event(event), or give a function"
        )
    _check_signature(name, target)
    handler = LoadedHandler(name, found)
    _check_kinds(handler)
    return handler


def _check_kinds(handler: LoadedHandler) -> None:
    kinds = handler.kinds
    if isinstance(kinds, str) or not all(isinstance(kind, str) for kind in kinds):
        raise HandlerLoadError(
            f"handler '{handler.name}': `kinds` is no collection of names",
            cure="write kinds = {'delta', 'done'}",
        )
    for kind in kinds:
        if kind not in EVENT_TYPES:
            near = get_close_matches(kind, EVENT_TYPES, n=1)
            cure = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(EVENT_TYPES)}"
            raise HandlerLoadError(f"handler '{handler.name}': there is no event kind '{kind}'", cure=cure)


def _check_signature(name: str, target: Callable[..., Any]) -> None:
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(None)
    except TypeError as error:
        called = getattr(target, "__name__", type(target).__name__)
        raise HandlerLoadError(
            f"handler '{name}' does not take one event: it is {called}{signature}",
            cure="define handle_event(event)",
        ) from error
