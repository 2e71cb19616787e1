"""What printing handlers share: colour where it is wanted, and text that a terminal does not obey."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline_runtime.sanitise import sanitise

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

DIM = "2"
RED = "31"
GREEN = "32"
YELLOW = "33"
CYAN = "36"


class Paper:
    """A text stream to print on.

    Args:
        stream: Where to write; the standard output when not given.
        colour: `None`: on a terminal, unless NO_COLOR is set or TERM is `dumb`.
    """

    def __init__(self, stream: TextIO | None, *, colour: bool | None) -> None:
        self._stream = stream or sys.stdout
        terminal = self._stream.isatty()
        self._colour = (terminal and _allows_colour()) if colour is None else colour
        self.clean: Callable[[str], str] = sanitise if terminal else str
        """Makes foreign text safe: on a terminal, escape sequences are shown instead of obeyed."""

    def paint(self, text: str, code: str) -> str:
        """The text in a colour, if there are colours here."""
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text

    def write(self, text: str) -> None:
        """Write at once."""
        self._stream.write(text)
        self._stream.flush()


def clock() -> str:
    """The time of day, to the millisecond."""
    return f"{datetime.now().astimezone():%H:%M:%S.%f}"[:-3]


def _allows_colour() -> bool:
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
