"""The panes of a run in a grid that suits their number and the space; one can be maximised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Container

from pipeline_tui.views.run_layout import PaneLayout, lay_out
from pipeline_tui.widgets.step_pane import StepPane

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual import events
    from textual.widget import Widget

    from pipeline_tui.views.pane_view import PaneView


HEADS_AT_ONCE = 8
"""Heads that are brought up to date within a frame: those of 64 panes would hold a key for 4 ms."""
MOUNTED_AT_ONCE = 16
"""Panes that come with one layout: 64 hold a key twice as long; with fewer, more layouts paint all anew."""


class PaneGrid(Container):
    """Holds a pane for each step, in the order of the workflow."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.panes: dict[str, StepPane] = {}
        self.focused = 0
        """The pane that has the keys, or had them last."""
        self.maximised = False
        self._layout_now: PaneLayout | None = None
        self._laid_out: tuple[PaneLayout, int] | None = None
        self._holder: StepPane | None = None
        self._heads_due: list[StepPane] = []
        self._mounted = 0
        """How many of the panes are in the grid; the others come after them."""
        self._now = 0

    def pane(self, view: PaneView) -> StepPane:
        """The pane of a step, made when first asked for."""
        pane = self.panes.get(view.step)
        if pane is None:
            self.add([view])
            pane = self.panes[view.step]
        return pane

    def add(self, views: Iterable[PaneView]) -> None:
        """Make the panes of the steps that have none yet; the first are there at once, where they will stay.

        The others follow a few with each layout, so that keys get their turn.
        """
        new = [StepPane(view, takes_focus=False) for view in views if view.step not in self.panes]
        if not new:
            return
        if not self.panes:
            new[0].takes_focus = True
        is_whole = self.is_whole
        self.panes |= {pane.view.step: pane for pane in new}
        self.show_page()
        if is_whole:
            self._mount_some()
        self.call_after_refresh(self.show_page)

    @property
    def is_whole(self) -> bool:
        """Whether all panes are in the grid."""
        return self._mounted == len(self.panes)

    def _mount_some(self) -> None:
        if self.is_attached and not self.is_whole:
            self._mount_up_to(self._mounted + MOUNTED_AT_ONCE)
            self.call_after_refresh(self._mount_some)

    def _mount_up_to(self, count: int) -> None:
        panes = list(self.panes.values())[self._mounted : count]
        self._mounted += len(panes)
        self.mount(*panes)
        for pane in panes:
            pane.refresh_header(self._now)

    @property
    def current(self) -> StepPane | None:
        """The pane that keys act on."""
        panes = list(self.panes.values())
        return panes[min(self.focused, len(panes) - 1)] if panes else None

    def focus_pane(self, index: int) -> bool:
        """Give the keys to a pane, turning to its page; false when there is none with this number."""
        panes = list(self.panes.values())
        if not 0 <= index < len(panes):
            return False
        self.focused = index
        self.show_page()
        if index >= self._mounted:
            self._mount_up_to(index + 1)
        self.screen.set_focus(panes[index].focus_target, scroll_visible=False)
        return True

    def holds(self, widget: Widget) -> bool:
        """Whether a widget is inside one of the panes."""
        return self in widget.ancestors

    def refresh_heads(self, now: int, *, whole: bool) -> bool:
        """Show how the panes stand at `now`: all, or the next few; says whether none are left.

        Args:
            now: Ns since the run began.
            whole: All at once.
        """
        self._now = now
        due = list(self.panes.values())[: self._mounted] if whole or not self._heads_due else self._heads_due
        most = len(due) if whole else HEADS_AT_ONCE
        for pane in due[:most]:
            pane.refresh_header(now)
        self._heads_due = due[most:]
        return not self._heads_due

    def flush(self) -> None:
        """Show which pane has the keys, and remember it: the focus has moved."""
        if not self.is_attached:
            return
        holder = self._pane_of(self.screen.focused)
        if holder is not None:
            self.focused = list(self.panes.values()).index(holder)
        before, self._holder = self._holder, holder
        if before is holder:
            return
        for pane in (before, holder):
            if pane is not None:
                pane.show_focus()

    def _pane_of(self, widget: Widget | None) -> StepPane | None:
        """The pane that a widget is in."""
        for node in widget.ancestors_with_self if widget is not None else ():
            if isinstance(node, StepPane) and node.parent is self:
                return node
        return None

    def toggle_maximised(self) -> None:
        """Show the current pane alone, or all again."""
        self.maximised = not self.maximised
        self.show_page()

    def page_text(self) -> str:
        """`panes 1-6 of 16` or `zoom 2/3` when not all are shown; otherwise nothing."""
        layout, count = self._layout_now, len(self.panes)
        if self.maximised and count > 1:
            return f"zoom {self.focused + 1}/{count}"
        if layout is None or layout.last - layout.first >= count:
            return ""
        return f"panes {layout.first + 1}-{layout.last} of {count}"

    def show_page(self) -> None:
        """Show the page that the focus is on, in the grid that fits it best."""
        panes = list(self.panes.values())
        width, height = self.size
        if not panes or not width:
            return
        if self.maximised:
            layout = PaneLayout(1, 1, self.focused, self.focused + 1)
        else:
            layout = lay_out(len(panes), width, height, self.focused)
        if (layout, len(panes)) == self._laid_out:
            return
        self._layout_now, self._laid_out = layout, (layout, len(panes))
        self.styles.grid_size_columns = layout.columns
        self.styles.grid_size_rows = layout.rows
        spare = layout.columns * layout.rows - (layout.last - layout.first)
        for index, pane in enumerate(panes):
            pane.display = layout.first <= index < layout.last
            pane.styles.column_span = 1 + (spare if index == layout.last - 1 else 0)

    def on_resize(self, _event: events.Resize) -> None:
        """Another size may want another grid."""
        self.show_page()
