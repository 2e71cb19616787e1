"""What the selected workflow is: its description, what it needs, its YAML."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from pipeline_runtime.workflow import summarise_notices
from pipeline_tui.listing.preview import Preview, read_preview
from pipeline_tui.text.sanitise import sanitise, sanitise_line
from pipeline_tui.views.format import counted
from pipeline_tui.widgets.yaml_view import YamlView

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from pipeline_runtime.workflow import FoundWorkflow
    from pipeline_tui.listing.rows import Row


TOLD_WHOLE = ("unsupported", "legacy")
"""Kinds of notices that change what a run does: `validate` tells the others."""


class WorkflowPreview(Vertical):
    """Follows the list's selection; files are read in a thread."""

    DEFAULT_CSS = """
    WorkflowPreview {
        & > #about { height: auto; max-height: 40%; padding: 0 1; background: $panel; }
    }
    """

    shows = ""
    """The name of the file whose text is shown."""
    _found: FoundWorkflow | None = None

    def compose(self) -> ComposeResult:
        """The description above the file."""
        yield Static(id="about", markup=False)
        yield YamlView(id="yaml")

    def show(self, row: Row | None) -> None:
        """Show this row's file; where the same file is shown already, only what is said about it."""
        self.query_one("#about", Static).update(about(row) if row is not None else Content())
        if row is None or row.is_glimpsed:
            self._found = None
            self.query_one(YamlView).show(Preview())
        elif row.found is not self._found:
            new = self._found is None or row.path != self._found.path
            self._found = row.found
            self.run_worker(self._read(row, to_top=new), group="preview", exclusive=True)

    async def _read(self, row: Row, *, to_top: bool) -> None:
        preview = await asyncio.to_thread(read_preview, row.path, row.found.problems)
        view = self.query_one_optional(YamlView)
        if view is None:
            return  # the app was left meanwhile
        view.show(preview)
        self.shows = row.path.name
        line = preview.problem_line
        if line is not None or to_top:
            view.scroll_to(0, max(0, (line or 0) - 1), animate=False, force=True, immediate=True)


def about(row: Row) -> Content:
    """The words above the YAML: what is wrong with the file, or what the workflow is and asks for."""
    if row.problem is not None:
        found = counted(len(row.found.problems), "problem")
        head = Content.assemble((f"✗ {sanitise_line(row.found.path.name)}", "bold $text-error"), f"  {found}")
        return Content("\n").join(
            [head, Content.styled(sanitise_line(str(row.problem.message)), "$text-error")]
        )
    lines = [Content.styled(sanitise_line(row.name), "bold")]
    if row.description:
        lines.append(Content(sanitise(row.description.strip())))
    workflow = row.found.workflow
    if workflow is None:
        return Content("\n").join(lines)
    facts = [row.found.path.name, counted(row.steps, "step"), ", ".join(row.providers)]
    if workflow.inputs:
        facts.append(f"inputs: {', '.join(workflow.inputs)}")
    lines.append(Content.styled(sanitise_line(" · ".join(facts)), "$foreground 70%"))
    if workflow.notices:
        lines.append(Content.styled(f"! {summarise_notices(workflow.notices)}", "$text-warning"))
        told = [notice._replace(cure="") for notice in workflow.notices if notice.kind in TOLD_WHOLE]
        lines += [Content.styled(sanitise_line(f"  {notice}"), "$foreground 70%") for notice in told]
    return Content("\n").join(lines)
