"""What a simulator counts: requests by scenario, and responses that are under way."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Books:
    """Counted by the server's thread, read by any."""

    def __init__(self) -> None:
        self._requests: Counter[str] = Counter()
        self._open = 0
        self._changed = threading.Condition()

    @property
    def requests(self) -> dict[str, int]:
        """How many requests each scenario had."""
        with self._changed:
            return dict(self._requests)

    @property
    def open(self) -> int:
        """How many responses are under way."""
        with self._changed:
            return self._open

    def count(self, key: str) -> int:
        """Count a request; gives how many there were before it."""
        with self._changed:
            before = self._requests[key]
            self._requests[key] += 1
            return before

    @contextmanager
    def response(self) -> Iterator[None]:
        """A response is under way."""
        self._change(1)
        try:
            yield
        finally:
            self._change(-1)

    def wait_for_open(self, count: int, timeout: float) -> bool:
        """Wait until exactly `count` responses are under way; False: not within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._open == count, timeout)

    def _change(self, by: int) -> None:
        with self._changed:
            self._open += by
            self._changed.notify_all()
