"""A small file that several processes change: one at a time, and whole or not at all."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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


def put_aside(path: Path) -> None:
    """Keep a file that cannot be used under another name, for its owner to look at.

    Raises:
        OSError: It cannot be renamed.
    """
    path.replace(path.with_suffix(".broken"))
