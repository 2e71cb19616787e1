"""Pictures of the Tap screen and its dialogs, small and wide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from helpers_shell import Shell, until
from helpers_tap_screen import PORT, TappedScript, opened, show_scripts
from pipeline_runtime.debugging import Gate
from pipeline_tui.screens.tap_faults import TapFaultsScreen
from pipeline_tui.screens.tap_setup import TapSetupScreen
from pipeline_tui.screens.tap_stop import TapStopScreen
from pipeline_tui.taps import TapOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

    from pipeline_tui.app import PipelineApp

pytestmark = pytest.mark.snapshot
SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
Act = "Callable[[Pilot[Any]], Awaitable[None]]"


@pytest.fixture
def picture(snap_compare: Callable[..., bool], size: tuple[int, int], shell: Shell) -> Callable[..., bool]:
    """The screen, after its keys, compared with its stored picture."""

    def compare(
        *runs: TappedScript, on: bool = True, keys: str = "", then: Act | None = None, **options: Any
    ) -> bool:
        app = shell.app(**options)

        async def act(pilot: Pilot[Any]) -> None:
            await until(pilot, lambda: app.workflows.has_read)
            if on:
                show_scripts(app, *runs)
            await opened(pilot)
            await pilot.press(*keys)
            if then is not None:
                await then(pilot)
            await pilot.pause()

        return snap_compare(app, terminal_size=size, run_before=act)

    return compare


def requests() -> list[TappedScript]:
    """One in each state."""
    done = TappedScript("gpt-5-mini")
    done.emit(done.begin(), done.script.words("It is done.", step="request"))
    done.emit(
        done.script.done("It is done.", step="request"),
        done.script.step_end(step="request"),
        done.script.end(),
    )

    limited = TappedScript("claude-sonnet-4-6", path="/anthropic/v1/messages", client="curl/8.5.0")
    limited.emit(
        limited.begin("anthropic", "anthropic", 429),
        _error(limited, "rate_limit_error", "Slow down.", "wait"),
    )

    left = TappedScript("gpt-5")
    left.emit(left.begin(), left.script.words("Half of", step="request"))
    left.emit(_error(left, "client_disconnected", "the client hung up after 214 bytes", "nothing to do"))

    stalled = TappedScript("llama3.2", path="/ollama/api/chat")
    stalled.emit(stalled.begin("ollama", "ollama"), stalled.script.words("One moment", step="request"))
    stalled.emit(stalled.script.wait(1_500).stall("began", 1_500, step="request"))

    stopped = TappedScript("gpt-5")
    stopped.emit(stopped.begin(), stopped.script.words("To tell you", step="request"))
    stopped.gate = Gate()
    stopped.gate.add_door("request", lambda _: None)
    stopped.gate.pause()
    return [done, limited, left, stalled, stopped]


def _error(run: TappedScript, kind: str, message: str, cure: str) -> list[Any]:
    status = "cancelled" if kind == "client_disconnected" else "failed"
    error = run.script.failure(type=kind, message=message, cure=cure)
    error = type(error)(error.run, "request", 1, error.seq, error.at, kind, message, cure)
    return [error, run.script.step_end(status, step="request", delivery=None), run.script.end(status)]


@SIZES
def test_off(picture: Callable[..., bool]) -> None:
    assert picture(on=False)


@SIZES
def test_on_with_no_request_yet(picture: Callable[..., bool]) -> None:
    assert picture()


@SIZES
def test_requests_in_every_state(picture: Callable[..., bool]) -> None:
    assert picture(*requests())


@SIZES
def test_faults(picture: Callable[..., bool]) -> None:
    async def faults(pilot: Pilot[Any]) -> None:
        app: PipelineApp = pilot.app  # type: ignore[assignment]
        app.tap.add_fault("stall@5:30s")
        app.tap.add_fault("disconnect@17")
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, TapFaultsScreen))

    broken = TappedScript("gpt-5")
    start, *rest = broken.begin()
    broken.emit(msgspec.structs.replace(start, faults=("disconnect@17",)), rest)
    assert picture(*requests(), broken, then=faults)


@SIZES
def test_light_theme(picture: Callable[..., bool]) -> None:
    assert picture(*requests(), keys="kkk", theme="light")


@SIZES
def test_no_color(picture: Callable[..., bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert picture(*requests())


@SIZES
def test_setting_it_up(picture: Callable[..., bool]) -> None:
    async def wrong(pilot: Pilot[Any]) -> None:
        app: PipelineApp = pilot.app  # type: ignore[assignment]
        app.tap.options = TapOptions(PORT, ("openai=api.example.com",))
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, TapSetupScreen))
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.screen.query("#problem.wrong")))

    assert picture(*requests(), then=wrong)


@SIZES
def test_stopping_it_while_requests_are_open(picture: Callable[..., bool]) -> None:
    async def ask(pilot: Pilot[Any]) -> None:
        await pilot.press("s")
        await until(pilot, lambda: isinstance(pilot.app.screen, TapStopScreen))

    assert picture(*requests(), then=ask)


@SIZES
def test_it_goes_on_behind_the_list_of_workflows(picture: Callable[..., bool]) -> None:
    async def leave(pilot: Pilot[Any]) -> None:
        app: PipelineApp = pilot.app  # type: ignore[assignment]
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.workflows)
        app._show_runs()

    assert picture(*requests(), then=leave)
