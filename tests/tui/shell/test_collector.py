"""A full collection stops the UI for as long as a frame or two: it comes when nobody waits."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from pipeline_tui.collector import CALM, PATIENCE, QUIET, QuietCollector

if TYPE_CHECKING:
    from collections.abc import Iterator


class Watched:
    """A collector, the work of the thread by hand, and how often all was collected."""

    def __init__(self) -> None:
        self.worked = 0.0
        self.collected = 0
        self.collector = QuietCollector(lambda: self.worked, self._collect)

    def _collect(self) -> None:
        self.collected += 1
        gc.collect()

    def look(self, worked: float) -> int:
        """What has been collected by a look after so much work."""
        self.worked += worked
        self.collector.look()
        return self.collected


@pytest.fixture
def watched() -> Iterator[Watched]:
    """None of Python's own collections come between."""
    gc.disable()
    gc.collect()
    yield Watched()
    gc.enable()


def test_all_is_collected_when_nothing_goes_on(watched: Watched) -> None:
    gc.collect(1)
    assert watched.look(QUIET * 10) == 0
    assert watched.look(QUIET / 2) == 1


def test_what_was_collected_is_not_looked_at_again(watched: Watched) -> None:
    gc.collect(1)
    assert [watched.look(0) for _ in range(3)] == [1, 1, 1]
    gc.collect(1)
    assert watched.look(0) == 2


def test_a_stream_that_goes_on_for_long_is_quiet_enough_in_the_end(watched: Watched) -> None:
    gc.collect(1)
    assert watched.look(QUIET * 1.5) == 0
    assert [watched.look(QUIET * 1.5) for _ in range(PATIENCE)][-1] == 1
    gc.collect(1)
    assert watched.look(QUIET * 1.5) == 1


def test_what_keeps_the_screen_busy_is_never_stopped(watched: Watched) -> None:
    gc.collect(1)
    assert [watched.look(CALM * 1.1) for _ in range(20 * PATIENCE)][-1] == 0
