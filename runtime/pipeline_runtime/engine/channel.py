"""From the run to its subscribers: events in order, in batches, with backpressure and without loss."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from pipeline_runtime.events import AnyEvent

HIGH_WATER = 20_000
LOW_WATER = 5_000


class Subscription:
    """One subscriber's events that it has not taken yet."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._events: list[AnyEvent] = []
        self._wake: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        """How many events wait."""
        return len(self._events)

    def push(self, events: Sequence[AnyEvent]) -> None:
        """Append, and wake the subscriber."""
        self._events.extend(events)
        self.wake()

    def wake(self) -> None:
        """Let the subscriber look again."""
        wake, self._wake = self._wake, None
        if wake is not None and not wake.done():
            wake.set_result(None)

    async def batches(self) -> AsyncGenerator[list[AnyEvent], None]:
        """What has come since the last batch, as one list, until the channel is closed."""
        try:
            while True:
                if self._events:
                    batch, self._events = self._events, []
                    self._channel.relax()
                    yield batch
                elif self._channel.closed:
                    return
                else:
                    self._wake = asyncio.get_running_loop().create_future()
                    await self._wake
        finally:
            self._channel.drop(self)


class Channel:
    """Hands each event to every subscription. The slowest one decides when the intake must wait."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []
        self._relaxed: asyncio.Event = asyncio.Event()
        self.congested = False
        self.closed = False
        self.newest = -1
        """The highest `seq` that was handed on."""

    def subscribe(self) -> Subscription:
        """A new subscription, beginning with the next event."""
        subscription = Subscription(self)
        self._subscriptions.append(subscription)
        return subscription

    def push(self, events: Sequence[AnyEvent]) -> None:
        """Hand events on. Never blocks."""
        if not events:
            return
        self.newest = max(self.newest, events[-1].seq)
        for subscription in self._subscriptions:
            subscription.push(events)
            if len(subscription) > HIGH_WATER and not self.congested:
                self.congested = True
                self._relaxed.clear()

    def relax(self) -> None:
        """A subscriber took a batch: let the intake go on when all have caught up."""
        if self.congested and all(len(one) < LOW_WATER for one in self._subscriptions):
            self.congested = False
            self._relaxed.set()

    def drop(self, subscription: Subscription) -> None:
        """A subscriber is gone."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)
        self.relax()

    async def ready(self) -> None:
        """Wait until no subscriber is too far behind."""
        if self.congested:
            await self._relaxed.wait()

    def close(self) -> None:
        """No more events: subscribers end when they have taken theirs."""
        self.closed = True
        for subscription in self._subscriptions:
            subscription.wake()
