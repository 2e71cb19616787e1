"""Prints a run, or a replay, as it goes, and ends it on Ctrl-C with what came kept."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, Protocol

from pipeline_runtime.cli.exits import FAILED, INTERRUPTED, OK, TERMINATED

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from pipeline_runtime.events import AnyEvent, RunFinished

EXITS = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}


class Printer(Protocol):
    """Writes events somewhere."""

    def take(self, events: Sequence[AnyEvent]) -> None:
        """Write what these events say."""


class Watched(Protocol):
    """A run, or what has its face."""

    @property
    def result(self) -> RunFinished | None:
        """The last event, once it has happened."""
        ...

    def batches(self) -> AsyncGenerator[list[AnyEvent], None]:
        """The events, in lists of what came together."""
        ...

    def cancel(self) -> None:
        """End it."""

    async def wait(self) -> RunFinished:
        """Wait for its end."""
        ...


class Watch:
    """Feeds printers with one run's events, in the order in which they are given."""

    def __init__(self, printers: Sequence[Printer]) -> None:
        self._printers = printers
        self._signal: signal.Signals | None = None

    async def follow(self, run: Watched) -> int:
        """Print it to its end and give the exit code.

        Raises:
            OSError: Our output cannot be written; the run was cancelled.
        """
        loop = asyncio.get_running_loop()
        for number in EXITS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                with contextlib.suppress(NotImplementedError):
                    loop.add_signal_handler(number, self._interrupt, run, number)
        try:
            async for batch in run.batches():
                await asyncio.to_thread(self._print, batch)
        finally:
            run.cancel()
            await run.wait()
        if self._signal is not None:
            return EXITS[self._signal]
        return OK if run.result is not None and run.result.status == "ok" else FAILED

    def _print(self, batch: Sequence[AnyEvent]) -> None:
        """Write a batch: in a thread, so that a slow reader of our output cannot bend the stream's times."""
        for printer in self._printers:
            printer.take(batch)

    def _interrupt(self, run: Watched, number: signal.Signals) -> None:
        """First Ctrl-C: close the sockets and keep what came. A second one ends the process at once."""
        self._signal = number
        asyncio.get_running_loop().remove_signal_handler(number)
        signal.signal(number, signal.SIG_DFL)
        run.cancel()
