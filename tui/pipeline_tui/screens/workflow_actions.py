"""What the keys of the workflow list do to the selected file: run it, in each way, and open it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from pipeline_tui.editor import open_in_editor
from pipeline_tui.fault_list import FaultList
from pipeline_tui.typed import typed_in
from pipeline_tui.widgets.workflow_list import WorkflowList

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_tui.listing.rows import Row


class WorkflowActions(Screen[None]):
    """Keys of the workflow list; asks the app to run what is selected."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash",
            "filter",
            "Filter",
            key_display="/",
            tooltip="Filter by name, description, provider",
            priority=True,  # handled before the keys behind it are handed on: they belong in the bar
        ),
        Binding("i", "run_with", "Inputs", tooltip="Run with other inputs or another mode"),
        Binding("F", "faults", "Faults", show=False, tooltip="Run it with faults: streams broken on purpose"),
        Binding("B", "breakpoints", "Breaks", show=False, tooltip="Breakpoints: where its runs stop"),
        Binding("v", "versus", "Versus", show=False, tooltip="Run it with two models, side by side"),
        Binding("e", "edit", "Edit", tooltip="Open the file in $EDITOR, at its first problem if it has one"),
        Binding("w", "runs", "Runs", tooltip="Open a run that goes on in the background"),
        Binding("o", "open", "Open", show=False, tooltip="Show another folder or file"),
        Binding("h", "app.history", "History", tooltip="Every recorded run: replay, search, compare"),
        Binding("t", "app.tap", "Tap", tooltip="The tap: watch your own program's streams"),
        Binding(
            "b", "bundled", "Bundled", show=False, tooltip="Show the workflows that come with the program"
        ),
        Binding(
            "m",
            "app.migrate",
            "Migrate",
            show=False,
            tooltip="Audit these files for the old streaming, and migrate them",
        ),
        Binding("R", "reload", "Reload", show=False, tooltip="Read all files and last results again"),
        Binding("p", "preview", "Preview", show=False, tooltip="Show or hide the preview"),
        Binding(
            "tab", "app.focus_next", "List or preview", show=False, tooltip="Go between list and preview"
        ),
        Binding("escape", "clear_filter", "Clear filter", show=False, tooltip="Empty the filter"),
    ]

    class RunAsked(Message):
        """A workflow shall be run; `ask`: with its form, also when it has no inputs."""

        def __init__(
            self, row: Row, last_inputs: dict[str, Any], *, ask: bool, faults: tuple[str, ...] = ()
        ) -> None:
            super().__init__()
            self.faults = faults
            self.row = row
            self.last_inputs = last_inputs
            self.ask = ask

    class VersusAsked(Message):
        """A workflow shall be run with two models, to compare them."""

        def __init__(self, row: Row, last_inputs: dict[str, Any]) -> None:
            super().__init__()
            self.row = row
            self.last_inputs = last_inputs

    class RunsAsked(Message):
        """The runs in the background shall be shown."""

    _faults: FaultList | None = None

    @property
    def selected(self) -> Row | None:
        """The row that is meant."""
        return self.query_one(WorkflowList).selected

    def last_inputs(self, path: Path) -> dict[str, Any]:
        """The inputs of the last run of a file."""
        raise NotImplementedError

    # --- the selected file --------------------------------------------------------------------------------

    def on_workflow_list_chosen(self, event: WorkflowList.Chosen) -> None:
        """Run it."""
        self._ask(event.row, ask=False)

    def action_run_with(self) -> None:
        """Run the selected one after asking."""
        row = self.selected
        if row is not None:
            self._ask(row, ask=True)

    def action_breakpoints(self) -> None:
        """Change where runs of the selected one stop, before the first of them."""
        from pipeline_tui.debugging import debugging_of  # noqa: PLC0415 - not before the first paint
        from pipeline_tui.screens.breakpoints import BreakpointsScreen  # noqa: PLC0415 - when it is asked for

        row = self.selected
        if row is not None:
            self.app.push_screen(BreakpointsScreen(debugging_of(self.app, row.path), ()))

    def action_faults(self) -> None:
        """Run the selected one with faults, once they are chosen."""
        from pipeline_tui.screens.faults import FaultsScreen  # noqa: PLC0415 - when it is asked for

        row = self.selected
        if row is None:
            return
        if self._faults is None:
            self._faults = FaultList(typed=typed_in(self.app, "faults"))
        faults = self._faults
        self.app.push_screen(
            FaultsScreen(faults, begin=lambda: self._ask(row, ask=False, faults=tuple(faults)))
        )

    def action_versus(self) -> None:
        """Run the selected one with two models."""
        row = self.selected
        if row is not None and self._can_run(row):
            self.post_message(self.VersusAsked(row, self.last_inputs(row.path)))

    def _ask(self, row: Row, *, ask: bool, faults: tuple[str, ...] = ()) -> None:
        if self._can_run(row):
            inputs = self.last_inputs(row.path)
            self.post_message(self.RunAsked(row, inputs, ask=ask, faults=faults))

    def _can_run(self, row: Row) -> bool:
        """Whether the file is right; if not, that is said."""
        if row.problem is not None:
            text = f"{row.found.path.name} has a problem and cannot run: press e to edit it"
            self.app.notify(text, severity="warning", markup=False)
        return row.problem is None

    def action_edit(self) -> None:
        """Open the selected file in the editor."""
        row = self.selected
        if row is not None:
            open_in_editor(self.app, row.path, line=row.problem.line if row.problem else None)

    # --- what goes on beside it ---------------------------------------------------------------------------

    def action_runs(self) -> None:
        """Show the runs in the background."""
        self.post_message(self.RunsAsked())

    def on_runs_bar_pressed(self) -> None:
        """The same by the mouse."""
        self.action_runs()

    def on_tap_bar_pressed(self) -> None:
        """Show the tap."""
        self.app.call_later(self.app.run_action, "app.tap")
