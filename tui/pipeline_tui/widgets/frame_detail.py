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
        self._shown: tuple[int, int] | None = None
        self._reading = False
        self._reader = ThreadPoolExecutor(1, "frame-detail")  # one thread: the log is read by one at a time

    def compose(self) -> ComposeResult:
        """Bytes, then events."""
        yield self.raw
        yield self.events

    def on_unmount(self) -> None:
        """End the thread."""
        self._reader.shutdown(wait=False, cancel_futures=True)

    def show(self, row: FrameRow | None) -> None:
        """Show a row, or nothing; while one is being read, the newest wish wins."""
        self._wanted = row
        if row is None:
            self._put("", "")
            self._shown = None
        elif not self._reading and self._shown != row.key:
            self._load()

    @work(group="detail")
    async def _load(self) -> None:
        self._reading = True
        while (row := self._wanted) is not None and self._shown != (key := row.key):
            raw = await self._read(row)
            if self._wanted is not None:
                self._put(frame_text(row, raw), events_text(row))
                self._shown = key
        self._reading = False

    def _put(self, raw: str, events: str) -> None:
        self.raw.show_text(raw)
        self.events.show_text(events)

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
