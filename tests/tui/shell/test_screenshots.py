"""Drawing pictures for people: of the real app, and asking no web host for a font."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpers_shell import Shell, read
from pipeline_tui import screenshots
from pipeline_tui.screenshots import Camera, panes

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_picture_asks_no_web_host(shell: Shell, tmp_path: Path) -> None:
    app = shell.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await read(pilot)
        assert "@font-face" in app.export_screenshot()
        await Camera(pilot, app, tmp_path).take("list")
    svg = (tmp_path / "list.svg").read_text()
    assert "draft" in svg
    assert "@font-face" not in svg
    assert "terminal-r1" in svg


async def test_the_camera_drives_a_run_and_comes_back(shell: Shell, tmp_path: Path) -> None:
    app = shell.app(mode="mock")
    async with app.run_test(size=(80, 24)) as pilot:
        camera = Camera(pilot, app, tmp_path)
        run = await camera.start("quick.yaml")
        await camera.until(lambda: run.view.finished is not None)
        assert run.view.finished is not None
        assert run.view.finished.status == "ok", run.view.finished
        assert [pane.deltas > 0 for pane in panes(run)] == [True, True]
        await camera.back(run)
        assert app.screen is app.workflows


async def test_a_picture_that_never_comes_is_an_error(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screenshots, "PATIENCE", 0.05)
    app = shell.app()
    async with app.run_test(size=(80, 24)) as pilot:
        with pytest.raises(TimeoutError):
            await Camera(pilot, app, tmp_path).until(lambda: False)
