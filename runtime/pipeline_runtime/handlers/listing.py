"""Every handler that can be named, with where it comes from and what it takes."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline_runtime.errors import HandlerLoadError
from pipeline_runtime.handlers.finding import (
    BUILT_INS,
    GUIDE_NAMES,
    find_handler,
    installed_handlers,
    load_installed,
)
from pipeline_runtime.handlers.loading import is_factory
from pipeline_runtime.handlers.options import Option, options_of

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


class KnownHandler(msgspec.Struct, frozen=True):
    """A handler that `stream_handler` can name."""

    name: str
    source: str
    """`built in`, or the package and its version."""
    target: str
    """`module:name`, as it is imported."""
    says: str = ""
    """One sentence."""
    options: tuple[Option, ...] = ()
    also: tuple[str, ...] = ()
    """Other names for it."""
    error: str | None = None
    """Why it cannot be used."""
    cure: str | None = None


def list_handlers() -> list[KnownHandler]:
    """The built-ins, then what is installed. One that is broken is listed with its error."""
    return [
        *(_built_in(name) for name in BUILT_INS),
        *(_installed(offered) for offered in installed_handlers()),
    ]


def describe_handler(spec: str) -> KnownHandler:
    """One that is named by its path.

    Args:
        spec: As `stream_handler` takes it: `my_pkg.handlers:Counter`.

    Raises:
        HandlerLoadError: There is none, or it cannot be imported.
    """
    found = find_handler(spec)
    takes = options_of(found) if inspect.isclass(found) or is_factory(found) else ()
    return KnownHandler(spec, "by its path", spec, _sentence(found), takes)


def _built_in(name: str) -> KnownHandler:
    found = find_handler(name)
    also = tuple(guide for guide, own in GUIDE_NAMES.items() if own == name)
    return KnownHandler(name, "built in", BUILT_INS[name], _sentence(found), options_of(found), also)


def _installed(offered: EntryPoint) -> KnownHandler:
    source = f"{offered.dist.name} {offered.dist.version}" if offered.dist else "unknown package"
    known = KnownHandler(offered.name, source, offered.value)
    problem = _problem_with_name(offered.name)
    if problem is not None:
        cure = "the package must call it something else; it can still be named by its path"
        return msgspec.structs.replace(known, error=problem, cure=cure)
    try:
        found = load_installed(offered)
    except HandlerLoadError as error:
        return msgspec.structs.replace(known, error=error.message, cure=error.cure)
    takes = options_of(found) if inspect.isclass(found) or is_factory(found) else ()
    return msgspec.structs.replace(known, says=_sentence(found), options=takes)


def _problem_with_name(name: str) -> str | None:
    if name in BUILT_INS:
        return f"the built-in handler '{name}' hides it"
    return "a name with '.' or ':' is read as a path" if {".", ":"} & set(name) else None


def _sentence(found: Any) -> str:
    """The first sentence of its docstring, on one line."""
    first = (inspect.getdoc(found) or "").partition("\n\n")[0]
    return " ".join(first.split())
