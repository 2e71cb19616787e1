"""What tests of handlers and workflows need. `docs/testing.md` shows how.

Names are imported on first use: pytest loads the plugin of this package wherever it is installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_runtime.testing.offline import ConnectionForbidden, forbid_connections, is_loopback
    from pipeline_runtime.testing.parts import disconnect, error, refusal, stall, status, thinking, tool
    from pipeline_runtime.testing.recorder import StreamingRecorder
    from pipeline_runtime.testing.scripted import ScriptedStream, scripted_stream
    from pipeline_runtime.testing.surroundings import isolate, provider_variables

__all__ = [
    "ConnectionForbidden", "ScriptedStream", "StreamingRecorder", "disconnect", "error", "forbid_connections",
    "is_loopback", "isolate", "provider_variables", "refusal", "scripted_stream", "stall", "status",
    "thinking", "tool",
]  # fmt: skip

_HOMES = {
    "offline": ("ConnectionForbidden", "forbid_connections", "is_loopback"),
    "parts": ("disconnect", "error", "refusal", "stall", "status", "thinking", "tool"),
    "recorder": ("StreamingRecorder",),
    "scripted": ("ScriptedStream", "scripted_stream"),
    "surroundings": ("isolate", "provider_variables"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
