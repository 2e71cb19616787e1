"""How many panes stand side by side, and which of them are on the page. Pure arithmetic."""

from __future__ import annotations

import math
from typing import NamedTuple

MIN_WIDTH = 38
"""Cells below which text in a pane is no longer readable."""
MIN_HEIGHT = 6
"""Two lines of header and four of text."""
_COMFORT_WIDTH = 80
_COMFORT_HEIGHT = 16


class PaneLayout(NamedTuple):
    """A page of panes."""

    columns: int
    rows: int
    first: int
    """The first pane on the page, from 0."""
    last: int
    """One past the last pane on the page."""


def lay_out(count: int, width: int, height: int, focused: int) -> PaneLayout:
    """The page that shows pane `focused`, with as many of `count` panes as are readable in the space.

    Of the grids that hold them, the one whose panes come nearest to a comfortable size wins; what does not
    fit goes on further pages.
    """
    most_columns = max(1, width // MIN_WIDTH)
    most_rows = max(1, height // MIN_HEIGHT)
    shown = max(1, min(count, most_columns * most_rows))
    grids = [
        (columns, -(-shown // columns))
        for columns in range(most_columns, 0, -1)  # of equals, the one with shorter lines
        if -(-shown // columns) <= most_rows
    ]
    columns, rows = max(grids, key=lambda grid: _comfort(width, height, grid, shown))
    page = focused // shown
    first = min(page * shown, max(0, count - shown))
    return PaneLayout(columns, rows, first, min(count, first + shown))


def _comfort(width: int, height: int, grid: tuple[int, int], shown: int) -> float:
    """How well the panes of this grid read, less what is wasted on its empty places."""
    columns, rows = grid
    wide = min(1.0, width // columns / _COMFORT_WIDTH)
    high = min(1.0, height // rows / _COMFORT_HEIGHT)
    # Narrow lines tire sooner than short pages.
    return math.pow(wide, 1.5) * math.pow(high, 1.2) * shown / (columns * rows)
