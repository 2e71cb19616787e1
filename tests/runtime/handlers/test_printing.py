"""The handlers that print: console, simple, debug."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest

from helpers_core import events_of, mocked
from helpers_handlers import Script
from pipeline_runtime.events import Lint, ResponseOpened, Stall
from pipeline_runtime.handlers import ConsoleHandler, DebugHandler, SimpleHandler

if TYPE_CHECKING:
    from pipeline_runtime.simulator import Simulator

STAMP = r"\[\d\d:\d\d:\d\d\.\d{3}\] "


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(handler_class: type, events: list, out: io.StringIO | None = None, **opts: object) -> str:
    out = out or io.StringIO()
    handler = handler_class(out, **opts)
    for event in events:
        if event.__struct_config__.tag in handler.kinds:
            handler.handle_event(event)
    getattr(handler, "close", lambda: None)()
    return out.getvalue()


def answer() -> list:
    script = Script()
    return [
        script.started(),
        script.delta("let me ", "thinking"),
        script.delta("think", "thinking"),
        script.delta("Once", index=1),
        script.delta("", "tool_input", 2, tool="look_up"),
        script.delta('{"q": ', "tool_input", 2),
        script.delta("1}", "tool_input", 2),
        script.delta(" upon\na time", index=3),
        script.delta("not the first choice", choice=1),
        script.done(),
    ]


# --- console ----------------------------------------------------------------------------------------------


def test_by_default_the_text_alone():
    assert printed(ConsoleHandler, answer()) == "Once upon\na time\n"


def test_lanes_have_lines_and_labels():
    assert printed(ConsoleHandler, answer(), thinking=True, tools=True).splitlines() == [
        "[thinking] let me think",
        "Once",
        '[tool look_up] {"q": 1}',
        " upon",
        "a time",
    ]


def test_header_and_summary():
    lines = printed(ConsoleHandler, answer(), header=True, summary=True).splitlines()
    assert lines[0] == "── s · m-1 (claude)"
    assert lines[-1].startswith("── STREAM · ")
    assert "1.2 s" in lines[-1]
    assert "step_started" in ConsoleHandler(io.StringIO(), header=True).kinds


def test_an_error_ends_the_line_and_is_the_summary():
    script = Script()
    events = [script.delta("half"), script.failed(fatal=False), script.failed()]
    assert printed(ConsoleHandler, events) == "half\n"
    assert printed(ConsoleHandler, events, summary=True) == "half\n── overloaded: too busy\n"


def test_each_line_has_its_time():
    lines = printed(ConsoleHandler, answer(), timestamps=True).splitlines()
    assert [re.sub(f"^{STAMP}", "@", line) for line in lines] == ["@Once upon", "@a time"]


def test_colours_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TERM", "xterm")
    events = answer()
    assert "\x1b[2mlet me \x1b[0m" in printed(ConsoleHandler, events, Terminal(), thinking=True)
    assert "\x1b" not in printed(ConsoleHandler, events, thinking=True, summary=True)
    assert "\x1b" not in printed(ConsoleHandler, events, Terminal(), thinking=True, colour=False)
    assert "\x1b[2m" in printed(ConsoleHandler, events, thinking=True, colour=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in printed(ConsoleHandler, events, Terminal(), thinking=True)
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in printed(ConsoleHandler, events, Terminal(), thinking=True)


def test_foreign_escapes_are_shown_in_every_lane():
    script = Script()
    lanes = [("thinking", 0), ("text", 1), ("refusal", 1)]
    events = [script.delta("\x1b[31m", lane, index) for lane, index in lanes]
    events += [script.delta("\x1b]0;x\x07", "tool_input", 2, tool="\x1bc"), script.done()]
    shown = printed(ConsoleHandler, events, Terminal(), thinking=True, tools=True, colour=False)
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert shown.count("␛") == 5


# --- simple -----------------------------------------------------------------------------------------------


def test_simple_prints_what_is_whole():
    lines = printed(SimpleHandler, answer()).splitlines()
    assert [re.sub(f"^{STAMP}", "@", line) for line in lines] == [
        "@ASSISTANT: Once",
        '@TOOL: look_up {"q": 1}',
        "@ASSISTANT: upon",
        "a time",
        "@done: 3 messages in 1.2 s (stream)",
    ]


def test_simple_without_times_and_with_an_error():
    script = Script()
    events = [script.delta("half a "), script.delta("word"), script.failed()]
    shown = printed(SimpleHandler, events, timestamps=False)
    assert shown == "ASSISTANT: half a word\nfailed: overloaded: too busy\n"


def test_simple_keeps_attempts_apart_and_prints_no_blank_parts():
    script = Script()
    events = [
        script.delta("one"),
        script.try_again(),
        script.delta("two"),
        script.delta(" \n", index=1),
        script.done(),
    ]
    shown = printed(SimpleHandler, events, timestamps=False)
    assert shown.splitlines()[:3] == [
        "ASSISTANT: one",
        "ASSISTANT: two",
        "done: 2 messages in 1.2 s (stream)",
    ]


# --- debug ------------------------------------------------------------------------------------------------


def test_debug_prints_every_event_on_a_line():
    script = Script()
    events = [
        script.started(),
        script.try_again(),
        ResponseOpened("run-1", "s", 1, 1, 1, 200, (("a", "b"),)),
        script.delta("two\nlines \x1b[1m"),
        Stall("run-1", "s", 1, 2, 2_000_000, "began", 3, 1_500_000_000, 40_000_000),
        Lint("run-1", "s", None, 3, 3_000_000, "handler_blocks", "it blocks", "mend it"),
        script.failed(),
        script.done(),
    ]
    lines = printed(DebugHandler, events).splitlines()
    assert len(lines) == 9
    assert [line.split()[3] for line in lines[:8]] == ["s#1", "s#2", "s#1", "s#2", "s#1", "s", "s#2", "s#2"]
    assert "claude m-1 stream ''" in lines[0]
    assert "restart, stream: POST http://127.0.0.1/" in lines[1]
    assert "200 HTTP/1.1, 1 header" in lines[2]
    assert r"text[0] 'two\nlines \x1b[1m'" in lines[3]
    assert "phase=began after=3 gap=1.5 s median=40 ms" in lines[4]
    assert "code=handler_blocks" in lines[5]
    assert "overloaded: too busy (wait)" in lines[6]
    assert lines[8] == "8 events"


def test_debug_cuts_what_is_long_and_prints_chosen_kinds():
    line = printed(DebugHandler, [Script().delta("x" * 500)], width=30).splitlines()[0]
    assert line.endswith("…")
    assert "x" * 31 not in line
    assert DebugHandler(kinds=["done"]).kinds == ("done",)


async def test_debug_sees_all_of_a_step_on_standard_error(
    simulator: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "steps: [{id: a, prompt: hi, stream_handler: debug, scenario: {reply: one two}}]"
    events = await events_of(mocked(text, simulator))
    out, err = capsys.readouterr()
    assert out == ""
    numbers = [event.seq for event in events if event.step == "a"][:-1]
    assert [int(line.split()[2]) for line in err.splitlines()[:-1]] == numbers


async def test_simple_stays_silent_where_a_front_end_shows_the_text(
    simulator: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "steps: [{id: a, prompt: hi, stream_handler: Pipeline.Streaming.SimpleHandler, scenario: {reply: one}}]"
    await events_of(mocked(text, simulator, console=None))
    assert capsys.readouterr() == ("", "")
    await events_of(mocked(text, simulator, console="stdout"))
    assert "ASSISTANT: one" in capsys.readouterr().out
