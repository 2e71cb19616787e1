"""What the terminal can do: from the environment, and where there is one, by asking it."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import termios
import tty
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from pipeline_runtime.doctor.facts import TerminalFacts
from pipeline_runtime.terminals import OSC52_TERMS, takes_osc52

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ANSWER_WITHIN = 0.5
WIDE = "\N{HIRAGANA LETTER A}"
WIDE_ENDS_IN = 3
"""The column behind one wide character."""


def gather_terminal(environ: Mapping[str, str], *, ask: bool) -> TerminalFacts:
    """Look at the terminal.

    Args:
        environ: The environment.
        ask: Draw a wide character and see where the cursor went; only where standard input and output are the
            terminal.
    """
    is_terminal = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
    inside = "tmux" if environ.get("TMUX") else "screen" if environ.get("STY") else None
    columns, rows = os.get_terminal_size(sys.stdout.fileno()) if is_terminal else (0, 0)
    return TerminalFacts(
        is_terminal=is_terminal,
        term=environ.get("TERM", ""),
        colours=_colours(environ),
        encoding=sys.stdout.encoding or "",
        columns=columns,
        rows=rows,
        osc52=takes_osc52(environ),
        tmux_clipboard=_tmux_clipboard() if inside == "tmux" else None,
        inside=inside,
        wide=_moves_two_columns() if is_terminal and ask else None,
    )


def _colours(environ: Mapping[str, str]) -> Literal["none", "16", "256", "true"]:
    term = environ.get("TERM", "")
    if environ.get("NO_COLOR") or term in {"", "dumb"}:
        return "none"
    if environ.get("COLORTERM", "").lower() in {"truecolor", "24bit"} or term.endswith("-direct"):
        return "true"
    return "256" if "256" in term or term.startswith(OSC52_TERMS) else "16"


def _tmux_clipboard() -> str | None:
    try:
        done = subprocess.run(
            ["tmux", "show", "-gv", "set-clipboard"],  # noqa: S607 - the one that the terminal runs in
            capture_output=True, text=True, timeout=1, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def _moves_two_columns() -> bool | None:
    """Draw a wide character at the left edge, ask where the cursor is, and wipe it away."""
    with _raw(sys.stdin.fileno()) as keyboard:
        os.write(sys.stdout.fileno(), f"\r{WIDE}\x1b[6n".encode())
        answer = b""
        while not answer.endswith(b"R") and select.select([keyboard], [], [], ANSWER_WITHIN)[0]:
            answer += os.read(keyboard, 32)
        os.write(sys.stdout.fileno(), b"\r\x1b[2K")
    found = re.search(rb"\x1b\[\d+;(\d+)R", answer)
    return None if found is None else int(found[1]) == WIDE_ENDS_IN


@contextmanager
def _raw(keyboard: int) -> Iterator[int]:
    before = termios.tcgetattr(keyboard)
    tty.setcbreak(keyboard)
    try:
        yield keyboard
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
