"""Faults that a next run shall have, and what was typed of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from pipeline_tui.typed import remember

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from textual.app import App


class FaultList:
    """A list without doubles; `typed` is shared by all lists of a session."""

    def __init__(self, faults: Iterable[str] = (), *, typed: list[str]) -> None:
        self._faults = list(dict.fromkeys(faults))
        self.typed = typed

    def __iter__(self) -> Iterator[str]:
        return iter(self._faults)

    def add(self, text: str) -> None:
        """Have another one."""
        if text not in self._faults:
            self._faults.append(text)
        remember(self.typed, text)

    def remove(self, at: int) -> None:
        """Have one no longer; `at`: its place, from 0."""
        del self._faults[at]


_typed: WeakKeyDictionary[App[Any], list[str]] = WeakKeyDictionary()


def typed_faults(app: App[Any]) -> list[str]:
    """What was typed in `app`, the newest last."""
    return _typed.setdefault(app, [])
