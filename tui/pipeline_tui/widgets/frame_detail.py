"""The selected row in full: its bytes as they came, beside the events made of them."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from textual import work
from textual.containers import Container

from pipeline_tui.views.frame_text import events_text, frame_text
from pipeline_tui.widgets.live_pane import LivePane

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from pipeline_tui.views.frame_row import FrameRow
    from pipeline_tui.views.source import RunSource


class FrameDetail(Container):
    """Two panes of text. The bytes are read from the run log in a thread, one row at a time."""

    def __init__(self, source: RunSource) -> None:
        super().__init__()
        self.source = source
        self.raw = LivePane(id="detail-raw")
        self.events = LivePane(id="detail-events")
        self._wanted: FrameRow | None = None
        self._shown: tuple[FrameRow, int] | None = None
        self._reader = ThreadPoolExecutor(1, "frame-detail")  # one thread: the log is read by one at a time

    def compose(self) -> ComposeResult:
        """Bytes, then events."""
        yield self.raw
        yield self.events

    def on_unmount(self) -> None:
        """End the thread."""
        self._reader.shutdown(wait=False, cancel_futures=True)

    def show(self, row: FrameRow | None) -> None:
        """Show a row; while one is being read, the newest wish wins."""
        idle = self._wanted is None
        self._wanted = row
        if idle and row is not None and self._shown != (row, len(row.events)):
            self._load()
        elif idle:
            self._wanted = None

    @work(group="detail")
    async def _load(self) -> None:
        while (row := self._wanted) is not None:
            key = (row, len(row.events))
            if key != self._shown:
                raw = await self._read(row)
                self.raw.show_text(frame_text(row, raw))
                self.events.show_text(events_text(row))
                self._shown = key
            if self._wanted is row:
                self._wanted = None

    async def _read(self, row: FrameRow) -> bytes | None:
        frame = row.frame
        if frame is None or frame.step is None or frame.attempt is None:
            return None
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(
                self._reader, self.source.raw_bytes, frame.step, frame.attempt, frame.offset, frame.size
            )
        except OSError as error:
            self.notify(f"The run log cannot be read: {error.strerror}", severity="warning", markup=False)
            return None
