"""The selected row in full: its bytes as they came, beside the events made of them."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeAlias

from textual import work
from textual.containers import Container

from pipeline_runtime.runlog.bodies import RawBodies
from pipeline_tui.views.frame_text import VIEWS, View, events_text, frame_text, timing_text
from pipeline_tui.widgets.live_pane import LivePane

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from pipeline_runtime.runlog.bodies import Chunk
    from pipeline_tui.views.frame_row import FrameRow
    from pipeline_tui.views.source import RunSource

Shown: TypeAlias = tuple[int, int, int | None, View, bool]
"""What is shown: the row, the gap behind it, and how."""


class FrameDetail(Container):
    """Two panes of text. The bytes are read from the run log in a thread, one row at a time."""

    def __init__(self, source: RunSource, provider: Callable[[str], str]) -> None:
        """`provider`: whose key a step's request was sent with."""
        super().__init__()
        self.source = source
        self.view: View = "text"
        self.unfolded = False
        self._provider = provider
        self._bodies: RawBodies | None = None
        self.raw = LivePane(id="detail-raw")
        self.events = LivePane(id="detail-events")
        self._wanted: FrameRow | None = None
        self._after: int | None = None
        self._shown: Shown | None = None
        self._reading = False
        self._reader = ThreadPoolExecutor(1, "frame-detail")  # one thread: the log is read by one at a time

    def compose(self) -> ComposeResult:
        """Bytes, then events."""
        yield self.raw
        yield self.events

    def on_unmount(self) -> None:
        """End the thread."""
        self._reader.shutdown(wait=False, cancel_futures=True)

    @property
    def next_view(self) -> View:
        """What `turn_view` turns to."""
        return VIEWS[(VIEWS.index(self.view) + 1) % len(VIEWS)]

    def turn_view(self) -> None:
        """Show the bytes another way: as text, in hex, as JSON."""
        self.view = self.next_view
        self._again()

    def turn_fold(self) -> None:
        """Show JSON, folded or whole."""
        self.unfolded = self.view == "json" and not self.unfolded
        self.view = "json"
        self._again()

    def _again(self) -> None:
        self._shown = None
        self.show(self._wanted, self._after)

    def show(self, row: FrameRow | None, after: int | None = None) -> None:
        """Show a row, or nothing; while one is being read, the newest wish wins.

        Args:
            row: The row.
            after: Ns until the next frame of its attempt, or `BURST`; `None`: not known.
        """
        self._wanted, self._after = row, after
        if row is None:
            self._put("", "")
            self._shown = None
        elif not self._reading and self._shown != self._key(row):
            self._load()

    def _key(self, row: FrameRow) -> Shown:
        return *row.key, self._after, self.view, self.unfolded

    @work(group="detail")
    async def _load(self) -> None:
        self._reading = True
        while (row := self._wanted) is not None and self._shown != (key := self._key(row)):
            raw, chunks = await self._read(row)
            if self._wanted is not None:
                view, unfolded = key[-2:]
                provider = self._provider(row.event.step or "")
                text = frame_text(row, raw, chunks, view=view, unfolded=unfolded, provider=provider)
                self._put(text, f"{timing_text(row, key[2])}\n\n{events_text(row)}")
                self._shown = key
        self._reading = False

    def _put(self, raw: str, events: str) -> None:
        self.raw.show_text(raw)
        self.events.show_text(events)

    async def _read(self, row: FrameRow) -> tuple[bytes | None, list[Chunk]]:
        frame = row.frame
        if frame is None or frame.step is None or frame.attempt is None:
            return None, []
        place = frame.step, frame.attempt, frame.offset, frame.size
        loop = asyncio.get_running_loop()
        try:
            raw = await loop.run_in_executor(self._reader, self.source.raw_bytes, *place)
            borders = frame.chunks[0] != frame.chunks[1]
            chunks = await loop.run_in_executor(self._reader, self._chunks, *place) if borders else []
        except OSError as error:
            self.notify(f"The run log cannot be read: {error.strerror}", severity="warning", markup=False)
            return None, []
        return raw, chunks

    def _chunks(self, step: str, attempt: int, offset: int, size: int) -> list[Chunk]:
        """The reads that a frame came in; none where no log is. Reads a file."""
        log = self.source.log_path
        if log is None or not log.exists():
            return []
        self._bodies = self._bodies or RawBodies(log)
        return self._bodies.chunks(step, attempt, offset, size)
