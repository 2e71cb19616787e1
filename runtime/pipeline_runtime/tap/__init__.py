"""The tap: a reverse proxy on loopback that makes a run of every request that goes through it.

`TapServer` is imported on first use: it brings httpx.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_runtime.tap.pointing import BaseUrl, base_urls, read_upstreams
    from pipeline_runtime.tap.run import TapRun
    from pipeline_runtime.tap.server import TapServer

__all__ = ["BaseUrl", "TapRun", "TapServer", "base_urls", "read_upstreams"]

_HOMES = {
    "BaseUrl": "pointing",
    "TapRun": "run",
    "TapServer": "server",
    "base_urls": "pointing",
    "read_upstreams": "pointing",
}


def __getattr__(name: str) -> object:
    """Import a public name from its module on first use."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
