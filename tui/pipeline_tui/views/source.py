"""What the UI needs of a run: the runtime's `Run` satisfies it, and so does a script in a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    from pipeline_runtime.debugging import Gate
    from pipeline_runtime.events import AnyEvent, Mode


class RunSource(Protocol):
    """One run, going on or over, as a front end sees it. It owns the truth; the UI only subscribes."""

    @property
    def id(self) -> str:
        """The run's id, as in its events."""
        raise NotImplementedError

    @property
    def mode(self) -> Mode:
        """Who answers: the simulator (`mock`), the providers (`live`) or a run log (`replay`)."""
        raise NotImplementedError

    @property
    def log_path(self) -> Path | None:
        """The file of the run log; `None` when there is none."""
        raise NotImplementedError

    @property
    def finished(self) -> bool:
        """Whether `run_finished` was emitted."""
        raise NotImplementedError

    @property
    def gate(self) -> Gate | None:
        """What pauses and steps it; `None`: nothing does."""
        raise NotImplementedError

    def batches(self) -> AsyncIterator[list[AnyEvent]]:
        """The events as they come, those that came together in one list; ends after `run_finished`."""
        raise NotImplementedError

    def history(self) -> Iterable[AnyEvent]:
        """All events so far, in order, derived from the run log. May read a file: call it in a thread."""
        raise NotImplementedError

    def raw_bytes(self, step: str, attempt: int, offset: int, size: int) -> bytes | None:
        """The bytes of an attempt's body as they came; `None` when the log does not have them."""
        raise NotImplementedError

    def cancel(self, step: str | None = None) -> None:
        """Cancel one step, or the whole run. What has come is kept."""
        raise NotImplementedError
