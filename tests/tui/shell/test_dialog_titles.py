"""Titles of dialogs that name a run or a workflow: names are text, whatever brackets they hold."""

from __future__ import annotations

import pytest
from textual.app import App

from pipeline_runtime.workflow import Step, Workflow
from pipeline_tui.screens.compare_with import CompareWithScreen
from pipeline_tui.screens.export_menu import ExportScreen
from pipeline_tui.screens.inputs import InputsScreen

NAME = "[red]owls[/] [oops"
FORM = Workflow(name=NAME, steps=(Step(id="say", provider="claude", model="m", prompt="hi"),))


@pytest.mark.parametrize(
    ("dialog", "box"),
    [
        (lambda: ExportScreen(NAME, []), "#export"),
        (lambda: CompareWithScreen(NAME, []), "#compare-with"),
        (lambda: InputsScreen(FORM, {}, mode="mock", modes=["mock"], note=""), "#inputs"),
    ],
)
async def test_a_name_is_no_markup(dialog, box):
    app = App[None]()
    async with app.run_test() as pilot:
        await app.push_screen(dialog())
        await pilot.pause()
        assert str(app.screen.query_one(box)._border_title).endswith(NAME)
