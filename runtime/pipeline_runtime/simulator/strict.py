"""How every model of a scenario file is checked."""

from __future__ import annotations

from pydantic import ConfigDict

STRICT = ConfigDict(extra="forbid", frozen=True, strict=True, protected_namespaces=())
"""Frozen, without conversions, and with no keys but its own."""
