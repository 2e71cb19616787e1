"""What belongs to the whole app: help, palette, themes, toasts, crashes, the first paint."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from textual.command import CommandPalette
from textual.widgets import Footer, Input, Static
from textual.widgets._toast import Toast

from helpers_shell import Shell, read, until
from pipeline_tui.screens.help import HelpScreen, key_groups
from pipeline_tui.settings import settings_file

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (100, 30)
SECRET = "sk-ant-api03-planted-secret-value"


@pytest.mark.parametrize("key", ["question_mark", "f1"])
async def test_help_lists_every_key_of_the_screen(shell: Shell, key: str) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        await read(pilot)
        groups = key_groups(app.screen, app.get_key_display)
        told = {word for group in groups for keys, _ in group.keys for word in keys.split()}
        wanted = {app.get_key_display(item.binding) for item in app.screen.active_bindings.values()}
        assert {"/", "?", "q", "j", "g", "G", "e", "R", "w", "^p"} - told <= {"w"}
        hidden = {"^c"}  # a system key of Textual's, not ours to explain
        assert wanted - told <= hidden
        await pilot.press(key)
        assert isinstance(app.screen, HelpScreen)
        text = str(app.screen.query_one(Static).content)
        assert "Workflow list" in text
        assert "Everywhere" in text
        assert "BUFFERED" in text


@pytest.mark.parametrize("key", ["escape", "q", "question_mark", "f1"])
async def test_help_closes(shell: Shell, key: str) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        await read(pilot)
        await pilot.press("question_mark", "j", "down", "k", "up", key)
        await until(pilot, lambda: app.screen is app.workflows)


async def test_f1_helps_in_dialogs_and_while_typing(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        await read(pilot)
        await pilot.press("o")
        dialog = app.screen
        await pilot.press("f1")
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is dialog)
        await pilot.press("escape", "slash", "question_mark")
        assert app.screen.query_one("#filter", Input).value == "?"


async def test_the_palette_offers_the_screens_commands(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        await read(pilot)
        commands = {command.title: command.help for command in app.get_system_commands(app.screen)}
        assert {"Run", "Filter", "Edit", "Reload", "Quit", "Theme", "Switch to the light theme"} <= set(
            commands
        )
        assert commands["Filter"] == "Filter by name, description, provider (/)"
        assert all(commands.values())
        assert len(commands) == len(list(app.get_system_commands(app.screen)))
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"relo")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.workflows)


async def test_a_command_of_the_palette_acts_on_its_screen(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        await read(pilot)
        commands = {command.title: command.callback for command in app.get_system_commands(app.screen)}
        await commands["Filter"]()  # type: ignore[misc]
        await until(pilot, lambda: app.screen.query_one("#filter").has_focus)


async def test_a_theme_is_chosen_and_remembered(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        await read(pilot)
        assert app.theme == "pipeline-dark"
        app.action_toggle_theme()
        await until(pilot, lambda: settings_file().exists())
        assert app.theme == "pipeline-light"
    assert json.loads(settings_file().read_text()) == {"theme": "pipeline-light"}
    assert shell.app().theme == "pipeline-light"
    assert shell.app(theme="dark").theme == "pipeline-dark"
    assert shell.app(theme="nord").theme == "nord"


@pytest.mark.parametrize("text", ["{", '{"theme": 3}', '{"theme": "gone"}'])
def test_a_settings_file_that_cannot_be_used_is_no_obstacle(shell: Shell, text: str) -> None:
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text(text)
    assert shell.app().theme == "pipeline-dark"


async def test_the_same_toast_is_not_stacked(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await read(pilot)
        for _ in range(3):
            app.notify("once")
        app.notify("another")
        await pilot.pause()
        assert [toast.message for toast in app._notifications] == ["once", "another"]


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
@pytest.mark.parametrize(
    ("key", "lowest"),
    [(None, "#status"), ("h", "#history-status"), ("m", "#migrate-status"), ("t", "Footer")],
)
async def test_toasts_cover_neither_status_nor_keys(
    shell: Shell, key: str | None, lowest: str, size: tuple[int, int]
) -> None:
    app = shell.app()
    async with app.run_test(size=size, notifications=True) as pilot:
        await read(pilot)
        if key is not None:
            await pilot.press(key)
            await until(pilot, lambda: app.screen is not app.workflows)
        app.notify("what happened, and what to do about it " * 5)
        await until(pilot, lambda: any(toast.region for toast in app.screen.query(Toast)))
        (toast,) = app.screen.query(Toast)
        await until(pilot, lambda: app.screen.query(lowest))
        assert toast.region.bottom <= app.screen.query(lowest).first().region.y


async def test_the_footer_fits_80_columns(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await read(pilot)
        app.workflows.show_runs(set(), ["a run"])
        await until(pilot, lambda: "Runs" in str([key.description for key in app.screen.query("FooterKey")]))
        await pilot.pause()
        keys = list(app.screen.query("FooterKey"))
        assert max(key.region.right for key in keys) <= 80
        shown = [key for key in keys if not key.has_class("-command-palette")]
        palette = app.screen.query_one(".-command-palette")
        assert shown[-1].region.right <= palette.region.x
        assert app.screen.query_one(Footer).max_scroll_x == 0


@pytest.mark.parametrize("size", [(80, 24), (300, 100), (30, 8)])
async def test_any_size_can_be_drawn(shell: Shell, size: tuple[int, int]) -> None:
    app = shell.app()
    async with app.run_test(size=size) as pilot:
        await read(pilot)
        await pilot.press("j", "enter")
        await until(pilot, lambda: app.screen.query("#inputs"))
        await pilot.press("escape", "question_mark")
        assert app.export_screenshot()


def test_a_crash_shows_no_locals_and_leaves_a_masked_report(shell: Shell, tmp_path: Path) -> None:
    code = f"""
import asyncio, os, sys
from pathlib import Path
from pipeline_tui.app import PipelineApp
from pipeline_tui.launch import run_app
from pipeline_tui.listing.places import Place

def boom():
    api_key = os.environ["ANTHROPIC_API_KEY"]
    local_word = "-".join(["local", str(4700 + 11)])
    raise RuntimeError(f"could not use {{api_key}} Bearer abcdefgh")

app = PipelineApp(Place((Path({str(shell.folder)!r}),), "flows"))
app.call_later(boom)
sys.exit(run_app(app, headless=True))
"""
    script = tmp_path / "crashing.py"
    script.write_text(code)
    environ = {**os.environ, "ANTHROPIC_API_KEY": SECRET, "PIPELINE_STATE_DIR": str(tmp_path / "state")}
    done = subprocess.run(  # noqa: PLW1510 - the code is what is tested
        [sys.executable, str(script)], env=environ, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    told = done.stdout + done.stderr
    assert "pipeline-tui stopped: a fault in the program itself (RuntimeError)." in told
    assert "Traceback" not in told
    (report,) = (tmp_path / "state" / "crashes").iterdir()
    assert str(report) in told
    text = report.read_text()
    assert "RuntimeError: could not use" in text
    assert "in boom" in text
    for leak in (SECRET, "local-4711", "abcdefgh"):
        assert leak not in told + text
    assert report.stat().st_mode & 0o077 == 0


def test_the_first_paint_loads_no_engine() -> None:
    heavy = ["pydantic", "ruamel.yaml", "jinja2", "httpx", "pygments", "markdown_it", "typer", "starlette"]
    code = f"import sys, pipeline_tui.launch; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
