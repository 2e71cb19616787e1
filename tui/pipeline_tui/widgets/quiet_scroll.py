"""A scroll view that grows without a reflow, the base of all lists that grow while they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from rich.style import Style
    from textual.color import Color
    from textual.geometry import Region
    from textual.reactive import Reactive

# pyright takes a descriptor read from its class for the value that an instance would give.
_VIRTUAL_SIZE: Reactive[Size] = Widget.virtual_size  # pyright: ignore[reportAssignmentType]
_SCROLL_TARGET_Y: Reactive[float] = Widget.scroll_target_y  # pyright: ignore[reportAssignmentType]


def blank_rows(crop: Region) -> list[Strip]:
    """What a closed widget shows: Textual may paint it until the next layout, but it has no styles."""
    return [Strip.blank(crop.width)] * crop.height


class QuietScroll(ScrollView, can_focus=True):
    """Rows by the line API, painted around Textual's style cache, so that their ANSI text is kept.

    Subclasses paint a row in `render_line`. Setting `virtual_size` in the usual way lays out the whole
    screen, 10 ms beside 16 panes; here size and position are set without watchers. So `watch_scroll_y` runs
    only when the user scrolls.
    """

    _background: Color | None = None

    def place(self, rows: int, top: int, width: int | None = None) -> None:
        """Say how many rows there are, and which one is the first in view. Draws nothing."""
        self.set_reactive(_VIRTUAL_SIZE, Size(self.size.width if width is None else width, rows))
        if top != round(self.scroll_y):
            self.set_scroll(None, top)
            self.set_reactive(_SCROLL_TARGET_Y, float(top))

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of `crop`."""
        if not self.is_running:
            return blank_rows(crop)
        return self.crop_strips([self.render_line(y) for y in crop.line_range], crop)

    def crop_strips(self, strips: list[Strip], crop: Region, width: int | None = None) -> list[Strip]:
        """Strips of the whole width, cut to the columns of `crop`; Textual looks long for the width."""
        if crop.x or crop.width != (self.size.width if width is None else width):
            return [strip.crop(crop.x, crop.right) for strip in strips]
        return strips

    def notify_style_update(self) -> None:
        """Theme or focus changed: forget the colours."""
        super().notify_style_update()
        self._background = None

    def filtered(self, strip: Strip) -> Strip:
        """Apply NO_COLOR and the like: Textual does it in the cache that `render_lines` goes around."""
        if self._background is None:
            self._background = self.background_colors[1]
        for line_filter in self.get_line_filters():
            strip = strip.apply_filter(line_filter, self._background)
        return strip

    def filtered_style(self, style: Style) -> Style:
        """The same for a style: filters look at nothing else, and styles are far fewer than strips."""
        (segment,) = self.filtered(Strip([Segment(" ", style)], 1))
        return segment.style or style
