"""Reads a run log back into the very events that the run emitted, with the same numbers and times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.errors import RunLogError
from pipeline_runtime.events import RunFinished
from pipeline_runtime.runlog.derivation import Derivation
from pipeline_runtime.runlog.lines import SCHEMA, Line, LogHeader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline_runtime.events import AnyEvent

_decode_line = msgspec.json.Decoder(Line).decode


class RunLog:
    """One run log file. A log cut anywhere gives all that was written whole."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            RunLogError: It cannot be read, is no run log, or was written by a newer version.
        """
        self.path = path
        self.header = read_header(path)
        self.torn: str | None = None
        """What was wrong with the line at which reading ended, after `events` has been read through."""

    def lines(self) -> Iterator[Line]:
        """Every whole line after the header; ends at the first torn one."""
        with self.path.open("rb") as file:
            next(file, None)
            for number, data in enumerate(file, start=2):
                try:
                    yield _decode_line(data)
                except (ValueError, RecursionError) as error:
                    self.torn = f"line {number}: {error}"
                    return

    def events(self, *, close: bool = True) -> Iterator[AnyEvent]:
        """Every event of the run, in order.

        Args:
            close: Give also what bodies that never ended hold, with numbers that follow the last one; not for
                a log that still grows.

        Raises:
            RunLogError: A step speaks a protocol that this version does not know.
        """
        derivation = Derivation(self.header.run)
        for line in self.lines():
            yield from derivation.feed(line)
        if close:
            yield from derivation.rest()

    @property
    def finished(self) -> RunFinished | None:
        """The run's last event, read from the file's end; `None` when the run did not end in order."""
        return _read_finished(self.path)


def read_header(path: Path) -> LogHeader:
    """The first line of a log.

    Raises:
        RunLogError: It cannot be read, is no run log, or was written by a newer version.
    """
    try:
        with path.open("rb") as file:
            first = file.readline()
    except OSError as error:
        raise RunLogError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        probe = msgspec.json.decode(first, type=_Probe)
        if probe.kind == "log" and probe.schema > SCHEMA:
            raise RunLogError(
                f"{path}: written by a newer version ({probe.writer})", cure="update pipeline-tui to read it"
            )
        return msgspec.json.decode(first, type=LogHeader)
    except (ValueError, RecursionError) as error:
        raise RunLogError(f"{path}: not a run log ({error})", cure="run logs end in .jsonl") from error


class LineReader:
    """Reads the lines after the header in slices, from a log that may still be growing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.offset = 0
        """How many bytes have been read."""
        self._number = 1
        self.torn: str | None = None
        """What is wrong with the line at which reading ended for good."""

    def read(self, size: int) -> list[Line]:
        """The next whole lines, about `size` bytes; empty when there are none yet.

        Raises:
            OSError: The log cannot be read any more.
        """
        if self.torn is not None:
            return []
        data = self._whole_lines(size)
        self.offset += len(data)
        return self._decoded(data.split(b"\n")[:-1])

    def rest(self) -> list[Line]:
        """The last line, when only its end is missing."""
        if self.torn is not None:
            return []
        with self._path.open("rb") as file:
            file.seek(self.offset)
            data = file.read()
        self.offset += len(data)
        return self._decoded([data] if data else [])

    def _whole_lines(self, size: int) -> bytes:
        with self._path.open("rb") as file:
            if not self.offset:
                header = file.readline()
                if not header.endswith(b"\n"):
                    return b""
                self.offset = len(header)
            file.seek(self.offset)
            while True:
                data = file.read(size)
                end = data.rfind(b"\n") + 1
                if end or len(data) < size:
                    return data[:end]
                size *= 4  # one line is longer than this
                file.seek(self.offset)

    def _decoded(self, lines: list[bytes]) -> list[Line]:
        decoded: list[Line] = []
        for data in lines:
            self._number += 1
            try:
                decoded.append(_decode_line(data))
            except (ValueError, RecursionError) as error:
                self.torn = f"line {self._number}: {error}"
                break
        return decoded


class _Probe(msgspec.Struct):
    kind: str
    schema: int = 0
    writer: str = ""


TAIL_BYTES = 1 << 16
LONGEST_END = 1 << 24


def ended_in_order(path: Path) -> bool:
    """Whether the log's last line is the run's last event.

    Raises:
        OSError: It cannot be read.
    """
    return _read_finished(path) is not None


def _read_finished(path: Path) -> RunFinished | None:
    try:
        return msgspec.json.decode(_last_line(path), type=RunFinished)
    except (ValueError, RecursionError):
        return None


def _last_line(path: Path) -> bytes:
    """The last line, as far as it is no longer than `LONGEST_END`."""
    size = TAIL_BYTES
    with path.open("rb") as file:
        end = file.seek(0, 2)
        while True:
            file.seek(max(0, end - size))
            _, border, line = file.read(size).rstrip(b"\n").rpartition(b"\n")
            if border or size >= min(end, LONGEST_END):
                return line
            size *= 16  # a run of very many steps: its last event tells of each
