"""The Tap screen by its keys: a real tap, real clients over loopback."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import AsyncExitStack
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import openai
import pytest
from textual.widgets import Input

from helpers_sdk import PROMPT, SECRET, expected_tool_inputs, fresh
from helpers_shell import Shell, until
from helpers_tap import BODY, DEADLINE, END, delta
from helpers_tap_screen import ASK, FIRST, REST, Streams, begun, client, how, listening, opened, text, toasts
from helpers_transport import Server, serving
from pipeline_runtime.paths import state_dir
from pipeline_tui import tap_desk
from pipeline_tui.screens.breakpoints import BreakpointsScreen
from pipeline_tui.screens.confirm import QuitScreen
from pipeline_tui.screens.export_menu import ExportScreen
from pipeline_tui.screens.history import HistoryScreen
from pipeline_tui.screens.tap import TapScreen
from pipeline_tui.screens.tap_faults import TapFaultsScreen
from pipeline_tui.screens.tap_setup import TapSetupScreen
from pipeline_tui.screens.tap_stop import TapStopScreen
from pipeline_tui.screens.tapped import TappedScreen
from pipeline_tui.taps import TapOptions
from pipeline_tui.widgets.runs_bar import TapBar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

    from pipeline_runtime.simulator import Simulator
    from pipeline_runtime.tap import TapServer
    from pipeline_tui.app import PipelineApp
    from pipeline_tui.tap_desk import TapDesk

pytestmark = pytest.mark.streaming
SIZE = (120, 36)


@pytest.fixture
async def streams() -> Streams:
    return Streams()


@pytest.fixture
async def server(streams: Streams) -> AsyncIterator[Server]:
    async with serving(streams) as running:
        yield running
        streams.may.set()


def tapping(shell: Shell, server: Server, *breaks: str) -> PipelineApp:
    """An app that begins with a tap in front of the server."""
    return shell.app(tap=TapOptions(0, (server.url(""),), breaks))


async def on(pilot: Pilot[Any]) -> tuple[TapScreen, TapDesk]:
    screen = await opened(pilot, key=None)
    return screen, await listening(pilot, screen)


async def test_it_is_started_says_what_to_set_and_is_stopped(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    monkeypatch.setattr("pipeline_tui.clipboard._tool_took_it", lambda said, _: copied.append(said) or True)
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await opened(pilot)
        assert "○ off" in text(screen, "#tap-head")
        assert "The tap is off" in text(screen, "#tap-empty")
        await pilot.press("s")
        desk = await listening(pilot, screen)
        port = desk.port
        assert f" 1 OPENAI_BASE_URL=http://127.0.0.1:{port}/openai/v1 " in text(screen, "#tap-urls")
        assert "→ https://api.anthropic.com" in text(screen, "#tap-urls")
        await pilot.press("2")
        assert copied == [f"ANTHROPIC_BASE_URL=http://127.0.0.1:{port}/anthropic"]
        await pilot.press("escape")
        bar = pilot.app.workflows.query_one(TapBar)
        await until(pilot, lambda: bar.display)
        assert str(bar.content) == f"⇄ tap on port {port} · 0 requests  (t opens)"
        screen = await opened(pilot)
        await pilot.press("s")
        await until(pilot, lambda: "○ off" in text(screen, "#tap-head"))
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        await pilot.press("s")  # started again, it has its port again
        assert (await listening(pilot, screen)).port == port


async def test_it_starts_although_its_screen_is_left_meanwhile(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    may, make = Event(), tap_desk.make_tap

    def late(options: TapOptions, *told: Any) -> TapServer:
        assert may.wait(20)
        return make(options, *told)

    monkeypatch.setattr(tap_desk, "make_tap", late)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        async with shell.app().run_test(size=SIZE) as pilot:
            desk = pilot.app.tap
            for port in (0, taken.getsockname()[1]):
                may.clear()
                desk.options = TapOptions(port)
                screen = await opened(pilot)
                await pilot.press("s", "escape")
                await until(pilot, lambda left=screen: not left.is_running)
                may.set()
                if port:
                    await until(pilot, lambda: any("cannot listen on" in told for told in toasts(pilot)))
                    assert desk.port is None
                else:
                    await until(pilot, lambda: desk.port is not None)
                    await desk.stop()


async def test_keys_behind_tab_belong_to_the_next_field_however_fast_they_come(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        await opened(pilot)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(pilot.app.screen, TapSetupScreen))
        for key in ("8", "1", "tab", "h", "i", "shift+tab", "7"):
            pilot.app.simulate_key(key)
        fields = [pilot.app.screen.query_one(name, Input) for name in ("#port", "#upstream")]
        await until(pilot, lambda: "".join(field.value for field in fields).endswith("hi"))
        await until(pilot, lambda: "7" in fields[0].value)
        assert fields[1].value == "hi"


async def test_what_cannot_be_listened_on_is_told_with_its_cure(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with shell.app().run_test(size=SIZE) as pilot:
            screen = await opened(pilot)
            await pilot.press("o")
            await until(pilot, lambda: isinstance(pilot.app.screen, TapSetupScreen))
            dialog = pilot.app.screen
            told = lambda: text(dialog, "#problem")  # noqa: E731
            for keys, words in (
                (("7", "0", "0", "0", "0"), "70000 is no port"),
                (("ctrl+u", *str(port)), "choose another port, or 0 for a free one"),
                (("tab", *"example"), "upstream example: this is no base URL (give https://host"),
            ):
                await pilot.press(*keys, "enter")
                await until(pilot, lambda words=words: words in told())
            dialog.query_one("#upstream", Input).value = "x=http://127.0.0.1:9"
            dialog.query_one("#port", Input).value = ""
            await pilot.press("enter")
            desk = await listening(pilot, screen)
            assert f"http://127.0.0.1:{desk.port}/x " in text(screen, "#tap-urls")
            desk.options = TapOptions(port, ())
            await desk.stop()
            await until(pilot, lambda: "○ off" in text(screen, "#tap-head"))
            await pilot.press("s")
            await until(pilot, lambda: isinstance(pilot.app.screen, TapSetupScreen))
            assert f"cannot listen on 127.0.0.1:{port}" in text(pilot.app.screen, "#problem")


async def test_an_sdk_is_stopped_at_its_first_tool_input_stepped_gone_back_in_and_continued(
    shell: Shell, pipeline_simulator: Simulator
) -> None:
    base = pipeline_simulator.base_url(fresh(pipeline_simulator, "tool-call"), "openai-chat")
    heard: list[str] = []

    async def ask(url: str) -> None:
        async with openai.AsyncOpenAI(base_url=url, api_key=SECRET, max_retries=0) as sdk:
            question: Any = [{"role": "user", "content": PROMPT}]
            async for chunk in await sdk.chat.completions.create(model="m", messages=question, stream=True):
                for call in chunk.choices[0].delta.tool_calls or []:
                    assert call.function is not None
                    heard.append(call.function.arguments or "")

    async with shell.app(tap=TapOptions(0, (base,))).run_test(size=SIZE) as pilot:
        screen, desk = await on(pilot)
        await pilot.press("b")
        await until(pilot, lambda: isinstance(pilot.app.screen, BreakpointsScreen))
        await pilot.press(*"nth(1, lane:tool_input)", "enter", "escape")
        await until(pilot, lambda: "1 breakpoint" in text(screen, "#tap-head"))
        asking = asyncio.create_task(ask(desk.urls[0].url))
        await until(pilot, lambda: desk.stopped)
        assert how(desk) == ["stopped: nth(1, lane:tool_input)"]
        await until(pilot, lambda: "‖ 1 stopped" in text(screen, "#tap-head"))
        (entry,) = desk.entries
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TappedScreen))
        watch = pilot.app.screen
        assert isinstance(watch, TappedScreen)
        hit = entry.run.gate.hit
        assert hit is not None
        await until(pilot, lambda: watch.recorded is not None)
        assert "cancel_run" in actions(pilot)
        assert watch.view.seen == hit.event.seq  # late as it came, it shows no more than the gate let pass
        for _ in range(5):
            before = watch.view.seen
            await pilot.press("full_stop")
            await until(pilot, lambda before=before: watch.view.seen > before)
        await pilot.press("comma", "home")
        await until(pilot, lambda: watch.place == 0)
        await pilot.press("escape", "space")
        await asyncio.wait_for(asking, DEADLINE)
        await until(pilot, lambda: watch.view.finished is not None)
        assert watch.view.finished.status == "ok"
        assert "cancel_run" not in actions(pilot)
        assert json.loads("".join(heard)) == expected_tool_inputs("tool-call")[0][1]
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert how(desk)[0].startswith("tool_calls · ")
        assert SECRET not in entry.run.log_path.read_text()


async def test_a_request_is_held_edited_and_sent_on(
    shell: Shell, server: Server, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def editor(_app: object, arguments: list[str]) -> None:
        await asyncio.to_thread(ask_another, Path(arguments[-1]))

    monkeypatch.setenv("EDITOR", "an-editor")
    monkeypatch.setattr("pipeline_tui.editor._edit", editor)
    async with tapping(shell, server).run_test(size=SIZE) as pilot:
        screen, desk = await on(pilot)
        await pilot.press("H")
        await until(pilot, lambda: "requests are held" in text(screen, "#tap-head"))
        async with client(desk) as program:
            await program.send(ASK)
            await until(pilot, lambda: how(desk) == ["request held"])
            assert streams.bodies == []
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, TappedScreen))
            (entry,) = desk.entries
            await until(pilot, lambda: "edit_request" in actions(pilot))
            await pilot.press("E")
            await until(pilot, lambda: any("sent as edited" in told for told in toasts(pilot)))
            await pilot.press("space")
            assert await program.exactly(len(FIRST)) == FIRST
            assert json.loads(streams.bodies[0]) == json.loads(BODY) | {"model": "another"}
            await pilot.press("escape", "H")
            await until(pilot, lambda: "requests are held" not in text(screen, "#tap-head"))
            streams.may.set()
            assert await program.exactly(len(REST)) == REST
            await until(pilot, lambda: not entry.going)


def ask_another(file: Path) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | {"model": "another"}))


def actions(pilot: Pilot[Any]) -> set[str]:
    return {active.binding.action for active in pilot.app.screen.active_bindings.values()}


async def test_the_list_says_who_hung_up(shell: Shell, server: Server, streams: Streams) -> None:
    async with tapping(shell, server).run_test(size=SIZE) as pilot:
        screen, desk = await on(pilot)
        async with client(desk) as program:
            await program.send(ASK)
            await program.exactly(len(FIRST))
            await begun(pilot, desk)
        await until(pilot, lambda: how(desk) == ["client hung up after 1 delta"])
        await asyncio.wait_for(streams.peers[0].gone.wait(), DEADLINE)  # the upstream is closed with it
        async with client(desk) as program:
            await program.send(ASK)
            await begun(pilot, desk, 2)
            streams.peers[1].reset()
            await until(pilot, lambda: how(desk)[1] == "upstream hung up after 1 delta")
        async with client(desk) as program:
            await program.send(ASK)
            await begun(pilot, desk, 3)
            await pilot.press("c")
            await until(pilot, lambda: how(desk)[2] == "cancelled here after 1 delta")
            assert await program.rest() == FIRST
        await until(pilot, lambda: text(screen, "#tap-head").endswith(" · 3 requests "))
        assert "cancelled here: both sides were closed" in text(screen, "#tap-detail")


async def test_a_client_with_a_wrong_base_url_is_told_of(shell: Shell) -> None:
    async with shell.app(tap=TapOptions()).run_test(size=SIZE) as pilot:
        screen, desk = await on(pilot)
        async with client(desk) as program:
            await program.send(ASK.replace(b"/v1/chat/completions", b"/v1/chat/completions?key=planted-1"))
            assert (await program.head()).startswith(b"HTTP/1.1 404 ")
        await until(pilot, lambda: "0 requests · 1 refused" in text(screen, "#tap-head"))
        (told,) = toasts(pilot)
        assert told.startswith("POST /v1/chat/completions: the path names no upstream: '/v1' is not known.")


async def test_twenty_at_once_go_on_while_other_screens_are_shown(
    shell: Shell, server: Server, streams: Streams
) -> None:
    async with tapping(shell, server).run_test(size=SIZE) as pilot, AsyncExitStack() as stack:
        screen, desk = await on(pilot)
        programs = [await stack.enter_async_context(client(desk)) for _ in range(20)]
        for program in programs:
            await program.send(ASK)
        await begun(pilot, desk, 20)
        await until(pilot, lambda: "20 requests, 20 open" in text(screen, "#tap-head"))
        await pilot.press("escape")
        bar = pilot.app.workflows.query_one(TapBar)
        await until(pilot, lambda: "20 requests, 20 open" in str(bar.content))
        streams.may.set()
        for program in programs:
            assert await program.exactly(len(FIRST + REST)) == FIRST + REST
        await until(pilot, lambda: not desk.going)
        await until(pilot, lambda: "· 20 requests  (t" in str(bar.content))
        screen = await opened(pilot)
        assert [row.number for row in screen.table.rows] == list(range(1, 21))
        assert {told.split(" · ")[0] for told in how(desk)} == {"stop"}
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TappedScreen))
        await until(pilot, lambda: pilot.app.screen.view.finished is not None)
        await until(pilot, lambda: pilot.app.screen.grid.current.live.answer() == "one two")


async def test_many_that_are_held_are_told_once_and_go_on_at_one_key(
    shell: Shell, server: Server, streams: Streams
) -> None:
    streams.may.set()
    async with tapping(shell, server).run_test(size=SIZE) as pilot, AsyncExitStack() as stack:
        screen, desk = await on(pilot)
        await pilot.press("H", "escape")
        programs = [await stack.enter_async_context(client(desk)) for _ in range(5)]
        for program in programs:
            await program.send(ASK)
        await until(pilot, lambda: len(desk.stopped) == 5)
        assert [told.startswith("The request #") for told in toasts(pilot)] == [True]
        screen = await opened(pilot)
        await until(pilot, lambda: "‖ 5 stopped · requests are held" in text(screen, "#tap-head"))
        await pilot.press("a")
        for program in programs:
            assert await program.exactly(len(FIRST + REST)) == FIRST + REST
        await until(pilot, lambda: not desk.going)


async def test_it_is_stopped_while_streams_run_only_when_that_is_meant(shell: Shell, server: Server) -> None:
    async with tapping(shell, server).run_test(size=SIZE) as pilot:
        screen, desk = await on(pilot)
        async with client(desk) as program:
            await program.send(ASK)
            await begun(pilot, desk)
            await pilot.press("s")
            await until(pilot, lambda: isinstance(pilot.app.screen, TapStopScreen))
            await pilot.press("n")
            await until(pilot, lambda: pilot.app.screen is screen)
            assert desk.port is not None
            await pilot.press("s")
            await until(pilot, lambda: isinstance(pilot.app.screen, TapStopScreen))
            await pilot.press("s")
            assert await program.rest() == FIRST
            await until(pilot, lambda: how(desk) == ["cancelled here after 1 delta"])
            await until(pilot, lambda: "○ off · 1 request" in text(screen, "#tap-head"))


async def test_a_stop_is_told_elsewhere_and_the_list_lets_it_go_on(
    shell: Shell, server: Server, streams: Streams
) -> None:
    async with tapping(shell, server, "nth(1, type:delta)").run_test(size=SIZE) as pilot:
        screen, desk = await on(pilot)
        await pilot.press("escape")
        async with client(desk) as program:
            await program.send(ASK)
            await until(pilot, lambda: toasts(pilot))
            assert toasts(pilot) == ["The request #1 m stopped at breakpoint #1: nth(1, type:delta)"]
            bar = pilot.app.workflows.query_one(TapBar)
            await until(pilot, lambda: "1 request, 1 open · ‖ 1 stopped" in str(bar.content))
            screen = await opened(pilot)
            streams.may.set()
            await pilot.press("space")
            assert await program.exactly(len(FIRST + REST)) == FIRST + REST
        await until(pilot, lambda: not desk.going)
        async with client(desk) as program:
            streams.may.clear()
            screen.table.action_last()
            await program.send(ASK)
            await until(pilot, lambda: desk.stopped)
            await pilot.press("space")
            await until(pilot, lambda: not desk.stopped)
            await pilot.press("space")
            await until(pilot, lambda: how(desk)[1] == "paused (hold)")


async def test_faults_break_what_the_next_requests_get(
    shell: Shell, server: Server, streams: Streams
) -> None:
    streams.may.set()
    async with tapping(shell, server).run_test(size=SIZE) as pilot:
        screen, desk = await on(pilot)
        await pilot.press("F")
        await until(pilot, lambda: isinstance(pilot.app.screen, TapFaultsScreen))
        await pilot.press(*"status:529", "enter")
        await until(pilot, lambda: list(desk.faults))
        await pilot.press("escape")
        await until(pilot, lambda: "FAULTS status:529" in text(screen, "#tap-head"))
        async with client(desk) as program:
            await program.send(ASK)
            assert (await program.head()).startswith(b"HTTP/1.1 529 ")
        await until(pilot, lambda: desk.entries and not desk.going)
        assert how(desk)[0].startswith("FAULTS · overloaded")
        assert streams.bodies == []
        await until(pilot, lambda: "· faults status:529" in text(screen, "#tap-detail"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TappedScreen))
        assert not {"rerun", "faults"} & actions(pilot)
        await pilot.press("escape", "F")
        await until(pilot, lambda: isinstance(pilot.app.screen, TapFaultsScreen))
        await pilot.press("shift+tab", "x", "escape")
        async with client(desk) as program:
            await program.send(ASK)
            assert await program.exactly(len(FIRST + REST)) == FIRST + REST
        await until(pilot, lambda: not desk.going)
        assert how(desk)[1].startswith("stop · ")


async def test_quitting_asks_and_closes_what_is_open(shell: Shell, server: Server) -> None:
    async with tapping(shell, server).run_test(size=SIZE) as pilot:
        _, desk = await on(pilot)
        async with client(desk) as program:
            await program.send(ASK)
            entry = await begun(pilot, desk)
            await pilot.press("q")
            await until(pilot, lambda: isinstance(pilot.app.screen, QuitScreen))
            await pilot.press("c")
            assert await program.rest() == FIRST
    assert entry.run.result.status == "cancelled"
    assert desk.port is None


async def test_a_tap_that_is_on_with_nothing_open_is_closed_by_quitting(shell: Shell, server: Server) -> None:
    app = tapping(shell, server)
    async with app.run_test(size=SIZE) as pilot:
        _, desk = await on(pilot)
        port = desk.port
        await pilot.press("q")
    assert app.return_code == 0
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_from_the_history_a_request_that_goes_on_is_opened_as_it_is(
    shell: Shell, server: Server, streams: Streams
) -> None:
    async with tapping(shell, server).run_test(size=SIZE) as pilot:
        _, desk = await on(pilot)
        async with client(desk) as program:
            await program.send(ASK)
            entry = await begun(pilot, desk)
            await pilot.press("escape", "h")
            await until(
                pilot, lambda: isinstance(pilot.app.screen, HistoryScreen) and pilot.app.screen.has_read
            )
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, TappedScreen))
            assert pilot.app.screen.source is entry.run
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen))
            assert entry.going
            streams.may.set()
            await program.exactly(len(FIRST + REST))


async def test_a_tapped_run_is_exported_told_in_the_history_and_not_opened_without_its_log(
    shell: Shell, server: Server, streams: Streams
) -> None:
    streams.may.set()
    async with tapping(shell, server).run_test(size=SIZE) as pilot:
        _, desk = await on(pilot)
        async with client(desk) as program:
            await program.send(ASK)
            await program.exactly(len(FIRST + REST))
        await until(pilot, lambda: desk.entries and not desk.going)
        await pilot.press("escape", "h")
        await until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen) and pilot.app.screen.has_read)
        await pilot.press("escape")
        await opened(pilot)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExportScreen))
        await pilot.press("end", "enter")
        await until(pilot, lambda: any("Written to " in told for told in toasts(pilot)))
        (raw,) = (state_dir() / "saved").glob("*.request.raw")
        assert raw.read_bytes() == delta("one") + delta(" two") + END
        await pilot.press("escape", "h")
        await until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen) and pilot.app.screen.has_read)
        (row,) = pilot.app.screen.table.rows
        assert (row.run.mode, row.name) == ("tap", "tap 127.0.0.1")
        await pilot.press("D", "escape")
        await until(pilot, lambda: pilot.app.screen is pilot.app.workflows)
        await until(pilot, lambda: not desk.entries[0].run.log_path.exists())
        await opened(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: any("its run log was deleted" in told for told in toasts(pilot)))
