"""Text that cannot write to the terminal: the runtime's, so that both front ends show the same marks."""

from __future__ import annotations

from pipeline_runtime.sanitise import TAB, copyable, mark, reveal, sanitise, sanitise_line

__all__ = ["TAB", "copyable", "mark", "reveal", "sanitise", "sanitise_line"]
