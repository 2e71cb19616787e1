"""What a run and a replay have in common for those who iterate them: whoever iterates owns it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import aclosing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from pipeline_runtime.events import AnyEvent, RunFinished


class OwnedEvents(ABC):
    """Gives its events one by one, and ends when its reader leaves early."""

    @property
    @abstractmethod
    def finished(self) -> bool:
        """It is over."""

    @abstractmethod
    def batches(self) -> AsyncGenerator[list[AnyEvent], None]:
        """Its events, in lists of what came together; for those who only watch."""

    @abstractmethod
    def cancel(self) -> None:
        """End it."""

    @abstractmethod
    async def wait(self) -> RunFinished:
        """Wait for its end."""

    async def __aiter__(self) -> AsyncIterator[AnyEvent]:
        """Every event, in order. Leaving early cancels it."""
        try:
            async with aclosing(self.batches()) as batches:
                async for batch in batches:
                    for event in batch:
                        yield event
        finally:
            if not self.finished:
                self.cancel()
                await self.wait()
