"""The answers of one attempt: a transcript for each choice, one of which is shown."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from pipeline_tui.views.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.events import Delta
    from pipeline_tui.views.transcript import Role


class Answers:
    """Transcripts by choice. The first choice that something comes of is shown until another is asked for."""

    def __init__(self, width: int, *, fold_thinking: bool = False) -> None:
        self.width = width
        self.fold_thinking = fold_thinking
        self.shown = self._made()
        """The transcript in view."""
        self._by_choice: dict[int, Transcript] = {}

    def extend(self, deltas: Sequence[Delta]) -> int:
        """Add what came, in order; returns the first visual row of the shown transcript that changed."""
        first = len(self.shown)
        for choice, group in groupby(deltas, lambda delta: delta.choice):
            transcript = self._of(choice)
            changed = transcript.extend(group)
            if transcript is self.shown:
                first = min(first, changed)
        return first

    def add_block(self, role: Role, text: str, name: str | None = None) -> int:
        """Add a block to every choice; returns the first row of the shown transcript that changed."""
        first = len(self.shown)
        for transcript in self._all():
            changed = transcript.add_block(role, text, name)
            if transcript is self.shown:
                first = changed
        return first

    def show(self, choice: int, height: int) -> None:
        """Show the answer of this choice, which may be empty so far, at its end."""
        self.shown = self._of(choice)
        if self.shown.width != self.width:
            self.shown.rewrap(self.width, len(self.shown) - height, height)

    def fold(self, *, folded: bool) -> None:
        """Fold or unfold the thinking of all choices."""
        self.fold_thinking = folded
        for transcript in self._all():
            transcript.fold(folded=folded)

    def rewrap(self, width: int, top: int, height: int) -> None:
        """Wrap the shown answer for another width, at least the `height` rows from `top` on.

        The others are wrapped when they are shown.
        """
        self.width = width
        self.shown.rewrap(width, top, height)

    def _all(self) -> list[Transcript]:
        return list(self._by_choice.values()) or [self.shown]

    def _of(self, choice: int) -> Transcript:
        transcript = self._by_choice.get(choice)
        if transcript is None:
            transcript = self._by_choice[choice] = self._made() if self._by_choice else self.shown
        return transcript

    def _made(self) -> Transcript:
        transcript = Transcript(self.width)
        transcript.fold_thinking = self.fold_thinking
        return transcript
