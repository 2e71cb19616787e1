"""What the keys of the run screen do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from pipeline_runtime.paths import state_dir
from pipeline_tui.clipboard import copy_text
from pipeline_tui.editor import open_in_editor
from pipeline_tui.fault_list import FaultList
from pipeline_tui.text.sanitise import copyable
from pipeline_tui.typed import typed_in
from pipeline_tui.views.failure_text import failure_text
from pipeline_tui.views.fault_words import is_of_one_step

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textual.notifications import SeverityLevel

    from pipeline_tui.views.run_view import RunView
    from pipeline_tui.views.source import RunSource
    from pipeline_tui.widgets.pane_grid import PaneGrid
    from pipeline_tui.widgets.step_pane import StepPane


TOAST = 3.0
"""Seconds that a toast stays."""


class RunActions(Screen[None]):
    """Keys that act on the panes of a run: focus, copy, save, cancel and the like."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back"),
        Binding("c", "cancel_step", "Cancel", tooltip="Cancel the step of this pane; what came is kept"),
        Binding("C", "cancel_run", "Cancel run", show=False),
        Binding("ctrl+c", "copy_or_cancel", "Cancel run (copy when text is selected)", show=False),
        Binding("r", "rerun", "Rerun"),
        Binding("v", "compare", "Versus", show=False, tooltip="Compare with another model, step or run"),
        Binding("F", "faults", "Faults", show=False, tooltip="Faults: run again with streams that break"),
        Binding("z", "maximise", "Zoom"),
        Binding("d", "debug", "Debug"),
        Binding("m", "markdown", "Markdown", show=False),
        Binding("M", "metrics", "Metrics", show=False, tooltip="What is measured of the stream in this pane"),
        Binding("slash", "filter", "Filter frames", show=False),
        Binding("t", "fold_thinking", "Thinking", show=False),
        Binding("left_square_bracket", "turn_choice(-1)", "Previous choice", show=False),
        Binding("right_square_bracket", "turn_choice(1)", "Next choice", show=False),
        Binding("y", "copy_answer", "Copy"),
        Binding("e", "edit", "Open in the editor", show=False),
        Binding("s", "save", "Save", show=False),
        Binding("tab", "next_pane(1)", "Next pane", show=False),
        Binding("shift+tab", "next_pane(-1)", "Previous pane", show=False),
        *(Binding(str(n), f"focus_pane({n})", f"Pane {n}", show=False) for n in range(1, 10)),
    ]

    source: RunSource
    run_title: str
    view: RunView
    grid: PaneGrid
    _faults: FaultList | None = None

    class CompareAsked(Message):
        """This run, or the step of the current pane, shall be compared with something."""

        def __init__(self, source: RunSource, title: str, step: str | None, steps: Sequence[str]) -> None:
            super().__init__()
            self.source = source
            self.title = title
            self.step = step
            self.steps = steps

    def renew(self) -> None:
        """Have the state shown as it is now, with the next frame."""
        raise NotImplementedError

    def show_at_once(self) -> None:
        """Show the state as it is now, without waiting for the next frame."""
        raise NotImplementedError

    def tell(self, message: str, *, severity: SeverityLevel = "information", title: str = "") -> None:
        """A toast that does not hide for long what it is about."""
        self.notify(message, title=title, severity=severity, timeout=TOAST, markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What can be done to a run, to its panes, and with an answer, when there is one."""
        if action == "cancel_run":
            return self.may_cancel
        if action == "cancel_step":
            pane = self.grid.current
            return self.may_cancel and pane is not None and not self.view.pane(pane.view.step).ended
        if action == "maximise":
            return len(self.grid.panes) > 1
        if action == "copy_answer":  # it will be there soon: its key keeps its place
            return self._has_answer or None
        return super().check_action(action, parameters)

    # --- focus and layout

    def action_focus_pane(self, number: int) -> None:
        """Give the keys to pane `number`, counted from 1."""
        self.grid.focus_pane(number - 1)

    def action_next_pane(self, step: int) -> None:
        """Focus the next or previous pane; after the last one comes the debug panel, when it is open."""
        current, grid = self.grid.current, self.grid
        if (
            current is not None
            and self.focused is current.focus_target
            and grid.focus_pane(grid.focused + step)
        ):
            return  # almost every key; looking for what else takes the focus is slow beside 64 panes
        stops = [pane.focus_target for pane in grid.panes.values()]
        panes = len(stops)
        stops += [widget for widget in self.focus_chain if not grid.holds(widget)]
        if not stops:
            return
        focused = self.focused
        at = stops.index(focused) if focused in stops else grid.focused - step
        index = (at + step) % len(stops)
        if index < panes:
            grid.focus_pane(index)
        else:
            stops[index].focus()

    def action_maximise(self) -> None:
        """Show the current pane alone, or all again."""
        self.grid.toggle_maximised()
        self.show_at_once()

    def action_fold_thinking(self) -> None:
        """Fold or unfold the thinking of the current pane."""
        if self.grid.current is not None:
            self.grid.current.live.toggle_thinking()

    @work(group="markdown")
    async def action_markdown(self) -> None:
        """Switch the current pane between raw text and Markdown."""
        if self.grid.current is not None:
            await self.grid.current.toggle_markdown()

    def refresh_markdown(self) -> None:
        """Bring the panes that show Markdown up to date."""
        for pane in self.grid.panes.values():
            if pane.markdown_on:
                self.run_worker(pane.refresh_markdown(), group="markdown")

    @work(group="markdown")
    async def action_turn_choice(self, step: int) -> None:
        """Show the next of several choices in the current pane, or the previous one."""
        pane = self.grid.current
        if pane is None or len(pane.view.choices) < 2:  # noqa: PLR2004
            self.tell("This answer has no other choice")
            return
        await pane.turn_choice(step)
        self.show_at_once()

    # --- the run

    def action_compare(self) -> None:
        """Ask for a comparison."""
        step = self.grid.current.view.step if self.grid.current is not None else None
        self.post_message(self.CompareAsked(self.source, self.run_title, step, list(self.view.panes)))

    @property
    def may_cancel(self) -> bool:
        """Whether the run is still going, as far as it was told of and as it is."""
        return self.view.finished is None and not self.source.finished

    def action_cancel_step(self) -> None:
        """Cancel the current step; what has come is kept."""
        if self.grid.current is not None:
            self.source.cancel(self.grid.current.view.step)

    def action_cancel_run(self) -> None:
        """Cancel all steps; what has come is kept."""
        self.source.cancel()

    def action_copy_or_cancel(self) -> None:
        """Copy what the mouse has selected; with nothing selected, cancel the run."""
        selected = self.get_selected_text()
        if selected:
            self.tell(copy_text(self.app, copyable(selected)).detail)
        elif self.may_cancel:
            self.action_cancel_run()
        else:
            self.tell("The run is over: nothing to cancel")

    def run_with(self, faults: tuple[str, ...]) -> None:
        """Ask for another run of the same, with these faults."""
        raise NotImplementedError

    @property
    def own_faults(self) -> tuple[str, ...]:
        """The faults that the run was started with, without those of its file."""
        return tuple(fault for fault in self.view.faults if not is_of_one_step(fault))

    def action_faults(self) -> None:
        """Show the faults that the next run of this shall have, to change them, and to run it."""
        from pipeline_tui.screens.faults import FaultsScreen  # noqa: PLC0415 - when it is asked for

        own = self.own_faults
        if self._faults is None:
            self._faults = FaultList(own, typed=typed_in(self.app, "faults"))
        faults = self._faults
        self.app.push_screen(
            FaultsScreen(faults, in_force=own, begin=lambda: self.run_with(tuple(faults))),
            lambda _: self.show_at_once(),
        )

    # --- the answer

    def action_copy_answer(self) -> None:
        """Copy the whole answer of the current pane; where there is none, what the step failed with."""
        pane = self.grid.current
        failure = pane.view.failure if pane is not None and not pane.live.answer() else None
        if failure is not None:
            self.tell(copy_text(self.app, copyable(failure_text(failure))).detail)
            return
        answer = self._answer()
        if answer is not None:
            self.tell(copy_text(self.app, copyable(answer[1])).detail)

    def action_edit(self) -> None:
        """Open the answer of the current pane in the user's editor."""
        answer = self._answer()
        if answer is not None:
            open_in_editor(self.app, answer[1], ".md")

    @work(group="save")
    async def action_save(self) -> None:
        """Save the answer of the current pane to a file, and say where."""
        answer = self._answer()
        if answer is None:
            return
        pane, text = answer
        choice = f"-choice-{pane.view.choice}" if len(pane.view.choices) > 1 else ""
        name = f"{self.source.id}-{pane.view.step}-{pane.view.attempt}{choice}.md"
        try:
            path = await asyncio.to_thread(_save, name, text)
        except OSError as error:
            self.tell(f"The answer could not be saved: {error.strerror}", severity="error")
            return
        self.notify(f"Saved as {path}", markup=False)  # a path takes longer to read

    @property
    def _has_answer(self) -> bool:
        """Whether there is something to copy of the current pane."""
        pane = self.grid.current
        return pane is not None and (pane.live.has_answer or pane.view.failure is not None)

    def _answer(self) -> tuple[StepPane, str] | None:
        pane = self.grid.current
        text = pane.live.answer() if pane is not None else ""
        if pane is None or not text:
            self.tell("This pane has no text yet", severity="warning")
            return None
        return pane, text


def _save(name: str, text: str) -> Path:
    """Write a file that only the user can read. Blocks: a disk may be slow."""
    folder = state_dir() / "saved"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8", errors="replace", newline="")
    return path
