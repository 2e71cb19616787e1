"""A terminal of a few lines: what an app really wrote, as rows of text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rich.cells import get_character_cell_size
from textual.drivers.headless_driver import HeadlessDriver

if TYPE_CHECKING:
    from textual.app import App

TOKEN = re.compile(r"\x1b\[(?P<parameters>[0-9;?]*)(?P<final>[A-Za-z])|(?P<text>[^\x1b]+)|(?P<other>\x1b.)")


class Terminal:
    """Rows of cells, changed by cursor moves and text; colours are left out."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.cells = [[" "] * width for _ in range(height)]
        self.x = self.y = 0
        self.written = 0

    def write(self, data: str) -> None:
        """Obey what an app wrote."""
        self.written += len(data)
        for token in TOKEN.finditer(data):
            if token["text"]:
                self._put(token["text"])
            elif token["final"] == "H":
                row, _, column = token["parameters"].partition(";")
                self.y, self.x = int(row or 1) - 1, int(column or 1) - 1

    def _put(self, text: str) -> None:
        for character in text:
            if character == "\n":
                self.x, self.y = 0, self.y + 1
                continue
            size = get_character_cell_size(character)
            for at in range(self.x, min(self.x + size, self.width)):
                self.cells[self.y][at] = character if at == self.x else ""
            self.x += size

    def rows(self) -> list[str]:
        """The text of every row."""
        return ["".join(row).rstrip() for row in self.cells]


class TerminalDriver(HeadlessDriver):
    """A driver without a terminal that the app takes for one."""

    terminal: Terminal | None = None

    @property
    def is_headless(self) -> bool:
        """No: updates are rendered and written."""
        return False

    def write(self, data: str) -> None:
        if self.terminal is None:
            self.terminal = Terminal(*(self._size or (80, 24)))
        self.terminal.write(data)


def written_by(app: App[Any]) -> list[str]:
    """What stands on the terminal of an app that runs with `TerminalDriver`."""
    driver = app._driver
    assert isinstance(driver, TerminalDriver)
    assert driver.terminal is not None
    return driver.terminal.rows()


def painted_by_textual(app: App[Any]) -> list[str]:
    """What the compositor would paint of the whole screen."""
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]
