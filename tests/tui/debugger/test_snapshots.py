"""Pictures of the debugger in every state, at two sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from helpers_debugger import GatedRun, begin, draw, shown
from helpers_tui import MS, Script, WatchApp, until
from pipeline_runtime.events import StallInfo
from pipeline_tui.clipboard import CopyResult
from pipeline_tui.debugging import debugging_of
from pipeline_tui.screens import run_actions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.pilot import Pilot

    Scene: TypeAlias = Callable[[Pilot[Any], GatedRun, Script], Awaitable[None]]

pytestmark = pytest.mark.snapshot

PROSE = (
    "Tea is older than most of the countries that drink it. The leaves are picked by hand, withered, rolled and "
    "dried; the rest is patience."
)


async def paused(pilot: Pilot[Any], source: GatedRun, script: Script) -> None:
    source.emit(begin(script), script.words(PROSE))
    source.emit(script.wait(2_000).stall("ended", 2_000), script.words(PROSE, every=60))
    await shown(pilot, source)
    await pilot.press("space")
    source.emit(script.words(PROSE), script.lint())
    await shown(pilot, source)


async def buffering(pilot: Pilot[Any], source: GatedRun, script: Script) -> None:
    await paused(pilot, source, script)
    await pilot.press("h")
    await shown(pilot, source)


async def ahead(pilot: Pilot[Any], source: GatedRun, script: Script) -> None:
    debugging_of(pilot.app).breakpoints.add('type:delta "patience"')
    await paused(pilot, source, script)
    await pilot.press("h")
    source.emit(script.wait(900).words(PROSE, every=30))
    await shown(pilot, source)
    await pilot.press("right", *["f"] * 12)
    await draw(pilot)


async def told(pilot: Pilot[Any], source: GatedRun, script: Script) -> None:
    await paused(pilot, source, script)
    await pilot.press("y")
    await draw(pilot)


async def broken(pilot: Pilot[Any], source: GatedRun, script: Script) -> None:
    points = debugging_of(pilot.app).breakpoints
    source.gate = debugging_of(pilot.app).gate()
    pilot.app.screen.follow_gate()  # type: ignore[attr-defined]
    points.add("lane:tool_input")
    source.emit(begin(script), script.words("Let me look that up."), script.lint())
    source.emit(
        script.frame(),
        script.delta("", "tool_input", 1, tool="get_weather"),
        script.frame(),
        script.delta('{"city": "Darj', "tool_input", 1),
    )
    await shown(pilot, source)


async def scrubbed(pilot: Pilot[Any], source: GatedRun, script: Script) -> None:
    await paused(pilot, source, script)
    await pilot.press("comma", "ctrl+left", "ctrl+left")
    await draw(pilot)


async def over(pilot: Pilot[Any], source: GatedRun, script: Script) -> None:
    stalls = (StallInfo(23, 600 * MS, 2_000 * MS),)
    source.emit(begin(script), script.words(PROSE), script.wait(2_000).stall("ended", 2_000, after=23))
    source.emit(
        script.words(PROSE), script.done(f"{PROSE} {PROSE}", stalls=stalls), script.step_end(), script.end()
    )
    await shown(pilot, source)
    await pilot.press("comma", *["shift+left"] * 12)
    await shown(pilot, source)


async def watched(pilot: Pilot[Any], source: GatedRun, script: Script) -> None:
    debugging_of(pilot.app).watches += [
        "steps.draft.text",
        "steps.draft.counts.stalls",
        "gap>1s",
        "type:lint",
    ]
    await paused(pilot, source, script)


async def breakpoints(pilot: Pilot[Any], source: GatedRun, script: Script) -> None:
    points = debugging_of(pilot.app).breakpoints
    points.add("nth(1, lane:tool_input)").hits = 3
    points.add("gap>500ms", once=True)
    points.add("type:error,lint").enabled = False
    await paused(pilot, source, script)
    await pilot.press("b", *"lane:")
    await draw(pilot)


async def wrong(pilot: Pilot[Any], source: GatedRun, script: Script) -> None:
    await paused(pilot, source, script)
    await pilot.press("b", *"type:delta lnae:text", "enter")
    await draw(pilot)


async def watches(pilot: Pilot[Any], source: GatedRun, script: Script) -> None:
    await watched(pilot, source, script)
    await pilot.press("w")
    await draw(pilot)


SCENES: list[Scene] = [
    paused,
    told,
    buffering,
    ahead,
    broken,
    scrubbed,
    over,
    watched,
    breakpoints,
    wrong,
    watches,
]
SIZES = [(80, 24), (120, 36)]


@pytest.fixture(autouse=True)
def no_clipboard(monkeypatch: pytest.MonkeyPatch) -> None:
    """What copying is told to have done, whatever this machine has."""
    monkeypatch.setattr(run_actions, "copy_text", lambda *_: CopyResult(ok=True, how="tool", detail="Copied"))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_screen(scene: Scene, size: tuple[int, int], snap_compare: Any) -> None:
    script = Script()
    source = GatedRun(script)
    assert snap_compare(
        WatchApp(source), terminal_size=size, run_before=lambda pilot: scene(pilot, source, script)
    )


def test_several_panes_one_of_them_stopped(snap_compare: Any) -> None:
    script = Script("one", "two", "three")
    source = GatedRun(script)

    async def scene(pilot: Pilot[Any]) -> None:
        source.emit(begin(script, "one", "two", "three"))
        for step in script.steps:
            source.emit(script.words(PROSE, step=step, every=9))
        await shown(pilot, source)
        await pilot.press("2", "p")
        source.emit(script.words(PROSE, step="two"), script.words("It goes on.", step="three"))
        await shown(pilot, source)
        await until(pilot, lambda: pilot.app.screen.recorded is not None)  # type: ignore[attr-defined]
        await draw(pilot)

    assert snap_compare(WatchApp(source), terminal_size=(120, 36), run_before=scene)
