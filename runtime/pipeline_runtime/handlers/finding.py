"""From a handler's name to what it names: a built-in, an installed one, or anything that can be imported."""

from __future__ import annotations

import importlib
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from pipeline_runtime.errors import HandlerLoadError
from pipeline_runtime.workflow.spelling import nearest

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINTS = "pipeline_tui.handlers"
"""The group under which a package offers handlers of its own."""
LEGACY = "Pipeline.AsyncStreaming."
BUILT_INS = {
    "console": "pipeline_runtime.handlers.console:ConsoleHandler",
    "simple": "pipeline_runtime.handlers.simple:SimpleHandler",
    "file": "pipeline_runtime.handlers.file:FileHandler",
    "buffer": "pipeline_runtime.handlers.buffer:BufferHandler",
    "callback": "pipeline_runtime.handlers.callback:CallbackHandler",
    "debug": "pipeline_runtime.handlers.debug:DebugHandler",
}
GUIDE_NAMES = {f"Pipeline.Streaming.{name.capitalize()}Handler": name for name in BUILT_INS}
"""The names that the migration guide uses, and what they are here."""


def plain_name(spec: str) -> str:
    """A handler's own name: a name of the guide is the built-in's."""
    return GUIDE_NAMES.get(spec, spec)


def installed_handlers() -> list[EntryPoint]:
    """What packages offer, in the order of their names."""
    return sorted(entry_points(group=ENTRY_POINTS), key=lambda one: one.name)


def find_handler(spec: str) -> Any:
    """What a `stream_handler` names.

    Args:
        spec: `console`, `Pipeline.Streaming.ConsoleHandler`, the name of an installed handler,
            `my_pkg.handlers:handle_event`, or `my_pkg.MyHandler`.

    Raises:
        HandlerLoadError: There is nothing of that name, or it cannot be imported.
    """
    name = plain_name(spec)
    if name in BUILT_INS:
        return find_object(BUILT_INS[name], spec)
    if not {".", ":"} & set(name):
        for offered in installed_handlers():
            if offered.name == name:
                return load_installed(offered)
    return find_object(name, spec)


def load_installed(offered: EntryPoint) -> Any:
    """Import what a package offers.

    Raises:
        HandlerLoadError: It cannot be imported.
    """
    source = f" of {offered.dist.name}" if offered.dist else ""
    try:
        return offered.load()
    except Exception as error:
        raise HandlerLoadError(
            f"handler '{offered.name}'{source} cannot be loaded: {type(error).__name__}: {error}",
            cure=f"mend or reinstall the package: its entry point is {offered.value}",
        ) from error


def find_object(path: str, spec: str) -> Any:
    """What a dotted path names.

    Args:
        path: `package.module:name` or `package.module.name`.
        spec: As the user wrote it, for messages.

    Raises:
        HandlerLoadError: There is nothing, or it cannot be imported.
    """
    module_name, _, attribute = path.partition(":")
    if not attribute:
        module_name, _, attribute = path.rpartition(".")
    if not all(part.isidentifier() for part in (*module_name.split("."), *attribute.split("."))):
        raise HandlerLoadError(f"there is no handler '{spec}'", cure=_cure_for_name(spec))
    found = _import(module_name, spec)
    if not hasattr(found, attribute) and ":" not in path and find_spec(path) is not None:
        return _import(path, spec)
    for part in attribute.split("."):
        if not hasattr(found, part):
            near = nearest(part, dir(found))
            cure = f"did you mean '{near}'?" if near else f"define it in {module_name}"
            raise HandlerLoadError(f"handler '{spec}': '{module_name}' has no '{part}'", cure=cure)
        found = getattr(found, part)
    return found


def _cure_for_name(spec: str) -> str:
    known = [*BUILT_INS, *GUIDE_NAMES, *(one.name for one in installed_handlers())]
    near = nearest(spec, known)
    if near:
        return f"did you mean '{near}'?"
    return "see `pipeline-tui handlers` for what there is, or give package.module:name"


def _import(module_name: str, spec: str) -> Any:
    try:
        return importlib.import_module(module_name)
    except ImportError as error:
        raise HandlerLoadError(
            f"handler '{spec}': cannot import '{module_name}': {error}", cure=_cure_for_import(spec)
        ) from error
    except Exception as error:
        raise HandlerLoadError(
            f"handler '{spec}': '{module_name}' fails when it is imported: {type(error).__name__}: {error}",
            cure="mend the module",
        ) from error


def _cure_for_import(spec: str) -> str:
    if spec.startswith(LEGACY):
        return "this is the legacy system's name: run `pipeline-tui migrate`"
    near = nearest(spec, [*BUILT_INS, *GUIDE_NAMES])
    if near:
        return f"did you mean '{near}'?"
    return "install the package, or run where it can be imported (PYTHONPATH)"
