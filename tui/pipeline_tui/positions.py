"""Opens a run at a position that was written down: `RUN#SEQ`, from the command line or from the palette."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline_runtime.errors import PipelineError
from pipeline_runtime.paths import runs_dir
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.error_text import error_text
from pipeline_tui.views.reference import Reference, parse_reference

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import App

    from pipeline_tui.replays import ReplayDesk
    from pipeline_tui.run_desk import RunDesk


class PositionDesk:
    """Finds the run of a reference, among those of this session and those that were recorded."""

    def __init__(self, app: App[Any], runs: RunDesk, replays: ReplayDesk) -> None:
        self._app = app
        self._runs = runs
        self._replays = replays

    def ask(self) -> None:
        """Have the user give a reference, and open it."""
        from pipeline_tui.screens.open_position import OpenPositionScreen  # noqa: PLC0415 - when it is asked for

        def open_answer(answer: str | None) -> None:
            if answer is not None:
                self.open(answer)

        self._app.push_screen(OpenPositionScreen(find_log), open_answer)

    def open(self, text: str) -> None:
        """Show the run as it was at a position, or say why not."""
        try:
            reference = parse_reference(text)
            if not self._open_of_session(reference):
                self._replays.show(find_log(text), None, play=False, at=reference.seq)
        except PipelineError as error:
            self._app.notify(sanitise_line(error_text(error)), severity="error", markup=False)

    def _open_of_session(self, reference: Reference) -> bool:
        from pipeline_tui.screens.run import RunScreen  # noqa: PLC0415 - not before the first paint

        entry = self._runs.book.of(reference.run)
        if entry is None:
            return False
        self._runs.open(reference.run)
        screen = self._app.get_screen(entry.screen)
        if isinstance(screen, RunScreen):
            screen.call_after_refresh(screen.go_to_seq, reference.seq)
        return True


def find_log(text: str) -> Path:
    """The run log of a reference.

    Raises:
        PipelineError: It is no reference, or there is no such log.
    """
    reference = parse_reference(text)
    log = runs_dir() / f"{reference.run}.jsonl"
    if not log.is_file():
        raise PipelineError(
            f"there is no recorded run {reference.run!r} here", cure="see pipeline-tui runs, or History (h)"
        )
    return log
