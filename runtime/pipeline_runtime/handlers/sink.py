"""Writes to a file that others may write to too: whole pieces, rotated, compressed. Blocks: use a thread."""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import os
import secrets
import shutil
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

WriteMode: TypeAlias = Literal["append", "replace", "atomic"]


@dataclass(frozen=True, slots=True)
class Rotation:
    """When a file is put aside, and how many are kept: `name.1` is the youngest."""

    size: int
    keep: int
    compress: bool = False


class FileSink:
    """One file.

    Every write takes the file's lock, so that steps, runs and processes that share a file neither mix their
    pieces nor rotate it twice.

    Args:
        path: The file; its folders are made.
        mode: `append`; `replace` empties it first; `atomic` writes beside it and moves the whole into its
            place.
        rotation: Not for `atomic`.
    """

    def __init__(self, path: Path, mode: WriteMode = "append", rotation: Rotation | None = None) -> None:
        self.path = path
        self._mode = mode
        self._rotation = rotation
        self._target = path

    def open(self) -> None:
        """Make the file.

        Raises:
            OSError: It cannot be.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self._mode == "atomic":
            self.path = self.path.resolve()
            self._target = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}.part")
        with self._locked() as file:
            if self._mode == "replace":
                os.ftruncate(file, 0)

    def write(self, pieces: Sequence[bytes]) -> None:
        """Append these pieces; a file is rotated between two of them, never inside of one.

        Raises:
            OSError: They cannot be written.
        """
        left = list(pieces)
        while left:
            with self._locked() as file:
                count = self._fitting(file, left)
                _write_all(file, b"".join(left[:count]))
            left = left[count:]

    def close(self, *, complete: bool) -> None:
        """End it; an `atomic` file takes its place if it is complete, and else is kept as `name.partial`.

        Raises:
            OSError: It cannot be moved.
        """
        if self._mode != "atomic":
            return
        with self._locked() as file:
            os.fsync(file)
        if complete:
            with contextlib.suppress(FileNotFoundError):
                self._target.chmod(stat.S_IMODE(self.path.stat().st_mode))
            self._target.replace(self.path)
        else:
            self._target.replace(self.path.with_name(f"{self.path.name}.partial"))

    @contextmanager
    def _locked(self) -> Iterator[int]:
        file = self._open_locked()
        try:
            yield file
        finally:
            os.close(file)  # and gives up the lock

    def _open_locked(self) -> int:
        while True:
            file = os.open(self._target, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                if _is_file_at(file, self._target):
                    return file
            except BaseException:
                os.close(file)
                raise
            os.close(file)  # it was rotated while we waited

    def _fitting(self, file: int, pieces: Sequence[bytes]) -> int:
        """How many of the pieces belong into this file; rotates it when there is room for none."""
        status = os.fstat(file)
        if self._rotation is None or not stat.S_ISREG(status.st_mode):
            return len(pieces)
        size, count = status.st_size, 0
        while count < len(pieces) and size + len(pieces[count]) <= self._rotation.size:
            size += len(pieces[count])
            count += 1
        if count:
            return count
        if status.st_size == 0:
            return 1  # one piece that is larger than a file may be
        _rotate(self.path, self._rotation)
        return 0


def _is_file_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _rotate(path: Path, rotation: Rotation) -> None:
    """`path` becomes `path.1`, `path.1` becomes `path.2`, …; what would be one too many is removed."""
    _remove(path, rotation.keep)
    for number in range(rotation.keep - 1, 0, -1):
        for ending in ("", ".gz"):
            with contextlib.suppress(FileNotFoundError):
                _numbered(path, number, ending).replace(_numbered(path, number + 1, ending))
    if not rotation.keep:
        path.unlink()
        return
    youngest = path.replace(_numbered(path, 1))
    if rotation.compress:
        _compress(youngest)


def _remove(path: Path, number: int) -> None:
    for ending in ("", ".gz"):
        if number:
            _numbered(path, number, ending).unlink(missing_ok=True)


def _numbered(path: Path, number: int, ending: str = "") -> Path:
    return path.with_name(f"{path.name}.{number}{ending}")


def _compress(path: Path) -> None:
    """`path` becomes `path.gz`; whoever looks meanwhile sees one of them whole."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with path.open("rb") as plain, gzip.open(beside, "wb") as packed:
            shutil.copyfileobj(plain, packed, 1 << 20)
        beside.replace(path.with_name(f"{path.name}.gz"))
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    path.unlink()
