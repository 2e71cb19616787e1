"""A diff with the words around it: lines that are made for a width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.content import Content


class DiffView(LineView):
    """Makes its lines anew when the width changes."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._make: Callable[[int], Sequence[Content]] | None = None
        self._lines: Sequence[Content] = ()

    @property
    def text(self) -> str:
        """What can be scrolled to, without the styles."""
        return "\n".join(line.plain.rstrip() for line in self._lines)

    @property
    def line_count(self) -> int:
        """How many lines there are."""
        return len(self._lines)

    def content_of(self, at: int, width: int) -> Content:  # noqa: ARG002 - they were made for this width
        """A line."""
        return self._lines[at]

    def show(self, make: Callable[[int], Sequence[Content]] | None, *, to_top: bool) -> None:
        """Show the lines that `make` gives for a width in cells; none without it."""
        self._make = make
        self._make_lines()
        if to_top:
            self.scroll_to(0, 0, animate=False, force=True, immediate=True)

    def on_resize(self) -> None:
        """Make the lines for the new width."""
        self._make_lines()

    def _make_lines(self) -> None:
        width = self.scrollable_content_region.width
        self._lines = self._make(width) if self._make is not None and width else ()
        self.lines_changed()
