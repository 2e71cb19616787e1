"""An index kept beside its log as `<log>.idx`: safe to delete, made again when log or program change."""

from __future__ import annotations

import os
import struct
import sys
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from pipeline_runtime import __version__
from pipeline_runtime.runlog.index.rows import Traits
from pipeline_runtime.runlog.reader import ended_in_order

if TYPE_CHECKING:
    from pipeline_runtime.runlog.index.event_index import EventIndex

SUFFIX = ".idx"
KEEP_FROM = 8 << 20
"""Bytes of a log from which its index is kept: smaller ones are read in a blink."""
_MAGIC = b"pipeline-tui idx"
_VERSION = f"{__version__} 1 {sys.byteorder}"
_TRAILER = struct.Struct("<IQ")
"""CRC-32 of the footer, and its size."""


class _Footer(msgspec.Struct):
    """What stands behind the blocks."""

    version: str
    log_size: int
    log_mtime: int
    checksum: int
    """CRC-32 of the blocks."""
    blocks: tuple[bytes, bytes, bytes]
    columns: list[bytes]
    step_names: list[str]
    all_traits: list[Traits | None]
    last_seq: int


def index_path(log: Path) -> Path:
    """Where the index of a log is kept."""
    return log.with_name(log.name + SUFFIX)


def keep_index(index: EventIndex, log: Path) -> bool:
    """Write the index beside a large log of a run that is over; true when it was written.

    A quarter of the log's size. A full disk or a read-only folder is no error: the index is made again.
    """
    try:
        stat = log.stat()
        if stat.st_size < KEEP_FROM or not index.whole or not ended_in_order(log):
            return False
        _write(index, log, stat)
    except OSError:
        return False
    return True


def _write(index: EventIndex, log: Path, stat: os.stat_result) -> None:
    index.blocks.seal()
    handle, name = tempfile.mkstemp(dir=log.parent, prefix=log.name, suffix=SUFFIX)
    try:
        with os.fdopen(handle, "wb") as file:
            checksum = 0
            file.write(_MAGIC)
            for data in index.blocks.packed():
                checksum = zlib.crc32(data, checksum)
                file.write(data)
            footer = msgspec.msgpack.encode(
                _Footer(
                    version=_VERSION,
                    log_size=stat.st_size,
                    log_mtime=stat.st_mtime_ns,
                    checksum=checksum,
                    blocks=index.blocks.directory,
                    columns=[column.tobytes() for column in index.columns.arrays],
                    step_names=index.columns.step_names,
                    all_traits=index.columns.all_traits,
                    last_seq=index.last_seq,
                )
            )
            file.write(footer + _TRAILER.pack(zlib.crc32(footer), len(footer)))
        Path(name).replace(index_path(log))
    except OSError:
        with suppress(OSError):
            Path(name).unlink()
        raise


def load_kept(index: EventIndex, log: Path) -> None:
    """Fill an empty index from what was kept, when there is one that fits the log as it is now."""
    try:
        file = index_path(log).open("rb")
    except OSError:
        return
    try:
        _fill(index, file, log.stat())
    except (OSError, ValueError):
        index.clear()
        file.close()


def _fill(index: EventIndex, file: BinaryIO, stat: os.stat_result) -> None:
    footer = _read_footer(file)
    if (footer.version, footer.log_size, footer.log_mtime) != (_VERSION, stat.st_size, stat.st_mtime_ns):
        raise ValueError("of another log or another program")
    index.blocks.restore(file, len(_MAGIC), footer.blocks)
    if _checksum(index) != footer.checksum:
        raise ValueError("damaged blocks")
    columns = index.columns
    for column, data in zip(columns.arrays, footer.columns, strict=True):
        column.frombytes(data)
    columns.step_names, columns.all_traits = footer.step_names, footer.all_traits
    columns.events = len(index.blocks)
    index.last_seq, index.kept = footer.last_seq, True


def _read_footer(file: BinaryIO) -> _Footer:
    if file.read(len(_MAGIC)) != _MAGIC:
        raise ValueError("no index of ours")
    end = file.seek(-_TRAILER.size, os.SEEK_END)
    checksum, size = _TRAILER.unpack(file.read())
    if size > end:
        raise ValueError("damaged trailer")
    file.seek(end - size)
    data = file.read(size)
    if zlib.crc32(data) != checksum:
        raise ValueError("damaged footer")
    return msgspec.msgpack.decode(data, type=_Footer)


def _checksum(index: EventIndex) -> int:
    checksum = 0
    for data in index.blocks.packed():
        checksum = zlib.crc32(data, checksum)
    return checksum
