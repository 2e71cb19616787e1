"""A scripted run behind a real gate: what the gate lets through comes to the screen."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from helpers_panes import painted_by_textual
from helpers_tui import Script, ScriptedRun, WatchApp, flatten, until
from pipeline_runtime.debugging import Gate
from pipeline_tui.frame_gate import gate_of
from pipeline_tui.widgets.expression_input import ExpressionInput

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from textual.app import App
    from textual.pilot import Pilot
    from textual.widgets import Input

    from pipeline_runtime.debugging import Door
    from pipeline_runtime.events import AnyEvent


class GatedRun(ScriptedRun):
    """Emits through a gate; its record has everything at once, as the run log does."""

    def __init__(self, script: Script) -> None:
        super().__init__(script)
        self.gate: Gate | None = Gate()
        self.log_path: Path | None = None
        self._record: list[AnyEvent] = []
        self._doors: dict[str, Door] = {}

    def emit(self, *items: AnyEvent | list[AnyEvent]) -> None:
        for event in flatten(items):
            self._record.append(event)
            if event.step is None or self.gate is None:
                super().emit(event)
            else:
                self.gate.let_through(self._door(event.step, self.gate), (event,))

    def history(self) -> list[AnyEvent]:
        return list(self._record)

    @property
    def handed_on(self) -> list[AnyEvent]:
        """What the gate has let through."""
        return list(self._events)

    def door(self, step: str) -> Door:
        """The way of a step through the gate."""
        assert self.gate is not None
        return self._door(step, self.gate)

    def _door(self, step: str, gate: Gate) -> Door:
        if step not in self._doors:
            self._doors[step] = gate.add_door(step, self._pass)
        return self._doors[step]

    def _pass(self, events: Sequence[AnyEvent]) -> None:
        super().emit(list(events))


def begin(script: Script, *steps: str) -> list[AnyEvent]:
    """A run whose steps have opened their streams: six events for the first step, four for each other."""
    events: list[AnyEvent] = [script.start()]
    for step in steps or ("draft",):
        events += [script.step(step), script.attempt(step), script.wait(80).opened(step)]
        events += [script.wait(20).frame(step, "message_start")]
    return events


@asynccontextmanager
async def opened(
    source: GatedRun,
    *items: AnyEvent | list[AnyEvent],
    size: tuple[int, int] = (100, 24),
    debug: bool = False,
    notifications: bool = False,
) -> AsyncIterator[tuple[WatchApp, Pilot[None]]]:
    """The run screen on a run of which so much has come; as long as the context lasts."""
    app = WatchApp(source, debug=debug)
    async with app.run_test(size=size, notifications=notifications) as pilot:
        source.emit(*items)
        await shown(pilot, source)
        yield app, pilot


async def draw(pilot: Pilot[Any]) -> None:
    """Draw frames until nothing new comes of them."""
    for _ in range(3):
        await pilot.pause()
        gate_of(pilot.app).run()
    await pilot.pause()


async def shown(pilot: Pilot[Any], source: GatedRun) -> None:
    """Wait until the screen has what the gate let through, and what it recorded, and draw it."""
    app = pilot.app
    assert isinstance(app, WatchApp)
    last = source.handed_on[-1].seq
    await until(pilot, lambda: app.watch.view.seen >= last)
    app.watch.ticker.pause()
    await draw(pilot)
    await until(pilot, lambda: app.watch.recording is None or app.watch.recorded is not None)
    await draw(pilot)


def text_of(app: WatchApp) -> str:
    """What stands on the screen."""
    return "\n".join(painted_by_textual(app))


def field_of(app: App[Any]) -> Input:
    """The field of the dialog that is open."""
    return app.screen.query_one(ExpressionInput).input
