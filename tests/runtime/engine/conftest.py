"""What every test here gets: the simulator, no task left, and an event loop that must not be blocked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster

from helpers_core import no_task_left, simulator

__all__ = ["no_task_left", "nothing_blocks", "simulator"]


class Every(frozenset[str]):
    """Contains every name."""

    __slots__ = ()

    def __contains__(self, _: object) -> bool:
        return True


@pytest.fixture(autouse=True)
def nothing_blocks() -> Iterator[None]:
    """A blocking call in the event loop fails the test.

    Allowed are the short reads and writes of the run log and of the lessons, which are meant to be there, and
    what a test itself calls.
    """
    guard = BlockBuster()
    guard.activate()
    for function in guard.functions.values():
        function.can_block_in("runlog/writer.py", {"__init__", "sync", "_shut"})
        function.can_block_in("capabilities/known.py", {"known_models"})
        function.can_block_in("capabilities/lessons.py", {"_read", "_rewrite", "_locked", "forget"})
        function.can_block_in("tests/helpers_core.py", Every())
        function.can_block_in("tests/runtime/engine/test_runs.py", Every())
        function.can_block_in("tests/runtime/engine/test_old_workflows.py", Every())
        function.can_block_in("engine/invoke.py", {"invoke"})
    try:
        yield
    finally:
        guard.deactivate()
