"""An event loop whose time passes only in waiting, and then at once: ten minutes of silence cost nothing."""

from __future__ import annotations

import asyncio
import selectors
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

Result = TypeVar("Result")
NANOSECONDS = 1_000_000_000


class VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio loop for code that waits for timers only; a wait for anything else is an error."""

    def __init__(self) -> None:
        self._passed = 0.0
        super().__init__(_Skipping(self._skip))

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._passed

    def clock(self) -> int:
        """The same in nanoseconds."""
        return round(self._passed * NANOSECONDS)

    def _skip(self, seconds: float) -> None:
        self._passed += seconds


class _Skipping(selectors.SelectSelector):
    """Does not wait: it tells how long it would have."""

    def __init__(self, skip: Callable[[float], None]) -> None:
        super().__init__()
        self._skip_time = skip

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now.

        Raises:
            RuntimeError: nothing is, and nothing ever will be.
        """
        if timeout is None:
            raise RuntimeError("in virtual time only timers can be waited for, and there is none")
        if timeout > 0:
            self._skip_time(timeout)
        return super().select(0)


def run_virtually(make: Callable[[VirtualLoop], Coroutine[Any, Any, Result]]) -> Result:
    """Run a coroutine to its end in virtual time, from anywhere: also inside of another loop.

    Args:
        make: Makes it, for the loop that it runs in.
    """
    results: list[Result] = []
    failures: list[BaseException] = []

    def work() -> None:
        loop = VirtualLoop()
        try:
            results.append(loop.run_until_complete(make(loop)))
        except BaseException as error:  # noqa: BLE001 - raised below, in the caller's thread
            failures.append(error)
        finally:
            loop.close()

    thread = threading.Thread(target=work, name="virtual time")
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]
