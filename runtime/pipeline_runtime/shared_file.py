"""A small file that several processes change: one at a time, and whole or not at all."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Value = TypeVar("Value")

UNREADABLE = (ValueError, RecursionError)
"""What a decoder raises for bytes that are not right: `UnicodeDecodeError` and msgspec's are among them."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes from changing the file; its folder is made when there is none.

    Raises:
        OSError: The folder or the lock beside the file cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def write_whole(path: Path, data: bytes) -> None:
    """Put these bytes in the file's place; whoever reads it has the old ones or the new ones. Needs `locked`.

    Raises:
        OSError: It cannot be written.
    """
    draft = path.with_suffix(".tmp")
    draft.write_bytes(data)
    draft.replace(path)


def read(path: Path, decode: Callable[[bytes], Value]) -> Value | None:
    """What the file holds, for who has not `locked` it; `None`: it was not right, and was put aside.

    Raises:
        OSError: There is no file, or it cannot be read or put aside.
    """
    try:
        return decode(path.read_bytes())
    except UNREADABLE:
        with locked(path):  # another process may have put it aside meanwhile, and a new one in its place
            return read_locked(path, decode)


def read_locked(path: Path, decode: Callable[[bytes], Value]) -> Value | None:
    """The same for who has `locked` it; what is not right is kept under another name, for its owner.

    Raises:
        OSError: There is no file, or it cannot be read or put aside.
    """
    data = path.read_bytes()
    try:
        return decode(data)
    except UNREADABLE:
        path.replace(path.with_suffix(".broken"))
        return None
