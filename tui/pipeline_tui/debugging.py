"""What the runs of a session share for debugging: breakpoints, watches, and what was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from textual.app import App

    from pipeline_runtime.debugging import Gate

TYPED_KEPT = 50
"""Expressions that can be called back."""


class Debugging:
    """One for the whole app, so that a breakpoint stops the next run too."""

    def __init__(self) -> None:
        from pipeline_runtime.debugging import Breakpoints  # noqa: PLC0415 - not before the first paint

        self.breakpoints = Breakpoints()
        self.watches: list[str] = []
        self.typed: list[str] = []
        """What was entered, the newest last."""

    def gate(self) -> Gate:
        """A gate for a new run."""
        from pipeline_runtime.debugging import Gate  # noqa: PLC0415 - not before the first paint

        return Gate(breakpoints=self.breakpoints)

    def remember(self, text: str) -> None:
        """Keep what was typed."""
        if text in self.typed:
            self.typed.remove(text)
        self.typed.append(text)
        del self.typed[:-TYPED_KEPT]


_debugging: WeakKeyDictionary[App[object], Debugging] = WeakKeyDictionary()


def debugging_of(app: App[object]) -> Debugging:
    """What the runs of `app` share, made when first asked for."""
    debugging = _debugging.get(app)
    if debugging is None:
        debugging = _debugging[app] = Debugging()
    return debugging
