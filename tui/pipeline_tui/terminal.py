"""What is known of the terminal, from the environment alone: nothing is asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_TERMINAL = 2
"""Exit code: the UI cannot be shown here."""

OSC52_TERMS = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour", "rio")
"""Values of TERM (or its beginning) of terminals that take OSC 52 as they are delivered."""
OSC52_PROGRAMS = frozenset({"WezTerm", "ghostty", "rio", "Tabby", "WarpTerminal"})
"""Values of TERM_PROGRAM of terminals that do. iTerm2 is not here: it asks for a setting first."""


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


def takes_osc52(environ: Mapping[str, str]) -> bool:
    """Whether this terminal is known to put OSC 52 text on the clipboard.

    Inside tmux or screen it is not known: they decide by their own settings.
    """
    if environ.get("TMUX") or environ.get("STY"):
        return False
    if environ.get("WT_SESSION") or environ.get("KITTY_WINDOW_ID"):
        return True
    if environ.get("TERM_PROGRAM") in OSC52_PROGRAMS:
        return True
    return environ.get("TERM", "").startswith(OSC52_TERMS)


def over_ssh(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is on another machine: a clipboard tool here would fill the wrong clipboard."""
    return any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"))
