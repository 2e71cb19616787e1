"""The Compare screen alone in an app, and two texts to compare."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from textual.app import App

from helpers_shell import until
from helpers_tui import Clock
from pipeline_tui.screens.compare import CompareScreen
from pipeline_tui.themes import DARK, OWN_THEMES

if TYPE_CHECKING:
    from textual.pilot import Pilot

BEGIN = "\n\n".join(
    f"Paragraph {word} says what both of them say, in the same words and in the same order, so that it can be passed over."
    for word in ("one", "two", "three", "four", "five", "six", "seven")
)
LONG = f"""{BEGIN}

The train left fifteen minutes late, because a door would not close.

Nobody was told. The next one was on time.

{BEGIN}

It was late again on Friday.
"""
OTHER = f"""{BEGIN}

The train left twenty minutes late, because a door would not close and then would not open.

The next one was on time.

{BEGIN}

It was late again on Sunday.
"""


class GrowingLog:
    """A log that is written piece by piece, as another one was."""

    def __init__(self, file: BinaryIO, whole: Path) -> None:
        self.path = Path(file.name)
        self._file = file
        self._lines = whole.read_bytes().splitlines(keepends=True)
        self.write(1)

    def write(self, lines: int | None = None) -> None:
        """Write the next lines, or all that are left."""
        lines = len(self._lines) if lines is None else lines
        self._file.write(b"".join(self._lines[:lines]))
        self._file.flush()
        del self._lines[:lines]

    def let_go(self) -> None:
        """Nobody writes it any more."""
        fcntl.flock(self._file, fcntl.LOCK_UN)


class CompareApp(App[None]):
    """Compares two logs."""

    CSS_PATH = None

    def __init__(self, a: Path, b: Path, **options: Any) -> None:
        super().__init__()
        self.animation_level = "none"
        for theme in OWN_THEMES.values():
            self.register_theme(theme)
        self.theme = DARK
        self.clock = Clock()
        self.compare = CompareScreen(a, b, clock=self.clock, **options)

    def on_mount(self) -> None:
        self.push_screen(self.compare)


async def compared(pilot: Pilot[Any]) -> CompareScreen:
    """Wait until the first step is shown."""
    app = pilot.app
    assert isinstance(app, CompareApp)
    await until(pilot, lambda: bool(app.compare.rows))
    await pilot.pause()
    return app.compare
