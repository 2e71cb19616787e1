"""Pictures of the run screen in every state, at two sizes, fed through the production path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from textual.widgets import Markdown

from helpers_tui import MS, Script, ScriptedRun, WatchApp, feed, until
from pipeline_runtime.events import Choice, StallInfo

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.pilot import Pilot

    from pipeline_runtime.events import AnyEvent

    Scene: TypeAlias = Callable[[Pilot[Any], ScriptedRun, Script], Awaitable[None]]

pytestmark = pytest.mark.snapshot

PROSE = (
    "Tea is older than most of the countries that drink it. The leaves are picked by hand, withered, rolled and "
    "dried; the rest is patience.\n\n"
)
MARKDOWN = (
    "# Tea\n\nThree things **matter**:\n\n- water\n- leaves\n- time\n\n```python\nsteep(minutes=3)\n```\n"
)


def begin(script: Script, *steps: str) -> list[AnyEvent]:
    events: list[AnyEvent] = [script.start()]
    for step in steps or ("draft",):
        events += [script.step(step), script.attempt(step), script.wait(80).opened(step)]
        events += [script.wait(20).frame(step, "message_start")]
    return events


async def waiting(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    await feed(pilot, source, script.start(), script.step(), script.attempt())
    pilot.app.clock.value = 900 * MS  # type: ignore[attr-defined]
    pilot.app.screen.flush()  # type: ignore[attr-defined]


async def streaming(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    await feed(pilot, source, begin(script), script.words(PROSE * 2))


async def scrolled_up(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    await feed(pilot, source, begin(script), script.words(PROSE * 20, every=2))
    await pilot.press("pageup")
    await feed(pilot, source, script.words(PROSE * 2))


async def thinking(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    await feed(
        pilot,
        source,
        begin(script),
        script.words("Tea or coffee? Tea: the question says so.", lane="thinking"),
    )
    await feed(pilot, source, script.words(PROSE))


async def thinking_folded(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    await thinking(pilot, source, script)
    await pilot.press("t")


async def tool_input(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    await feed(pilot, source, begin(script), script.words("Let me look that up."))
    await feed(
        pilot,
        source,
        script.delta("", "tool_input", 1, tool="get_weather"),
        script.delta('{"city": "Darj', "tool_input", 1),
        script.delta('eeling", "days"', "tool_input", 1),
    )


async def several_tools(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    await feed(
        pilot,
        source,
        begin(script),
        script.delta("Two look-ups at once.", index=0),
        script.delta("", "tool_input", 1, tool="get_weather"),
        script.delta("", "tool_input", 2, tool="web_search"),
        script.delta('{"city": "Dar', "tool_input", 1),
        script.delta('{"query": "first fl', "tool_input", 2),
        script.delta('jeeling"}', "tool_input", 1),
        script.delta("And then?", "thinking", 3),
        script.delta('ush"}', "tool_input", 2),
        script.delta("I may not say more.", "refusal", 4),
    )


async def choices(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    texts = ("Water first.", "Leaves first: they need the warmth of the pot before the wat", "Time.")
    await feed(pilot, source, begin(script))
    deltas = [script.delta(text, choice=n) for n, text in enumerate(texts)]
    ends = tuple(Choice(n, finish_reason_raw=end) for n, end in enumerate(("stop", "length", "stop")))
    await feed(pilot, source, deltas, script.done(texts[0], choices=ends))
    await feed(pilot, source, script.step_end(), script.end())
    await pilot.press("]")
    await pilot.pause()


async def remembered(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    await feed(pilot, source, script.start(), script.step(), script.recalled())
    await feed(pilot, source, script.wait(40).attempt(asked="sync"))


async def refusal(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    await feed(
        pilot, source, begin(script), script.delta("I cannot help with that.", "refusal"), script.lint()
    )


async def stall(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    await feed(pilot, source, begin(script), script.words(PROSE))
    await feed(pilot, source, script.wait(1000).stall("began", 1000, after=24))
    pilot.app.clock.value = 2200 * MS  # type: ignore[attr-defined]
    pilot.app.screen.flush()  # type: ignore[attr-defined]


async def fallback(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    await feed(
        pilot, source, script.start(), script.step(), script.attempt(), script.wait(90).opened(status=400)
    )
    await feed(pilot, source, script.fallback("the model does not support streaming"))
    await feed(pilot, source, script.attempt(asked="sync", why="fallback"))


async def buffered(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    await feed(
        pilot, source, begin(script), script.wait(3000).words(PROSE, every=0), script.done("", "buffered")
    )
    await feed(pilot, source, script.step_end(delivery="buffered"), script.end())


async def error_with_partial(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    await feed(pilot, source, begin(script), script.words("Tea is older than most of the coun"))
    await feed(
        pilot,
        source,
        script.error("Tea is older"),
        script.step_end("failed", reason="disconnected"),
        script.end("failed"),
    )


async def failure_after_retries(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    await feed(
        pilot, source, script.start(), script.step(), script.attempt(), script.change("drop_stream_options")
    )
    for _ in range(2):
        await feed(pilot, source, script.attempt(why="retry"), script.opened(status=529), script.retry())
    error = script.failure(
        type="overloaded_error",
        message="The engine is overloaded at the moment: all replicas of this model are busy with requests of others.",
        cure="the provider is overloaded: run again later, or raise retry.attempts",
        status=529,
        request_id="req_011CSHoEeqs5C35K2UUqR7Fy",
    )
    await feed(pilot, source, script.attempt(why="retry"), script.opened(status=529), error)
    await feed(pilot, source, script.step_end("failed", reason="overloaded_error"), script.end("failed"))


async def done_as_markdown(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    stalls = (StallInfo(30, 400 * MS, 3000 * MS),)
    await feed(pilot, source, begin(script), script.delta(MARKDOWN), script.done(stalls=stalls))
    await feed(pilot, source, script.step_end(), script.end())
    await pilot.press("m")
    await until(pilot, lambda: any(each.source == MARKDOWN for each in pilot.app.screen.query(Markdown)))
    await pilot.pause()


async def escapes(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    hostile = "\x1b]0;title\x07 \x1b[2J\x1b[31mred\x1b[0m \x9b1m \u202eevil\u202c zero\u200bwidth \r\n\ttab 漢字 👩\u200d💻"
    await feed(pilot, source, begin(script), script.delta(hostile))


STEPS = ("plan", "left", "right", "judge")


async def several_panes(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    await feed(pilot, source, begin(script, *STEPS[:3]))
    await feed(
        pilot,
        source,
        script.words("A short plan.", step="plan"),
        script.done(step="plan"),
        script.step_end(step="plan"),
    )
    await feed(
        pilot, source, script.words(PROSE, step="left"), script.words(PROSE * 3, step="right", every=5)
    )
    await pilot.press("2")


async def maximised(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    await several_panes(pilot, source, script)
    await pilot.press("3", "z")


async def all_over(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    await several_panes(pilot, source, script)
    for step in ("left", "right"):
        await feed(pilot, source, script.done(step=step), script.step_end(step=step))
    await feed(
        pilot, source, script.step("judge"), script.attempt("judge"), script.fallback("no streams", "judge")
    )
    await feed(
        pilot, source, script.attempt("judge", "sync", "fallback"), script.delta("left wins", step="judge")
    )
    await feed(pilot, source, script.done(delivery="sync", step="judge", fallback="no streams"))
    await feed(pilot, source, script.step_end(step="judge", delivery="sync"), script.end())


async def failures_in_small_panes(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    await several_panes(pilot, source, script)
    message = "The server closed the stream before the answer was whole; what had come is kept in the pane"
    for step in ("left", "right"):
        await feed(pilot, source, script.error("Tea", step, message), script.step_end("failed", step))


async def debug_panel(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    await feed(pilot, source, begin(script), script.words("Tea is older than most"), script.unknown(frame=5))
    await pilot.press("d", "tab", "k")
    app = pilot.app
    assert isinstance(app, WatchApp)
    await until(pilot, lambda: app.watch.panel is not None and app.watch.panel.detail.raw.answer())
    await pilot.pause()


async def lints_in_the_panel(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    await feed(pilot, source, begin(script), script.words("Tea is older"), script.lint(frame=3))
    await feed(pilot, source, script.words("than most"))
    await pilot.press("d", "tab", "k", "k")
    app = pilot.app
    assert isinstance(app, WatchApp)
    await until(
        pilot, lambda: app.watch.panel is not None and "cure" in app.watch.panel.detail.events.answer()
    )
    await pilot.pause()


async def filter_error(pilot: Pilot[Any], source: ScriptedRun, script: Script) -> None:
    await debug_panel(pilot, source, script)
    await pilot.press("slash", *"type:ping gap>5foo")


SCENES: list[Scene] = [
    waiting,
    streaming,
    scrolled_up,
    thinking,
    thinking_folded,
    tool_input,
    several_tools,
    choices,
    refusal,
    stall,
    fallback,
    remembered,
    buffered,
    error_with_partial,
    failure_after_retries,
    done_as_markdown,
    escapes,
    debug_panel,
    lints_in_the_panel,
    filter_error,
]
WIDE_SCENES: list[Scene] = [several_panes, maximised, all_over, failures_in_small_panes]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("scene", [*SCENES, *WIDE_SCENES], ids=lambda scene: scene.__name__)
def test_screen(snap_compare: Any, scene: Scene, size: tuple[int, int]) -> None:
    script = Script(*STEPS) if scene in WIDE_SCENES else Script()
    source = ScriptedRun(script)

    async def play(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        await scene(pilot, source, script)
        await pilot.pause()

    assert snap_compare(WatchApp(source), terminal_size=size, run_before=play)


def test_sixteen_panes_in_the_light_theme(snap_compare: Any) -> None:
    steps = tuple(f"step-{n}" for n in range(1, 17))
    script = Script(*steps)
    source = ScriptedRun(script)
    app = WatchApp(source)
    app.theme = "textual-light"

    async def play(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        await feed(
            pilot, source, begin(script, *steps), *(script.words(PROSE, step=step, every=1) for step in steps)
        )

    assert snap_compare(app, terminal_size=(200, 60), run_before=play)
