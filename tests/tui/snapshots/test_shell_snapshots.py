"""Pictures of the shell's screens, at the size of a small terminal and of a wide one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input

from helpers_shell import FILES, QUICK, SLOW, Shell, read, shown, until
from pipeline_tui.screens.run import RunScreen
from pipeline_tui.widgets.input_field import InputField

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from textual.pilot import Pilot

    from pipeline_tui.app import PipelineApp

pytestmark = pytest.mark.snapshot
SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A folder with every kind of row: broken, never run, and run in every way."""
    more = {"fallback": "openai", "buffered": "openai", "cut": "claude", "stopped": "claude"}
    files = {
        f"{name}.yaml": QUICK.replace("quick", name).replace("claude", provider)
        for name, provider in more.items()
    }
    shell = Shell(tmp_path / "flows").write(FILES | files)
    shell.log("draft.yaml", 3, inputs={"topic": "late trains", "title": "Why they are late"})
    shell.log("fallback.yaml", 200, delivery="sync")
    shell.log("buffered.yaml", 60 * 30, delivery="buffered")
    shell.log("cut.yaml", 60 * 24 * 9, status="failed", delivery=None)
    shell.log("stopped.yaml", 1, status="cancelled")
    return shell


class Picture:
    """Compares the app, after its keys, with its stored picture."""

    def __init__(self, compare: Callable[..., bool], size: tuple[int, int]) -> None:
        self._compare = compare
        self._size = size

    def of(
        self,
        app: PipelineApp,
        *keys: str,
        then: Callable[[Pilot[Any]], Awaitable[None]] | None = None,
    ) -> bool:
        """True when it looks as before."""

        async def act(pilot: Pilot[Any]) -> None:
            await read(pilot)
            await pilot.press(*keys)
            if then is not None:
                await then(pilot)
            await pilot.pause()

        return self._compare(app, terminal_size=self._size, run_before=act)


@pytest.fixture
def picture(snap_compare: Callable[..., bool], size: tuple[int, int]) -> Picture:
    """At the size that the test is run with."""
    return Picture(snap_compare, size)


async def drafted(pilot: Pilot[Any]) -> None:
    """Wait for the preview of the draft."""
    await until(pilot, lambda: "A first draft" in shown(pilot.app, "#yaml"))


@SIZES
def test_a_broken_workflow_is_selected(shell: Shell, picture: Picture) -> None:
    assert picture.of(shell.app())


@SIZES
def test_a_workflow_is_selected(shell: Shell, picture: Picture) -> None:
    async def select(pilot: Pilot[Any]) -> None:
        pilot.app.workflows.select(shell.folder / "draft.yaml")
        await drafted(pilot)

    assert picture.of(shell.app(), then=select)


@SIZES
def test_light_theme(shell: Shell, picture: Picture) -> None:
    async def select(pilot: Pilot[Any]) -> None:
        pilot.app.workflows.select(shell.folder / "draft.yaml")
        await drafted(pilot)

    assert picture.of(shell.app(theme="light"), then=select)


@SIZES
def test_no_color(shell: Shell, picture: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert picture.of(shell.app())


@SIZES
def test_filter(shell: Shell, picture: Picture) -> None:
    async def previewed(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: "name: fallback" in shown(pilot.app, "#yaml"))

    assert picture.of(shell.app(), "slash", *"fb", then=previewed)


@SIZES
def test_empty_folder(tmp_path: Path, picture: Picture) -> None:
    assert picture.of(Shell(tmp_path / "flows").write({}).app())


@SIZES
def test_inputs_with_a_wrong_value(shell: Shell, picture: Picture) -> None:
    async def fill(pilot: Pilot[Any]) -> None:
        app = pilot.app
        app.workflows.select(shell.folder / "draft.yaml")
        await drafted(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen.query(InputField)) == 4)
        words = list(app.screen.query(InputField))[1]
        words.query_one(Input).value = "many"
        await pilot.press("enter")

    assert picture.of(shell.app(), then=fill)


@SIZES
def test_help(shell: Shell, picture: Picture) -> None:
    assert picture.of(shell.app(), "question_mark")


@SIZES
def test_palette(shell: Shell, picture: Picture) -> None:
    async def settle(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: pilot.app.screen.query("CommandList") and _listed(pilot))

    assert picture.of(shell.app(), "ctrl+p", then=settle)


def _listed(pilot: Pilot[Any]) -> bool:
    return pilot.app.screen.query_one("CommandList").option_count > 8


@SIZES
def test_quit_while_a_run_goes(
    shell: Shell, picture: Picture, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline_tui.run_desk.monotonic", lambda: 100.0)
    monkeypatch.setattr("pipeline_tui.leaving.monotonic", lambda: 100.0)

    async def ask(pilot: Pilot[Any]) -> None:
        app = pilot.app
        app.workflows.select(shell.folder / "slow.yaml")
        await until(pilot, lambda: SLOW.splitlines()[1] in shown(app, "#yaml"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        (entry,) = app.desk.book
        await until(pilot, lambda: entry.run.tally.step == "wait")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.workflows)
        await until(pilot, lambda: "wait" in shown(app, "#runs-bar"))
        await pilot.press("q")

    assert picture.of(shell.app(), then=ask)
