"""What is known of the terminal, from the environment alone: nothing is asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_TERMINAL = 2
"""Exit code: the UI cannot be shown here."""


def refusal(
    stdin: TextIO | None, stdout: TextIO | None, stderr: TextIO | None, environ: Mapping[str, str]
) -> str | None:
    """Why the UI cannot be shown here, as one line with the way out; `None` when it can.

    Standard error counts too: it is what Textual paints on.
    """
    cure = "run one without the UI: pipeline-tui run WORKFLOW (see pipeline-tui --help)"
    for name, stream in (("input", stdin), ("output", stdout), ("error", stderr)):
        if stream is None or stream.closed or not stream.isatty():
            return f"pipeline-tui: the UI needs a terminal, and standard {name} is not one; {cure}"
    if environ.get("TERM") == "dumb":
        return f"pipeline-tui: the UI needs a terminal that can move the cursor (TERM is dumb); {cure}"
    return None


def over_ssh(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is on another machine: a clipboard tool here would fill the wrong clipboard."""
    return any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"))
