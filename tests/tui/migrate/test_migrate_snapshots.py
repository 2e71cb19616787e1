"""Pictures of the Migrate screen: narrow with a unified diff, wide with both texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from helpers_migrate_screen import TODAY, at_rest, open_migrate, select
from helpers_shell import Shell

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.pilot import Pilot

pytestmark = pytest.mark.snapshot
SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
THEMES = pytest.mark.parametrize("theme", ["dark", "light"])


@SIZES
@THEMES
def test_a_file_that_changes(
    shell: Shell, snap_compare: Callable[..., bool], size: tuple[int, int], theme: str
) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        screen = await open_migrate(pilot)
        await select(pilot, screen, "weekly.yaml")

    assert snap_compare(shell.app(theme=theme), terminal_size=size, run_before=act)


@SIZES
def test_written_and_unreadable(
    shell: Shell, snap_compare: Callable[..., bool], size: tuple[int, int]
) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        screen = await open_migrate(pilot)
        await select(pilot, screen, "draft.yaml")
        await pilot.press("a")
        await at_rest(pilot)
        pilot.app.clear_notifications()

    assert snap_compare(shell.app(), terminal_size=size, run_before=act)


@SIZES
def test_nothing_legacy(tmp_path: Path, snap_compare: Callable[..., bool], size: tuple[int, int]) -> None:
    shell = Shell(tmp_path / "flows").write({"today.yaml": TODAY})

    async def act(pilot: Pilot[Any]) -> None:
        await open_migrate(pilot)

    assert snap_compare(shell.app(), terminal_size=size, run_before=act)
