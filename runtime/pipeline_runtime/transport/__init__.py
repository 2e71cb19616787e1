"""The only package that opens a connection.

`Transport` sends a request, `ServerResponse` gives the body as chunks stamped at the socket. Names are
imported on first use, for `Transport` brings httpx.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from pipeline_runtime.transport.settings import Timeouts

if TYPE_CHECKING:
    from pipeline_runtime.transport.client import Transport
    from pipeline_runtime.transport.response import ServerResponse

__all__ = ["ServerResponse", "Timeouts", "Transport"]

_HOMES = {
    "ServerResponse": "pipeline_runtime.transport.response",
    "Transport": "pipeline_runtime.transport.client",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)
