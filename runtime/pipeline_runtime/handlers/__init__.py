"""What receives the events of a step. `docs/handlers.md` tells how to write one.

Names are imported on first use: a handler that no run asks for is not loaded.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_runtime.handlers.buffer import BufferHandler
    from pipeline_runtime.handlers.callback import CallbackHandler
    from pipeline_runtime.handlers.console import ConsoleHandler
    from pipeline_runtime.handlers.contract import Handler, HandlerLike, RunInfo
    from pipeline_runtime.handlers.debug import DebugHandler
    from pipeline_runtime.handlers.file import FileHandler
    from pipeline_runtime.handlers.idempotence import idempotent
    from pipeline_runtime.handlers.legacy import LegacyHandlerAdapter, LegacyResult
    from pipeline_runtime.handlers.listing import KnownHandler, list_handlers
    from pipeline_runtime.handlers.loading import LoadedHandler, load_handler
    from pipeline_runtime.handlers.sharing import given_before, is_shared
    from pipeline_runtime.handlers.simple import SimpleHandler

__all__ = [
    "BufferHandler", "CallbackHandler", "ConsoleHandler", "DebugHandler", "FileHandler", "Handler",
    "HandlerLike", "KnownHandler", "LegacyHandlerAdapter", "LegacyResult", "LoadedHandler", "RunInfo",
    "SimpleHandler", "given_before", "idempotent", "is_shared", "list_handlers", "load_handler",
]  # fmt: skip

_HOME_OF = {
    "BufferHandler": "buffer",
    "CallbackHandler": "callback",
    "ConsoleHandler": "console",
    "DebugHandler": "debug",
    "FileHandler": "file",
    "Handler": "contract",
    "HandlerLike": "contract",
    "KnownHandler": "listing",
    "LegacyHandlerAdapter": "legacy",
    "LegacyResult": "legacy",
    "LoadedHandler": "loading",
    "RunInfo": "contract",
    "SimpleHandler": "simple",
    "given_before": "sharing",
    "idempotent": "idempotence",
    "is_shared": "sharing",
    "list_handlers": "listing",
    "load_handler": "loading",
}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
