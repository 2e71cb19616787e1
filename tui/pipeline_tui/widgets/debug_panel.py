"""The wire beside the answer: every frame as a row, a filter, and the selected row in full."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Input

from pipeline_runtime.errors import RunLogError
from pipeline_runtime.expression import ExpressionError
from pipeline_runtime.runlog.index import LogIndex, keep_index
from pipeline_tui.views.format import counted, join
from pipeline_tui.views.frame_filter import parse_filter
from pipeline_tui.widgets.frame_detail import FrameDetail
from pipeline_tui.widgets.frame_table import FrameTable
from pipeline_tui.widgets.status_lines import StatusLines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from textual import events
    from textual.app import ComposeResult

    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.runlog.index import EventIndex
    from pipeline_tui.views.source import RunSource

WIDE = 120
"""Cells from which the detail stands beside the table instead of below it."""
_SLICE = 1_000
"""Events of the past that are taken in before keys get their turn: 3 ms."""


_ERROR = "panel-title--error"


class PanelTitle(StatusLines):
    """One line: how many rows there are and are shown, or what is wrong with the filter."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {_ERROR}


class DebugPanel(Container):
    """The debug panel. It is made when it is opened and gone when it is closed: closed, it costs nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "turn_view", "Hex", show=False, tooltip="The frame's bytes as text, in hex, as JSON"),
        Binding("u", "turn_fold", "Unfold", show=False, tooltip="The frame's JSON, folded or whole"),
    ]

    def __init__(
        self,
        source: RunSource,
        *,
        seen: int,
        filter_text: str = "",
        provider: Callable[[str], str] = lambda _: "",
    ) -> None:
        """Make it.

        Args:
            source: The run.
            seen: The highest `seq` that was handed on; -1: the run has not begun.
            filter_text: What it is filtered by at first.
            provider: Whose key a step's requests were sent with.
        """
        super().__init__(id="debug")
        self.source = source
        self.table = FrameTable(_folder_of(source))
        self.detail = FrameDetail(source, provider)
        self.filter_input = Input(
            filter_text,
            placeholder='filter: type:delta lane:thinking gap>500ms bytes>4096 text "quoted text"',
            compact=True,
            select_on_focus=False,
        )
        self.filter_input.cursor_blink = False
        self._title = PanelTitle()
        self._error: ExpressionError | None = None
        self._filtered_by = ""
        self._seen = seen
        self._early: list[AnyEvent] | None = [] if seen >= 0 else None

    def compose(self) -> ComposeResult:
        """Title, filter, table, detail."""
        yield self._title
        yield self.filter_input
        with Container(id="debug-body"):
            yield self.table
            yield self.detail

    def on_mount(self) -> None:
        """Catch up with what happened while the panel was closed."""
        self.filter_input.display = bool(self.filter_input.value)
        self._apply_filter(self.filter_input.value)
        if self._early is not None:
            self._catch_up()

    async def on_unmount(self) -> None:
        """Keep the index of a long run that is over: the next time it is there at once."""
        index, log = self.table.index, self.source.log_path
        if log is not None and index.whole:
            await asyncio.to_thread(keep_index, index, log)
        index.close()

    def feed(self, batch: Sequence[AnyEvent]) -> None:
        """Take the run's events as they come."""
        if self._early is not None:
            self._early.extend(batch)
        else:
            self.table.extend(batch)

    @work(group="history")
    async def _catch_up(self) -> None:
        """Take in the past: its beginning at once, the rest while the user looks at it."""
        kept = await asyncio.to_thread(self._kept) if self.source.finished else None
        if kept is not None:
            self.table.show_index(kept)
        else:
            await self._read_history()
        while self._early:
            events, self._early = self._early[:_SLICE], self._early[_SLICE:]
            self.table.extend(events)
            await asyncio.sleep(0)
        self._early = None
        self._show_title()

    async def _read_history(self) -> None:
        history: Iterator[AnyEvent] | None = None

        def more() -> list[AnyEvent]:
            nonlocal history
            history = history or iter(self.source.history())
            return list(islice(history, _SLICE))

        events = await asyncio.to_thread(more)
        while events:
            self.table.extend(events)
            events = await asyncio.to_thread(more) if len(events) == _SLICE else []

    def _kept(self) -> EventIndex | None:
        """The index that was kept of this run, which is over. Reads files."""
        log = self.source.log_path
        if log is None:
            return None
        try:
            index = LogIndex.open(log)
        except RunLogError:
            return None
        return index if index.kept else None

    # --- filter

    def open_filter(self) -> None:
        """Let the user type a filter, at once: the next key may be here already."""
        self.filter_input.display = True
        self.screen.set_focus(self.filter_input)

    def close_filter(self) -> bool:
        """Clear the filter; false when there was none."""
        if not self.filter_input.display:
            return False
        self.filter_input.value = ""
        self.filter_input.display = False
        self.table.focus()
        return True

    @on(Input.Changed)
    def _filter_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self._filtered_by:
            self._apply_filter(event.value)

    def _apply_filter(self, typed: str) -> None:
        self._filtered_by = typed
        text = typed.strip()
        try:
            test = parse_filter(text) if text else None
        except ExpressionError as error:
            self._error = error
        else:
            self._error = None
            self.table.filter(test)
        self._show_title()

    @on(Input.Submitted)
    def _filter_done(self, event: Input.Submitted) -> None:
        event.stop()
        self.table.focus()

    # --- what is shown

    @on(FrameTable.Changed)
    def _table_changed(self, event: FrameTable.Changed) -> None:
        event.stop()
        self._show_title()
        selected = self.table.selected
        self.detail.show(selected, self.table.gap_behind(selected))

    def action_turn_view(self) -> None:
        """Show the bytes of the selected row another way."""
        self.detail.turn_view()
        self._show_title()

    def action_turn_fold(self) -> None:
        """Show the JSON of the selected row, folded or whole."""
        self.detail.turn_fold()
        self._show_title()

    def _show_title(self) -> None:
        if self._error is not None:
            self._title.show_lines([((f" filter, {self._error}: {self._error.cure}", _ERROR),)])
            return
        table = self.table
        shown = f"{len(table):,} shown" if len(table) != len(table.rows) else None
        past = (table.index.last_seq + 1) / (self._seen + 1) if self._early is not None else 1.0
        read = f"{past:.0%} read" if past < 1 else None
        searched = f"{table.searched:.0%} searched" if table.searched < 1 else None
        follow = "following" if table.following else "holding, G follows"
        text = join(
            "wire",
            counted(len(table.rows), "row"),
            shown,
            read,
            searched,
            follow,
            "/ filters",
            f"x shows {self.detail.next_view}",
        )
        self._title.show_lines([((f" {text}", ""),)])

    def on_resize(self, event: events.Resize) -> None:
        """Side by side where there is room."""
        self.set_class(event.size.width >= WIDE, "-wide")


def _folder_of(source: RunSource) -> Path | None:
    """Where the run log is: there is room for what the table does not hold in memory."""
    log = source.log_path
    return log.parent if log is not None and log.parent.is_dir() else None
