"""Changed rows sent to the terminal without the compositor, which would render every widget near them again.

Textual keeps no picture of the screen and compares nothing: what its compositor paints next is right whatever
was written before. So rows of a widget that nothing covers can be written to their place at once, at a third
of the cost. All else (a dialog is open, a toast lies over the pane, a layout is due) goes the usual way.

The calls into Textual are private (8.2.8, which is pinned): `App._display`, `App._batch_count` and the
compositor's map. Where one of them is missing, the usual way is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from weakref import ref

from textual._compositor import CompositorUpdate
from textual.geometry import Region

if TYPE_CHECKING:
    from rich.console import Console, RichCast
    from textual.app import App
    from textual.strip import Strip
    from textual.widget import Widget

_NOWHERE = Region(0, 0, 0, 0)


class RowsUpdate(CompositorUpdate):
    """Strips, each with the column and the line of the screen where it begins."""

    def __init__(self, rows: list[tuple[int, int, Strip]]) -> None:
        self.rows = rows

    def render_segments(self, console: Console) -> str:
        """The control sequences that put each strip to its place."""
        return "".join([f"\x1b[{y + 1};{x + 1}H{strip.render(console)}" for x, y, strip in self.rows])


class DirectPaint:
    """Gathers what widgets draw within a frame and sends it in one write.

    Between `begin` and `end` rows are taken for the frame; at any other time `draw` is `Widget.refresh`.
    """

    def __init__(self, app: App[object]) -> None:
        self._app = ref(app)  # a strong one would keep the app alive for ever
        self._open = False
        self._rows: list[tuple[int, int, Strip]] = []
        self._map: object = None
        self._places: dict[Widget, Region | None] = {}

    def begin(self) -> None:
        """A frame begins."""
        app = self._app()
        self._open = app is not None and _takes_rows(app)

    def draw(self, widget: Widget, region: Region) -> None:
        """Have this region of the widget drawn, in the widget's own cells."""
        place = self._place_of(widget) if self._open else None
        if place is None:
            widget.refresh(region)
            return
        if not place:
            return  # on another page: refreshing it would cost a layout, and it is painted when shown
        x, y = place.x + region.x, place.y + region.y
        for line, strip in enumerate(widget.render_lines(region), y):
            self._rows.append((x, line, strip))

    def end(self) -> None:
        """The frame is over: send it."""
        self._open = False
        rows, self._rows = self._rows, []
        app = self._app()
        if rows and app is not None:
            update = cast(
                "RichCast", RowsUpdate(rows)
            )  # `_display` takes a compositor's update for what it is
            app._display(app.screen, update)  # noqa: SLF001 - with its marks of a synchronised update

    def _place_of(self, widget: Widget) -> Region | None:
        """Where the widget stands on the screen: nowhere when it is not shown.

        `None` when only Textual knows how to paint it: something lies over it, or a layout is due.
        """
        screen = widget.screen
        if screen is not widget.app.screen or screen._layout_required:  # noqa: SLF001 - its place may be old
            return None
        visible = screen._compositor.visible_widgets  # noqa: SLF001 - a new one after each layout
        if visible is not self._map:
            self._map = visible
            self._places = {}
        if widget not in self._places:
            self._places[widget] = _uncovered(widget, visible)
        return self._places[widget]


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
