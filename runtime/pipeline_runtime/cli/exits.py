"""Exit codes: one table, documented in the README and in `--help`."""

from __future__ import annotations

OK = 0
FAILED = 1
"""The run failed, or our output could not be written."""
USAGE = 2
"""Wrong arguments, an invalid workflow, or no terminal for the UI."""
INTERRUPTED = 130
"""Ctrl-C: sockets closed, partial answers kept in the run log."""
READER_GONE = 141
"""Whoever read our output closed it, as `head` does."""
TERMINATED = 143
"""SIGTERM: handled as Ctrl-C is."""
