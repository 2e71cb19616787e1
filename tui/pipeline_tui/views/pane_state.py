"""The life of one step as its pane shows it: a reducer of the step's events.

The clock is the caller's: `now` is ns since the run began.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from pipeline_runtime.events import (
    AttemptStarted,
    Delta,
    Done,
    Error,
    Fallback,
    FrameReceived,
    Lint,
    ResponseOpened,
    Retry,
    Stall,
    StallInfo,
    StepFinished,
    StepStarted,
)
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.phrases import (
    fallback_outcome,
    retry_outcome,
    sync_text,
)

if TYPE_CHECKING:
    from pipeline_runtime.events import AnyEvent, Delivery, Response

State: TypeAlias = Literal[
    "queued", "waiting", "streaming", "stalled", "answered", "done", "failed", "cancelled", "skipped"
]
Badge: TypeAlias = Literal["", "STREAM", "SYNC", "BUFFERED"]

SIGNS: dict[State, str] = {
    "queued": "·",
    "waiting": "○",
    "streaming": "●",
    "stalled": "‖",
    "answered": "●",
    "done": "✔",
    "failed": "✖",
    "cancelled": "■",
    "skipped": "»",
}
_BADGES: dict[Delivery, Badge] = {"stream": "STREAM", "sync": "SYNC", "buffered": "BUFFERED"}
_ENDED: frozenset[State] = frozenset({"done", "failed", "cancelled", "skipped"})


class PaneState:
    """How a step stands. `apply` takes every event of the step, in order."""

    def __init__(self, step: str) -> None:
        self.step = step
        self.seen = -1
        """The `seq` of its newest event; -1 before the first."""
        self.provider = ""
        self.model = ""
        self.protocol = ""
        self.status: int | None = None
        """What the server said at the beginning of this attempt's answer."""
        self.state: State = "queued"
        self.badge: Badge = ""
        self.faulted = False
        """Its streams are broken on purpose."""
        self.sync_reason: str | None = None
        """Why the call is sync, in words that can be shown; `None` while it is not."""
        self.attempt = 0
        self.earlier: list[str] = []
        """One line for each attempt that is over and was followed by another."""
        self.deltas = 0
        self.choices: list[int] = []
        """The choices of this attempt that something came of, in order."""
        self.choice = 0
        """The choice that is shown."""
        self.lints = 0
        self.stalls: list[StallInfo] = []
        self.error: Error | None = None
        self.response: Response | None = None
        self.reason: str | None = None
        """Why the step failed or was skipped."""
        self.saved: str | None = None
        """The file that its answer was written to."""
        self._started: int | None = None
        self._elapsed: int | None = None
        self._sent = 0
        self._first: int | None = None
        self._last = 0
        self._silent_since: int | None = None
        self._outcome = ""
        self._again_at: int | None = None
        self._asked = "stream"

    def apply(self, event: AnyEvent) -> None:
        """Take in one event of this step."""
        match event:
            case Delta():
                self._delta(event)
            case FrameReceived():
                self._frame()
            case StepStarted():
                self._step_started(event)
            case AttemptStarted():
                self._attempt_started(event)
            case ResponseOpened():
                self._opened(event)
            case Fallback():
                self._fallback(event)
            case Retry():
                self._retry(event)
            case _:
                self._apply_outcome(event)

    @property
    def target(self) -> str:
        """Provider, model and protocol; empty before the step began."""
        return sanitise_line(f"{self.provider}/{self.model} · {self.protocol}") if self.provider else ""

    @property
    def ended(self) -> bool:
        """Whether the step is over."""
        return self.state in _ENDED

    def elapsed(self, now: int) -> int | None:
        """How long the step runs, or ran; `None` before it began."""
        if self._elapsed is not None or self._started is None:
            return self._elapsed
        return max(0, now - self._started)

    @property
    def first_delta(self) -> int | None:
        """TTFT in ns: from sending the attempt's request to its first delta."""
        if self.response is not None:
            return self.response.timings.first_delta
        return None if self._first is None else self._first - self._sent

    def silence(self, now: int) -> int | None:
        """How long nothing has come, in ns, while a stall lasts; otherwise `None`."""
        return None if self._silent_since is None else max(0, now - self._silent_since)

    def turn_choice(self, step: int) -> int:
        """Show the next choice, or the previous one; says which."""
        at = self.choices.index(self.choice) + step
        self.choice = self.choices[at % len(self.choices)]
        return self.choice

    def _apply_outcome(self, event: AnyEvent) -> None:
        match event:
            case Lint():
                self.lints += 1
            case Stall():
                self._stall(event)
            case Error():
                self._error(event)
            case Done():
                self._answer(event.response)
                self._silent_since = None
            case StepFinished():
                self._finished(event)
            case _:
                pass

    # --- one method for each kind of event

    def _step_started(self, event: StepStarted) -> None:
        self.provider, self.model, self.protocol = event.provider, event.model, event.protocol
        self.state = "waiting"
        self._started = event.at

    def _attempt_started(self, event: AttemptStarted) -> None:
        if self.attempt:
            self.earlier.append(f"#{self.attempt} {self._asked} · {self._outcome or 'ended'}")
        self.attempt = event.attempt or 0
        self._asked, self._outcome, self._again_at = event.asked, "", None
        self._silent_since = None
        self.state = "waiting"
        if event.why == "resume":  # what has come stays, and counts
            return
        self.deltas, self._first, self.response, self.error = 0, None, None, None
        self.status = None
        self.choices, self.choice = [], 0
        self._sent = event.at
        if event.asked == "stream":
            self.badge, self.sync_reason = "", None
            return
        self.badge = "SYNC"
        self.sync_reason = self.sync_reason or "the step did not ask for a stream"

    def _opened(self, event: ResponseOpened) -> None:
        self.status = event.status
        if event.status >= 400:  # noqa: PLR2004
            self._outcome = f"HTTP {event.status}"

    def _frame(self) -> None:
        if self.state == "waiting":
            self.state = "streaming"
            self.badge = self.badge or "STREAM"

    def _delta(self, event: Delta) -> None:
        self.deltas += 1
        if event.choice not in self.choices:
            self._add_choices(event.choice)
        self._last = event.at
        if self._first is None and event.content:
            self._first = event.at
        if self.state == "waiting":
            self.state = "answered" if self.badge == "SYNC" else "streaming"

    def _add_choices(self, *choices: int) -> None:
        if choices and not self.choices:
            self.choice = choices[0]
        self.choices = sorted({*self.choices, *choices})

    def _stall(self, event: Stall) -> None:
        if event.phase == "began":
            self._silent_since = event.at - event.gap
            self.state = "stalled"
            return
        started = event.at - event.gap
        self.stalls.append(StallInfo(after=event.after, at=started - self._sent, duration=event.gap))
        self._silent_since = None
        self.state = "streaming" if self.deltas else "waiting"

    def _fallback(self, event: Fallback) -> None:
        self.badge = "SYNC"
        self.sync_reason = sync_text(event)
        self._outcome = fallback_outcome(event)

    def _retry(self, event: Retry) -> None:
        self._outcome = retry_outcome(event)
        self._again_at = event.at + event.delay if event.delay else None

    def _error(self, event: Error) -> None:
        self.error = event
        if event.fatal:
            self._silent_since = None
        if event.response is not None:
            self._answer(event.response)

    def _answer(self, response: Response) -> None:
        self.response = response
        self.badge = _BADGES[response.delivery]
        self.stalls = list(response.timings.stalls) or self.stalls
        self._add_choices(*(choice.index for choice in response.choices))
        if response.fallback is not None:
            self.sync_reason = sync_text(response.fallback)

    def _finished(self, event: StepFinished) -> None:
        self._silent_since = None
        self._elapsed = event.elapsed
        self.reason = event.reason
        self.saved = event.saved
        self.state = "done" if event.status == "ok" else event.status
        if event.delivery is not None:
            self.badge = _BADGES[event.delivery]
