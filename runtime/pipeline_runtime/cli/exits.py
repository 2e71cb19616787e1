"""Exit codes: one table, documented in the README."""

OK = 0
FAILED = 1
"""The run failed, or a step of it."""
USAGE = 2
"""Wrong arguments, an invalid workflow, or no terminal for the UI."""
INTERRUPTED = 130
"""Ctrl-C: sockets closed, partial answers kept in the run log."""
READER_GONE = 141
"""Whoever read our output closed it, as `head` does."""
