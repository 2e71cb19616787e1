"""The keys of the debugger on the run screen, and those that the key bar offers while a run is stopped."""

from __future__ import annotations

from textual.binding import Binding, BindingType

IN_THE_BAR = frozenset(
    {
        "back",
        "resume",
        "step('event')",
        "step('frame')",
        "step('text')",
        "step_back('event')",
        "breakpoints",
        "turn_mode('hold')",
        "turn_mode('buffer')",
        "run_to_place",
        "edit_request",
        "app.help",
        "help",
    }
)
"""Actions that the key bar offers while a run is stopped or its past is shown: as many as 80 cells hold."""
WITH_ROOM = frozenset({"watches", "copy_reference"})
ROOMY = 100
NOT_AHEAD = frozenset({"breakpoints", "turn_mode('hold')", "turn_mode('buffer')"})
"""Not for looking ahead, where there is no room for them."""
COME_AND_GO = ("cancel_run", "cancel_step", "maximise", "copy_answer", "step_back", "faster")
"""Actions whose keys are offered, or not, as a run goes on and its past is shown."""
OF_THE_PAST = frozenset({"scrub", "scrub_start", "scrub_end"})

DEBUGGER_KEYS: list[BindingType] = [
    Binding("space", "pause", "Pause", tooltip="Stop the run; h: hold the stream, or record on"),
    Binding("space", "resume", "Continue", show=False, tooltip="Go on, to the next breakpoint"),
    Binding("full_stop", "step('event')", "Event", show=False, tooltip="On by one event"),
    Binding("greater_than_sign", "step('frame')", "Frame", show=False, tooltip="On by one frame"),
    Binding("f", "step('text')", "Text", show=False, tooltip="On to the next text"),
    Binding("comma", "step_back('event')", "Back", show=False, tooltip="Back by one event, into the past"),
    Binding("less_than_sign", "step_back('frame')", "Frame back", show=False, tooltip="Back by one frame"),
    Binding("enter", "go_to_row", "Go to row", show=False, tooltip="Show the run as it was at this frame"),
    Binding(
        "enter",
        "run_to_place",
        "Run to here",
        show=False,
        tooltip="Looking ahead: go on to this event, or to a breakpoint before it",
    ),
    Binding("b", "breakpoints", "Breaks", tooltip="Breakpoints: where runs stop"),
    Binding("w", "watches", "Watch", show=False, tooltip="Watches: values that are shown as they change"),
    Binding(
        "p",
        "pause_pane",
        "Pause pane",
        show=False,
        tooltip="Stop this step alone, or let it go on",
    ),
    Binding(
        "h",
        "turn_mode('buffer')",
        "Buffer",
        show=False,
        tooltip="While stopped, go on recording",
    ),
    Binding("h", "turn_mode('hold')", "Hold", show=False, tooltip="While stopped, hold the stream"),
    Binding("E", "edit_request", "Edit", show=False, tooltip="Edit the request that is held back"),
    Binding("Y", "copy_reference", "Copy", show=False, tooltip="Copy where you stand as RUN#SEQ"),
    *(
        Binding(key, action, words, show=False, priority=True, tooltip=words)
        for key, action, words in (
            ("left", "scrub('event', -1)", "In the past: back by one event"),
            ("right", "scrub('event', 1)", "In the past: on by one event"),
            ("shift+left", "scrub('frame', -1)", "In the past: back by one frame"),
            ("shift+right", "scrub('frame', 1)", "In the past: on by one frame"),
            ("ctrl+left", "scrub('second', -1)", "In the past: back by one second"),
            ("ctrl+right", "scrub('second', 1)", "In the past: on by one second"),
            ("home", "scrub_start", "In the past: to the start"),
            ("end", "scrub_end", "In the past: to the newest event"),
        )
    ),
]
