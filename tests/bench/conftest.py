"""The bench's server, for its tests."""

from __future__ import annotations

from helpers_bench import lab

__all__ = ["lab"]
