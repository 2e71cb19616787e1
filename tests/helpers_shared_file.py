"""Another process that changes a shared file just before one's own turn."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline_runtime.shared_file import locked, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path


def others_first(data: bytes) -> Callable[[Path], AbstractContextManager[None]]:
    """A `locked` before which another process has the lock, and writes `data`."""

    @contextmanager
    def late(path: Path) -> Iterator[None]:
        with locked(path):
            write_whole(path, data)
        with locked(path):
            yield

    return late
