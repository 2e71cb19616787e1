"""Writes a run log: in order, whole lines only, on disk within 50 ms."""

from __future__ import annotations

import asyncio
import os
from threading import Lock
from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.runlog.holding import hold
from pipeline_runtime.runlog.lines import BodyEndLine, ChunkLine, Line, LogHeader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.secrets import Masker
    from pipeline_runtime.wire.frames import Chunk

FLUSH_SECONDS = 0.05
FLUSH_BYTES = 1 << 18


class RunLogWriter:
    """Appends lines to a new file. A write that fails (a full disk) ends the log, never the run."""

    def __init__(self, path: Path, masker: Masker, *, on_failure: Callable[[OSError], None]) -> None:
        """Create the file.

        Raises:
            OSError: It cannot be created, or it is there already.
        """
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = path
        self._masker = masker
        self._on_failure = on_failure
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        hold(self._file)
        self._encode = msgspec.json.Encoder().encode
        self._lines: list[bytes | tuple[Origin, Chunk]] = []
        """What is not written yet; chunks become lines when they are written, behind what waits for them."""
        self._size = 0
        self._timer: asyncio.TimerHandle | None = None
        self._open = True
        self._lock = Lock()
        self._failure: OSError | None = None

    def header(self, header: LogHeader) -> None:
        """Write the first line."""
        self._append(header)

    def event(self, event: AnyEvent) -> None:
        """Write an event that the bytes do not hold."""
        self._append(event)

    def encoded(self, line: bytes) -> None:
        """Write an event as JSON, without secrets: what `Masker.encoded` gave."""
        self._put(line, len(line))

    def chunk(self, origin: Origin, chunk: Chunk) -> None:
        """Write the bytes of one socket read.

        They hold no secret: `ChunkMasker` has seen to that, who also knows one that is cut between two reads.
        JSON escapes what they hold, and makes no secret of what is none: they are not searched again.
        """
        self._put((origin, chunk), len(chunk.data))

    def body_end(self, origin: Origin, at: int, *, given_up: bool = False) -> None:
        """Write that a body is over."""
        self._append(BodyEndLine(origin.step or "", origin.attempt or 0, at, given_up))

    def flush(self) -> None:
        """Hand what is buffered to the operating system."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.sync()
        failure, self._failure = self._failure, None
        if failure is not None:
            self._on_failure(failure)

    def sync(self) -> None:
        """As `flush`, from any thread; a failure is told by the next `flush`."""
        with self._lock:
            waiting = self._lines[:]  # others only append: no lock is needed for that
            if not waiting or not self._open:
                return
            del self._lines[: len(waiting)]
            self._size = 0
            lines = [one if isinstance(one, bytes) else self._encode(ChunkLine.of(*one)) for one in waiting]
            lines.append(b"")
            data = b"\n".join(lines)
            try:
                _write_all(self._file, data)
            except OSError as error:
                self._shut()
                self._failure = error

    def close(self) -> None:
        """Flush and close; a second call does nothing."""
        self.flush()
        with self._lock:
            self._shut()

    def _append(self, line: Line) -> None:
        self.encoded(self._masker.encoded(line)[1])

    def _put(self, line: bytes | tuple[Origin, Chunk], size: int) -> None:
        if self._open:
            self._lines.append(line)
            self._size += size
            if self._size > FLUSH_BYTES:
                self.flush()
            elif self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
        elif self._failure is not None:
            self.flush()

    def _shut(self) -> None:
        if self._open:
            self._open = False
            os.close(self._file)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
