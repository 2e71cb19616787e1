"""A tapped request as the Tap screen lists it: who was asked, how it stands, what was measured, who left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import counted, duration, join, short_duration
from pipeline_tui.views.pane_view import SIGNS
from pipeline_tui.views.phrases import finish_text

if TYPE_CHECKING:
    from pipeline_tui.views.pane_view import PaneView
    from pipeline_tui.views.standing import Stop

WHO_ENDED = {
    "client_disconnected": "client hung up",
    "disconnected": "upstream hung up",
    "cancelled": "cancelled here",
}
"""By the type of the error: who ended what was not at its end."""


@dataclass(frozen=True, slots=True)
class TapRow:
    """One request, at one moment."""

    number: int
    asked: str
    """Method and path, safe to be shown, as all texts here are."""
    upstream: str
    client: str
    """What it calls itself."""
    model: str
    pane: PaneView
    """How its one step stands."""
    stop: Stop | None
    """It is stopped at its gate."""
    now: int
    """Ns since it began."""
    faults: tuple[str, ...] = ()
    """What goes wrong in it on purpose."""

    @property
    def sign(self) -> str:
        """One cell."""
        return "‖" if self.stop is not None and not self.pane.ended else SIGNS[self.pane.state]

    def how(self) -> str:
        """How it stands, or how it ended: who hung up, what the server said; and whether it has faults."""
        return join("FAULTS" if self.faults else None, self._how())

    def _how(self) -> str:
        pane = self.pane
        if pane.error is not None and pane.error.fatal:
            return self._failed(pane)
        if self.stop is not None and not pane.ended:
            return _stopped(self.stop)
        if pane.ended:
            elapsed = pane.elapsed(self.now)
            finish = finish_text(pane.response) if pane.response is not None else ""
            return join(finish, duration(elapsed) if elapsed is not None else None)
        silent = pane.silence(self.now)
        if silent is not None:
            return f"silent for {duration(silent)}"
        return f"{pane.state if pane.state != 'queued' else 'asked'} {duration(max(0, self.now))}"

    def _failed(self, pane: PaneView) -> str:
        assert pane.error is not None
        who = WHO_ENDED.get(pane.error.type)
        if who is None:
            return sanitise_line(f"{pane.error.type}: {pane.error.message}")
        return f"{who} after {counted(pane.deltas, 'delta')}" if pane.deltas else who

    def cells(self) -> dict[str, str]:
        """What each column says."""
        pane = self.pane
        usage = pane.response.usage if pane.response is not None else None
        first = pane.first_delta
        return {
            "number": f"#{self.number}",
            "status": str(pane.status or ("---" if pane.ended else "")),
            "model": self.model,
            "protocol": sanitise_line(pane.protocol),
            "delivery": pane.badge,
            "ttft": short_duration(first) if first is not None else "",
            "deltas": f"{pane.deltas:,}" if pane.deltas else "",
            "tokens": f"{usage.output:,}" if usage is not None and usage.output is not None else "",
            "stalls": str(len(pane.stalls) or ""),
            "how": self.how(),
            "client": self.client,
        }

    def detail(self) -> list[str]:
        """Two lines below the list: where it went, for whom; what went wrong or stopped it, with the cure."""
        pane = self.pane
        where = join(
            f"#{self.number} {self.asked} → {self.upstream}",
            sanitise_line(pane.protocol),
            f"from {self.client}",
            sanitise_line(f"faults {', '.join(self.faults)}") if self.faults else None,
        )
        if pane.error is not None and pane.error.fatal:
            cure = f" ({pane.error.cure})" if pane.error.cure else ""
            return [where, sanitise_line(f"{pane.error.message}{cure}")]
        if self.stop is not None and not pane.ended:
            keys = "Space goes on (a: all), Enter opens it, c closes both sides"
            return [where, f"{_stopped(self.stop)}: {keys}"]
        return [where, pane.metrics(self.now)]


def _stopped(stop: Stop) -> str:
    if stop.requests:
        return "request held"
    return f"stopped: {sanitise_line(stop.hit[1])}" if stop.hit is not None else f"paused ({stop.mode})"
