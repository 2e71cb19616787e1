"""Faults that a next run shall have, and what was typed of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_tui.typed import remember

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class FaultList:
    """A list without doubles; `typed`: what was typed of faults, which all lists of an app share."""

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
