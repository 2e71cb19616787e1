"""What the terminal can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.doctor.findings import ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime.doctor.facts import TerminalFacts
    from pipeline_runtime.doctor.findings import Finding

SMALLEST = (80, 24)
COLOURS = {"none": "no colours", "16": "16 colours", "256": "256 colours", "true": "all colours"}


def check_terminal(terminal: TerminalFacts) -> Iterator[Finding]:
    """Colours, size, characters, clipboard."""
    if not terminal.is_terminal:
        yield ok(
            "terminal", "no_terminal", "this is no terminal: the UI needs one, `pipeline-tui run` does not"
        )
    elif terminal.term in {"", "dumb"}:
        said = f"TERM is {terminal.term}" if terminal.term else "TERM is not set"
        yield warning(
            "terminal", "dumb", f"{said}: the UI cannot be shown", "set TERM to what the terminal is"
        )
    else:
        yield from _size(terminal)
        yield ok("terminal", "colours", f"{terminal.term}: {COLOURS[terminal.colours]}")
    if terminal.encoding.lower().replace("-", "") != "utf8":
        yield warning(
            "terminal",
            "not_utf8",
            f"output is {terminal.encoding or 'of no known encoding'}: what does not fit is shown as escapes",
            "set LANG to a UTF-8 locale, such as C.UTF-8",
        )
    yield from _width(terminal)
    if terminal.is_terminal:
        yield _clipboard(terminal)


def _size(terminal: TerminalFacts) -> Iterator[Finding]:
    size = f"{terminal.columns}x{terminal.rows}"
    if terminal.columns < SMALLEST[0] or terminal.rows < SMALLEST[1]:
        yield warning("terminal", "small", f"the terminal is {size}", "the UI is made for 80x24 and more")
    else:
        yield ok("terminal", "size", f"the terminal is {size}")


def _width(terminal: TerminalFacts) -> Iterator[Finding]:
    if terminal.wide:
        yield ok("terminal", "wide", "wide characters take two columns")
    elif terminal.wide is not None:
        yield warning(
            "terminal",
            "narrow",
            "wide characters do not take two columns: lines with CJK or emoji will be out of place",
            "check LANG and LC_CTYPE, and the terminal's own setting for character width",
        )


def _clipboard(terminal: TerminalFacts) -> Finding:
    if terminal.inside == "tmux" and terminal.tmux_clipboard == "on":
        return ok("terminal", "clipboard", "tmux passes copied text on (set-clipboard on)")
    if terminal.inside == "tmux":
        return warning(
            "terminal",
            "tmux_clipboard",
            "inside tmux, copied text reaches the terminal's clipboard only if tmux lets it (OSC 52)",
            "put into ~/.tmux.conf: set -g set-clipboard on",
        )
    if terminal.osc52:
        return ok("terminal", "clipboard", "copied text reaches the clipboard (OSC 52)")
    return warning(
        "terminal",
        "clipboard_unknown",
        f"it {'is not known whether' if terminal.osc52 is None else 'is known that'} this terminal"
        f" {'takes' if terminal.osc52 is None else 'does not take'} copied text (OSC 52)",
        "install xclip, wl-copy or the like, or use a terminal that knows OSC 52; a file is written as well",
    )
