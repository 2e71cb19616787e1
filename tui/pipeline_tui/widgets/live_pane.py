"""A pane that shows an answer as it streams: any number of deltas a second at the cost of a frame.

Deltas go into a list. The gate calls `flush` once a frame: it wraps what came, and has only the changed rows
drawn again. Growth causes no reflow.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Region

from pipeline_tui.frame_gate import gate_of
from pipeline_tui.slices import slices_of
from pipeline_tui.views.answers import Answers
from pipeline_tui.views.format import counted
from pipeline_tui.widgets.text_rows import TextRows

if TYPE_CHECKING:
    from textual import events
    from textual.geometry import Size

    from pipeline_runtime.events import Delta
    from pipeline_tui.views.transcript import Mark, Transcript

_FIRST_WIDTH = 80
_GATHERED = 1_000
"""Deltas after which those that no frame has fetched are added to the text."""


class LivePane(TextRows):
    """The growing answer of one attempt, with its lanes. Follows the end until the user scrolls up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_rows(-1)", "Up", show=False),
        Binding("down,j", "scroll_rows(1)", "Down", show=False),
        Binding("ctrl+u", "scroll_half(-1)", "Half a page up", show=False),
        Binding("ctrl+d", "scroll_half(1)", "Half a page down", show=False),
        Binding("pageup", "scroll_half(-2)", "Page up", show=False),
        Binding("pagedown", "scroll_half(2)", "Page down", show=False),
        Binding("home,g", "scroll_start", "First row", show=False),
        Binding("end,G", "follow", "Follow the end", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.answers = Answers(_FIRST_WIDTH)
        self.follow = True
        """Whether the pane stays at the end as it grows."""
        self._pending: list[Delta] = []
        self._undrawn: int | None = None
        self._seen_rows = 0

    @property
    def transcript(self) -> Transcript:
        """The rows of the choice that is shown."""
        return self.answers.shown

    # --- feeding

    def feed(self, delta: Delta) -> None:
        """Take one delta; it is drawn in the next frame."""
        self._pending.append(delta)
        waiting = len(self._pending)
        if waiting == 1 and self.is_mounted:
            gate_of(self.app).mark(self)
        elif waiting >= _GATHERED:  # nobody sees it: events take far more memory than their text
            self._take()

    def feed_error(self, name: str, text: str) -> None:
        """Show an error after what has come."""
        self._take()
        self._changed(self.answers.add_block("error", text, name))

    def restart(self) -> None:
        """Forget everything: another attempt begins."""
        self._pending.clear()
        self._undrawn = None
        self.answers = Answers(self.answers.width, fold_thinking=self.answers.fold_thinking)
        self.follow = True
        self._changed(0)

    def show_text(self, text: str) -> None:
        """Show this text instead, from its beginning."""
        self.restart()
        self.follow = False
        self.set_scroll(None, 0)
        self._changed(self.answers.add_block("text", text))
        self._seen_rows = len(self.transcript)

    def show_choice(self, choice: int) -> None:
        """Show another of several answers, at its end."""
        self._take()
        self.answers.show(choice, self.size.height)
        self.follow = True
        self._changed(0)
        self._go_on_wrapping()

    def answer(self) -> str:
        """The raw answer of the shown choice so far, all deltas included."""
        self._take()
        return self.transcript.answer()

    @property
    def has_answer(self) -> bool:
        """Whether `answer()` has something to give; asked with every frame."""
        return self.transcript.has_answer or any(delta.content for delta in self._pending)

    def flush(self) -> None:
        """Draw what came since the last frame; hidden panes only keep it."""
        size = gate_of(self.app).size_of(self)
        if not size:
            return
        self._take()
        first, self._undrawn = self._undrawn, None
        if first is not None:
            self._changed(first, size)

    def _take(self) -> None:
        """Add what came to the text, and remember what of it is not drawn."""
        if self._pending:
            deltas, self._pending = self._pending, []
            first = self.answers.extend(deltas)
            self._undrawn = first if self._undrawn is None else min(first, self._undrawn)

    def _changed(self, first: int, size: Size | None = None) -> None:
        """Draw the rows from `first` on, and move the view when it follows."""
        size = size or self.size
        rows, (width, height) = len(self.transcript), size
        before = self.virtual_size.height
        self._strips.forget_from(first)
        top = round(self.scroll_y)
        new_top = max(0, rows - height) if self.follow else min(top, max(0, rows - height))
        if self.follow:
            self._seen_rows = rows
        self.place(rows, new_top, width)
        draw, look = gate_of(self.app).draw, partial(self.rows_of, size=size)
        if new_top != top:
            draw(self, size.region, look)
            return
        y, bottom = max(0, first - top), min(height, max(rows, before) - top)
        if y < bottom:
            draw(self, Region(0, y, width, bottom - y), look)
        if self.new_rows:
            draw(self, Region(0, height - 1, width, 1), look)

    # --- what the user does

    @property
    def new_rows(self) -> int:
        """How many rows came since the user left the end."""
        return 0 if self.follow else max(0, len(self.transcript) - self._seen_rows)

    @property
    def badge(self) -> str:
        """How many rows came, and the key that goes there."""
        new = self.new_rows
        return f" ↓ {counted(new, 'new line')} · G " if new else ""

    def toggle_thinking(self) -> bool:
        """Fold the thinking, or unfold it; says whether it is folded now."""
        folded = not self.answers.fold_thinking
        self.answers.fold(folded=folded)
        self._changed(0)
        return folded

    def action_scroll_rows(self, rows: int) -> None:
        """Scroll by rows."""
        self._scroll_by(rows)

    def action_scroll_half(self, halves: int) -> None:
        """Scroll by half pages."""
        self._scroll_by(halves * max(1, self.size.height // 2))

    def action_scroll_start(self) -> None:
        """To the first row."""
        self.scroll_to(y=0, animate=False, immediate=True)

    def action_follow(self) -> None:
        """To the end, and stay there."""
        self.scroll_to(y=self.max_scroll_y, animate=False, immediate=True)
        self._set_follow(following=True)

    def _scroll_by(self, rows: int) -> None:
        self.scroll_to(y=self.scroll_y + rows, animate=False, immediate=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The user scrolled: growth sets the position without calling watchers."""
        super().watch_scroll_y(old_value, new_value)
        self._set_follow(following=new_value >= self.max_scroll_y)

    def _set_follow(self, *, following: bool) -> None:
        if self.follow and not following:
            self._seen_rows = len(self.transcript)
        if self.follow != following:
            self.follow = following
            self.refresh()

    # --- Textual's calls

    def on_mount(self) -> None:
        """Draw what came before there was a screen."""
        if self._pending:
            gate_of(self.app).mark(self)

    def on_unmount(self) -> None:
        """Leave the gate."""
        gate_of(self.app).forget(self)
        slices_of(self.app).drop(self)

    def on_resize(self, _event: events.Resize) -> None:
        """Wrap anew when the width changed; what came while hidden is drawn now."""
        width = self.size.width
        if not width:
            return
        self._take()
        if width != self.answers.width:
            self._rewrap(width)
        self._changed(0)

    def _rewrap(self, width: int) -> None:
        """Wrap what is in view for the new width; the rest follows in slices."""
        height, top = self.size.height, round(self.scroll_y)
        mark = None if self.follow else self.transcript.mark(top)
        self.answers.rewrap(width, len(self.transcript) - height if self.follow else top, height)
        self._return_to(mark)
        self._go_on_wrapping()

    def _go_on_wrapping(self) -> None:
        if self.transcript.unsettled:
            slices_of(self.app).add(self)

    def work(self) -> bool:
        """Wrap one more slice of a long text; says whether all of it is wrapped."""
        if not self.transcript.rewrap_some():
            return False
        mark = None if self.follow else self.transcript.mark(round(self.scroll_y))
        self.transcript.settle()
        self._return_to(mark)
        self._changed(0)
        return True

    def _return_to(self, mark: Mark | None) -> None:
        """Have the marked place at the top again: its row has moved."""
        if mark is not None:
            top = min(self.transcript.row_of(mark), max(0, len(self.transcript) - self.size.height))
            self.place(len(self.transcript), top)

    def on_focus(self, event: events.Focus) -> None:
        """It looks the same with the keys and without: Textual would paint it anew, and tell its parents."""
        event.prevent_default()
        self.has_focus = True

    def on_blur(self, event: events.Blur) -> None:
        """As for the focus."""
        event.prevent_default()
        self.has_focus = False

    def watch_has_focus(self, _has_focus: bool) -> None:  # noqa: FBT001 - Textual's call
        """No style is worked out anew."""
