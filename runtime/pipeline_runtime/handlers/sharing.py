"""Whether a handler is fresh: the same object in two runs mixes their output, and its state leaks."""

from __future__ import annotations

import inspect
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline_runtime.handlers.legacy import LegacyHandlerAdapter

if TYPE_CHECKING:
    from pipeline_runtime.handlers.loading import LoadedHandler

_last_run: dict[int, tuple[weakref.ref[Any], str]] = {}
"""By the id of a handler object that lives: the run that it was given to."""


def is_shared(handler: LoadedHandler) -> bool:
    """Whether every run would get this same object: no class or factory made it, and it is no function."""
    return handler.made in ("object", "function") and _state_of(handler) is not None


def given_before(handler: LoadedHandler, run: str) -> str | None:
    """Note that a run has this handler now, and give the run that had the same object before.

    Functions are never told of: they keep nothing.

    Args:
        handler: Just loaded.
        run: The run's id.
    """
    state = _state_of(handler)
    if state is None:
        return None
    key = id(state)
    before = _last_run.get(key)
    try:
        _last_run[key] = (weakref.ref(state, lambda _: _last_run.pop(key, None)), run)
    except TypeError:  # an object with slots cannot be watched, and its id may be another's tomorrow
        return None
    return before[1] if before is not None and before[1] != run else None


def _state_of(handler: LoadedHandler) -> Any:
    """The object that holds the handler's state; `None` for a function.

    The method of something that is no handler (`events.append`) is a function too: who gives it collects.
    """
    target = handler.target
    if isinstance(target, LegacyHandlerAdapter):
        target = target.handler
    while isinstance(target, partial):
        target = target.func
    if not inspect.isroutine(target):
        return target
    owner = getattr(target, "__self__", None)
    return owner if hasattr(owner, "handle_event") else None
