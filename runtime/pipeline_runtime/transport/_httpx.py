"""The one importer of httpx."""

from __future__ import annotations

import sys
from types import ModuleType


def _no_command_line() -> None:
    """Stands in for httpx's own command line, which nothing here starts."""
    raise SystemExit("httpx's command line is not part of pipeline-tui")


# `import httpx` loads its command line: click, rich and pygments, two thirds of its import time.
if "httpx" not in sys.modules:
    _stand_in = ModuleType("httpx._main")
    _stand_in.__dict__["main"] = _no_command_line
    sys.modules.setdefault("httpx._main", _stand_in)

import httpx  # noqa: E402 - after the stand-in, or it would come too late

__all__ = ["httpx"]
