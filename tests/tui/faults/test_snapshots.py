"""Pictures of runs with faults, and of the dialog in each state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from helpers_debugger import draw
from helpers_tui import Script, ScriptedRun, WatchApp, feed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.pilot import Pilot

    from pipeline_runtime.events import AnyEvent

    Scene: TypeAlias = Callable[[Pilot[Any]], Awaitable[None]]

pytestmark = pytest.mark.snapshot

PROSE = "Tea is older than most of the countries that drink it."
FAULTS = ("stall@30:3s", "two: disconnect@17")
SIZES = [(80, 24), (120, 36)]


def begin(script: Script) -> list[AnyEvent]:
    events: list[AnyEvent] = [script.start()]
    for step in script.steps:
        events += [script.step(step), script.attempt(step), script.wait(80).opened(step)]
        events += [script.wait(20).frame(step, "message_start"), *script.words(PROSE, step=step)]
    return events


async def nothing(pilot: Pilot[Any]) -> None:
    await draw(pilot)


async def typing(pilot: Pilot[Any]) -> None:
    await pilot.press("F", *"status:429*2", "enter", *"stall@12")
    await draw(pilot)


async def told(pilot: Pilot[Any]) -> None:
    await pilot.press("F", *"split-utf8@5")
    await draw(pilot)


async def wrong(pilot: Pilot[Any]) -> None:
    await pilot.press("F", *"disconnect@4-9", "enter")
    await draw(pilot)


SCENES: list[Scene] = [nothing, typing, told, wrong]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_a_run_with_faults(scene: Scene, size: tuple[int, int], snap_compare: Any) -> None:
    script = Script("one", "two", note=f"faults are injected: {', '.join(FAULTS)}", faults=FAULTS)
    source = ScriptedRun(script)

    async def act(pilot: Pilot[Any]) -> None:
        await feed(pilot, source, begin(script))
        await scene(pilot)

    assert snap_compare(WatchApp(source), terminal_size=size, run_before=act)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_only_one_step_has_faults(size: tuple[int, int], snap_compare: Any) -> None:
    script = Script("one", "two", faults=("two: disconnect@17",))
    source = ScriptedRun(script)

    async def act(pilot: Pilot[Any]) -> None:
        await feed(pilot, source, begin(script))
        await draw(pilot)

    assert snap_compare(WatchApp(source), terminal_size=size, run_before=act)
