"""A few lines of state that change often: drawn from kept strips, without a reflow."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import NULL_SIZE
from textual.reactive import Reactive
from textual.strip import Strip
from textual.widget import Widget

from pipeline_tui.frame_gate import gate_of
from pipeline_tui.views.format import fit
from pipeline_tui.widgets.quiet_scroll import blank_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual.geometry import Region, Size

Part: TypeAlias = tuple[str, str]
"""A text and the component class that styles it; empty for the widget's own style."""
Line: TypeAlias = tuple[Part, ...]


class StatusLines(Widget):
    """Lines of styled parts, cut or filled to the width. The height follows their number.

    Every widget that touches what is dirty is painted again with each frame, so these lines go around
    Textual's style cache, whose bookkeeping costs more than they do.
    """

    virtual_size: Reactive[Size] = Reactive(NULL_SIZE, repaint=False)
    """As Textual's, but no reason for another layout: the height is what was said."""

    def __init__(self, *, id: str | None = None, lines: int = 0) -> None:  # noqa: A002
        """`lines`: how many the style sheet makes room for."""
        super().__init__(id=id)
        self._lines: list[Line] = [()] * lines
        self._strips: list[Strip] = []
        self._strips_width = -1
        self._styles: dict[str, Style] = {}

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show these lines; draws only when they changed, lays out only when their number did."""
        if list(lines) == self._lines:
            return
        same_height = len(lines) == len(self._lines)
        if not same_height:
            self.styles.height = len(lines)
        self._lines = list(lines)
        self._strips = []
        if same_height and self.is_attached:
            gate = gate_of(self.app)
            size = gate.size_of(self)
            gate.draw(self, size.region, partial(self._rows_of, width=size.width))
        else:
            self.refresh()

    @property
    def rows(self) -> int:
        """How many rows of the screen it takes."""
        return len(self._lines) if self.display else 0

    @property
    def text(self) -> str:
        """What is shown, without the styles."""
        return "\n".join("".join(text for text, _ in line) for line in self._lines)

    def notify_style_update(self) -> None:
        """Strips hold colours."""
        super().notify_style_update()
        self._strips = []
        self._styles.clear()

    def render_line(self, y: int) -> Strip:
        """One line."""
        return self._row(y, self.size.width)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of `crop`."""
        return self._rows_of(crop, self.size.width) if self.is_running else blank_rows(crop)

    def _rows_of(self, crop: Region, width: int) -> list[Strip]:
        """The same for a width that is known: Textual looks long for it."""
        strips = [self._row(y, width) for y in crop.line_range]
        if crop.x or crop.width != width:
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        return strips

    def _row(self, y: int, width: int) -> Strip:
        if not self._strips or self._strips_width != width:
            self._strips = [self._make(line, width) for line in self._lines]
            self._strips_width = width
        return self._strips[y] if y < len(self._strips) else self._make((), width)

    def _base_style(self) -> Style:
        """The style of parts without one, and of what no part fills."""
        return self.visual_style.rich_style

    def _style(self, component: str) -> Style:
        """A component's style, with NO_COLOR and the like applied: Textual does that in its style cache."""
        style = self._styles.get(component)
        if style is None:
            style = self.get_component_rich_style(component) if component else self._base_style()
            strip = Strip([Segment(" ", style)], 1)
            for line_filter in self.get_line_filters():
                strip = strip.apply_filter(line_filter, self.background_colors[1])
            (segment,) = strip
            style = self._styles[component] = segment.style or style
        return style

    def _make(self, line: Line, width: int) -> Strip:
        segments: list[Segment] = []
        room = width
        for text, component in line:
            if not text:
                continue
            shown = text if cell_len(text) <= room else fit(text, room)
            segments.append(Segment(shown, self._style(component)))
            room -= cell_len(shown)
            if room <= 0:
                break
        return Strip([*segments, Segment(" " * room, self._style(""))], width)
