"""Remembers what the ends of logs told, by the file's size and time: a list need not open them again."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime import __version__
from pipeline_runtime.runlog.holding import is_held
from pipeline_runtime.runlog.summaries import RunSummary, summarise_log

if TYPE_CHECKING:
    from collections.abc import Iterable

LARGEST = 1 << 16
"""Bytes of a summary that is kept: one with large inputs is read again."""


class _Kept(msgspec.Struct):
    version: str
    summaries: dict[str, RunSummary]


class SummaryCache:
    """The summaries of one folder's logs. Not for two threads at once."""

    def __init__(self, file: Path) -> None:
        """Nothing is read yet. A file that is damaged or of another version counts as empty."""
        self._file = file
        self._summaries: dict[str, RunSummary] | None = None
        self._changed = False

    def summary(self, entry: os.DirEntry[str]) -> RunSummary | None:
        """The summary of a log, read only when it has changed; `None` for what is no readable log."""
        known = self._known()
        stat = entry.stat()
        summary = known.get(entry.name)
        if summary is None or (summary.size, summary.modified, summary.log) != (
            stat.st_size,
            stat.st_mtime_ns,
            entry.path,
        ):
            return self._read(entry, known)
        if summary.finished is None:  # a lock that ends leaves the file as it was
            return msgspec.structs.replace(summary, running=is_held(Path(entry.path)))
        return summary

    def keep(self, names: Iterable[str]) -> None:
        """Write down what is known of these files; a folder that cannot be written is no error."""
        known = self._known()
        gone = known.keys() - set(names)
        for name in gone:
            del known[name]
        if self._changed or gone:
            self._changed = False
            with suppress(OSError):
                _write(self._file, msgspec.msgpack.encode(_Kept(_VERSION, known)))

    def _read(self, entry: os.DirEntry[str], known: dict[str, RunSummary]) -> RunSummary | None:
        summary = summarise_log(Path(entry.path))
        if summary is not None and len(msgspec.msgpack.encode(summary)) <= LARGEST:
            known[entry.name] = summary
            self._changed = True
        return summary

    def _known(self) -> dict[str, RunSummary]:
        if self._summaries is None:
            self._summaries = _load(self._file)
        return self._summaries


_VERSION = f"{__version__} 2"


def _load(file: Path) -> dict[str, RunSummary]:
    try:
        kept = msgspec.msgpack.decode(file.read_bytes(), type=_Kept)
    except (OSError, ValueError, RecursionError):
        return {}
    return kept.summaries if kept.version == _VERSION else {}


def _write(file: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        Path(name).replace(file)
    except OSError:
        with suppress(OSError):
            Path(name).unlink()
        raise
