"""Changed rows sent to the terminal without the compositor, which would render every widget near them again.

Textual keeps no picture of the screen and compares nothing: what its compositor paints next is right whatever
was written before. So rows of a widget that nothing covers can be written to their place at once, at a third
of the cost. All else (a dialog is open, a toast lies over the pane, a layout is due) goes the usual way.

The calls into Textual are private (8.2.8, which is pinned): `App._driver`, `App._batch_count`,
`App._sync_available` and the compositor's map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias
from weakref import ref

from textual._ansi_sequences import SYNC_END, SYNC_START
from textual.geometry import Region

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App
    from textual.geometry import Size
    from textual.screen import Screen
    from textual.strip import Strip
    from textual.widget import Widget

    Rows: TypeAlias = Callable[[Region], list[Strip]]
    """Gives the rows of a region of a widget."""

_NOWHERE = Region(0, 0, 0, 0)


class DirectPaint:
    """Gathers what widgets draw within a frame and sends it in one write.

    Between `begin` and `end` rows are taken for the frame; at any other time `draw` is `Widget.refresh`.
    """

    def __init__(self, app: App[object]) -> None:
        self._app = ref(app)  # a strong one would keep the app alive for ever
        self._screen: Screen[object] | None = None
        """The screen that rows are taken for; `None` outside a frame."""
        self._rows: list[tuple[int, int, Strip]] = []
        self._visible: dict[Widget, tuple[Region, Region]] = {}
        self._places: dict[Widget, Region | None] = {}

    def begin(self) -> None:
        """A frame begins."""
        app = self._app()
        if app is None or not _takes_rows(app):
            return
        self._screen = app.screen
        visible = app.screen._compositor.visible_widgets  # noqa: SLF001 - a new one after each layout
        if visible is not self._visible:
            self._visible, self._places = visible, {}

    def size_of(self, widget: Widget) -> Size:
        """Its size, as Textual tells it, but looked up once a layout; empty when it is not shown."""
        place = self._place_of(widget)
        return widget.size if place is None else place.size

    def draw(self, widget: Widget, region: Region, rows: Rows | None = None) -> None:
        """Have this region of the widget drawn, in its own cells; `rows` gives what it looks like."""
        place = self._place_of(widget)
        if place is None:
            widget.refresh(region)
            return
        if not place:
            return  # on another page: refreshing it would cost a layout, and it is painted when shown
        x, y = place.x + region.x, place.y + region.y
        for line, strip in enumerate((rows or widget.render_lines)(region), y):
            self._rows.append((x, line, strip))

    def end(self) -> None:
        """The frame is over: send it."""
        self._screen = None
        rows, self._rows = self._rows, []
        app = self._app()
        if rows and app is not None:
            _send(app, rows)

    def _place_of(self, widget: Widget) -> Region | None:
        """Where the widget stands on the screen: nowhere when it is not shown.

        `None` when only Textual knows how to paint it: something lies over it, or a layout is due.
        """
        screen = self._screen
        if screen is None or screen._layout_required:  # noqa: SLF001 - its place may be old
            return None
        if widget not in self._places:
            shown = widget.is_attached and widget.screen is screen
            self._places[widget] = _uncovered(widget, self._visible) if shown else None
        return self._places[widget]


def _send(app: App[object], rows: list[tuple[int, int, Strip]]) -> None:
    """Put strips to their columns and lines, in one write: each one wakes the driver's thread."""
    driver, console = app._driver, app.console  # noqa: SLF001
    if driver is None:
        return
    parts = [f"\x1b[{y + 1};{x + 1}H{strip.render(console)}" for x, y, strip in rows]
    x, y = app.screen.outer_size.clamp_offset(app.cursor_position)
    parts.append(f"\x1b[{y + 1};{x + 1}H")
    if app._sync_available:  # noqa: SLF001 - the terminal shows what is between these at once
        parts = [SYNC_START, *parts, SYNC_END]
    driver.write("".join(parts))
    driver.flush()


def _takes_rows(app: App[object]) -> bool:
    """Whether there is a terminal, and nothing that holds paints back (an editor has the terminal)."""
    driver = getattr(app, "_driver", None)
    return (
        driver is not None
        and not driver.is_headless
        and not driver.is_inline
        and not getattr(app, "_batch_count", 1)
    )


def _uncovered(widget: Widget, visible: dict[Widget, tuple[Region, Region]]) -> Region | None:
    """The place of a widget that no clip cuts and nothing lies over; `visible` goes from front to back."""
    region, clip = visible.get(widget, (_NOWHERE, _NOWHERE))
    if not region:
        return region
    if not clip.contains_region(region) or region.size != widget.size:
        return None
    for other, (other_region, other_clip) in visible.items():
        if other is widget:
            return region
        if other_region.intersection(other_clip).intersection(region).area:
            return None
    return None
