"""How large a workflow file may be."""

from __future__ import annotations

MAX_BYTES = 10 * 1024 * 1024
