"""Cancels calls from anywhere: another task, another thread, a signal handler."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Cancellation:
    """One switch for every call that is made with it; once it is off, it stays off."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._cancelled = False
        self._watchers: dict[object, Callable[[], object]] = {}

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled

    def cancel(self) -> None:
        """Close the sockets of all calls that are under way, and let none begin. From any thread."""
        with self._lock:
            self._cancelled = True
            watchers, self._watchers = self._watchers, {}
        for tell in watchers.values():
            tell()

    @contextmanager
    def watched(self, tell: Callable[[], object]) -> Iterator[None]:
        """While it lasts, `tell` is called when `cancel` is; at once if it was before. From any thread."""
        key = object()
        with self._lock:
            too_late = self._cancelled
            if not too_late:
                self._watchers[key] = tell
        if too_late:
            tell()
        try:
            yield
        finally:
            with self._lock:
                self._watchers.pop(key, None)
