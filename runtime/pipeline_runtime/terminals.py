"""What is known of terminals by their environment alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

OSC52_TERMS = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour", "rio")
"""Values of TERM (or its beginning) of terminals that take OSC 52 as they are delivered."""
OSC52_PROGRAMS = frozenset({"WezTerm", "ghostty", "rio", "Tabby", "WarpTerminal"})
"""Values of TERM_PROGRAM of terminals that do. iTerm2 is not here: it asks for a setting first."""


def takes_osc52(environ: Mapping[str, str]) -> bool | None:
    """Whether the terminal puts OSC 52 text on the clipboard; `None`: it is not known.

    Inside tmux or screen it is not known: they decide by their own settings.
    """
    if environ.get("TMUX") or environ.get("STY"):
        return None
    if environ.get("WT_SESSION") or environ.get("KITTY_WINDOW_ID"):
        return True
    if environ.get("TERM_PROGRAM") in OSC52_PROGRAMS or environ.get("TERM", "").startswith(OSC52_TERMS):
        return True
    return False if environ.get("TERM_PROGRAM") == "Apple_Terminal" else None
