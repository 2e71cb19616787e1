"""What a pane's header says of its step, in words.

The clock is the caller's: `now` is ns since the run began.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import counted, duration, join, rate
from pipeline_tui.views.pane_state import SIGNS, PaneState
from pipeline_tui.views.phrases import finish_text, stall_text, usage_text

if TYPE_CHECKING:
    from pipeline_runtime.events import Error

__all__ = ["CANCELLED", "SIGNS", "PaneView"]

CANCELLED = "cancelled"
"""The type of the error that a user causes on purpose: it is told, without alarm."""
_SECOND = 1_000_000_000


class PaneView(PaneState):
    """The state of a step, and what is said of it."""

    def rate(self) -> str | None:
        """The speed: tokens where the server counted them, deltas otherwise; it says which."""
        if self.response is not None and self.response.timings.tokens_per_second is not None:
            return f"{rate(self.response.timings.tokens_per_second)} tok/s"
        if self._first is None or self._last <= self._first or self.deltas < 3 or self.badge == "SYNC":  # noqa: PLR2004
            return None
        return f"{rate((self.deltas - 1) * _SECOND / (self._last - self._first))} deltas/s"

    def choice_text(self) -> str:
        """`choice 2/3 · finish length` where there are several; otherwise nothing."""
        if len(self.choices) < 2:  # noqa: PLR2004
            return ""
        finish = None
        for choice in self.response.choices if self.response is not None else ():
            if choice.index == self.choice:
                finish = sanitise_line(choice.finish_reason_raw or choice.finish_reason or "not told")
        place = f"choice {self.choices.index(self.choice) + 1}/{len(self.choices)}"
        return join(place, f"finish {finish}" if finish else None, "[ ] shows another")

    def metrics(self, now: int) -> str:
        """The line of numbers."""
        if self._started is None:
            return ""
        first, elapsed = self.first_delta, self.elapsed(now)
        return join(
            f"attempt {self.attempt}" if self.attempt > 1 else None,
            f"TTFT {duration(first)}" if first is not None else None,
            self.rate(),
            duration(elapsed) if elapsed is not None else None,
            counted(self.deltas, "delta") if self.deltas else None,
            self._finish(),
            counted(self.lints, "lint") if self.lints else None,
        )

    def note(self, now: int) -> str:
        """What the user should know first, or nothing: a silence, the wait for a retry, why it is sync.

        A failure is not in it: `failure` has more to say than one line.
        """
        silent = self.silence(now)
        if self.error is not None and self.error.fatal:
            cancelled = self.error.type == CANCELLED
            return f"{SIGNS['cancelled']} {sanitise_line(self.error.message)}" if cancelled else ""
        if self._again_at is not None and not self.ended:
            return f"↻ {self._outcome} · {duration(max(0, self._again_at - now))} left"
        if silent is not None:
            return f"‖ no event for {duration(silent)}"
        if self.state in {"failed", "skipped", "cancelled"} and self.reason:
            return f"{SIGNS[self.state]} {sanitise_line(self.reason)}"
        return self._remark()

    @property
    def failure(self) -> Error | None:
        """What the step failed with; `None` while it did not, and when the user cancelled it."""
        error = self.error
        return error if error is not None and error.fatal and error.type != CANCELLED else None

    def _remark(self) -> str:
        """What is worth knowing, but no alarm."""
        if self.error is not None:
            return f"! {sanitise_line(self.error.message)}"
        if self.sync_reason:
            return f"SYNC: {self.sync_reason}"
        if self.badge == "BUFFERED":
            return "BUFFERED: all frames came at once, at the end"
        return f"‖ {stall_text(self.stalls[-1])}" if self.stalls else ""

    def _finish(self) -> str | None:
        response = self.response
        if response is None:
            return None
        finish = finish_text(response) if len(self.choices) <= 1 else None  # each choice has its own
        return join(usage_text(response.usage), finish)
