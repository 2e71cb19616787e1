"""Long work in slices: one slice a turn of the event loop for the whole app, keys and streams in between."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from textual.app import App


class Sliced(Protocol):
    """Work that can be done bit by bit."""

    def work(self) -> bool:
        """Do a few milliseconds of it; says whether all is done."""
        ...


class Slices:
    """Does the work of many in turn."""

    def __init__(self) -> None:
        self._waiting: dict[Sliced, None] = {}
        self._armed = False

    def __len__(self) -> int:
        """How many have work left."""
        return len(self._waiting)

    def add(self, one: Sliced) -> None:
        """Have this work done, from the next turn on."""
        self._waiting[one] = None
        self._arm()

    def drop(self, one: Sliced) -> None:
        """It need not be done any more."""
        self._waiting.pop(one, None)

    def _arm(self) -> None:
        if self._waiting and not self._armed:
            self._armed = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._armed = False
        one = next(iter(self._waiting), None)
        if one is None:
            return
        if one.work():
            self.drop(one)
        self._arm()


_slices: WeakKeyDictionary[App[object], Slices] = WeakKeyDictionary()


def slices_of(app: App[object]) -> Slices:
    """The one queue of `app`."""
    slices = _slices.get(app)
    if slices is None:
        slices = _slices[app] = Slices()
    return slices
