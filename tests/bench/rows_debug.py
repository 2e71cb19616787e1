"""Rows of large amounts: a million events in the debug panel, a megabyte of text in one pane."""

from __future__ import annotations

import statistics
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from bench.flow import flow_of, provider_of, source_of, step_of
from bench.lab import Unmeasured
from bench.rows import Figures, Goal, Measure, Row, Scale
from bench.server import Plan
from bench.sitting import percentile, sitting

if TYPE_CHECKING:
    from bench.lab import Lab
    from bench.sitting import Sitting

LIVE_SECONDS = 600
"""How long the second step would go on; it is cancelled when everything is measured."""
PATIENCE = 300.0
TEXT_RATE = 10_000
TEXT_WIDTH = 5
PAGE_DOWN = "\x1b[6~"
SIZES = ((100, 40), (140, 40), (90, 30))
TIMES = 5
TRIES = 3
CLEAR = "\x15"
"""Ctrl+U: an Escape could become one key with the next one, on a busy machine."""
PAUSE = 0.3
MB = 1_000_000


def _paste(text: str) -> str:
    return f"\x1b[200~{text}\x1b[201~"


def _debug(lab: Lab, scale: Scale, name: str) -> Figures:
    """A step fills the panel in one burst; then one at a steady pace is looked at through a filter."""
    del name
    first = Plan(scale.events)
    second = Plan(scale.live_rate * LIVE_SECONDS, rate=scale.live_rate, marks=5)
    providers = {
        "bench": provider_of(lab.url(first), "openai"),
        "live": provider_of(lab.url(second), "openai"),
    }
    steps = [step_of(1), step_of(2, needs=["s001"], provider="live")]
    with sitting(lab, flow_of(providers, steps)) as user:
        terminal = user.terminal
        terminal.expect("1/2 steps", PATIENCE)
        terminal.press("z", "zoom")  # the live step's own pane is out of sight: its marks come from the panel
        terminal.read_for(1.0)
        closed = time.monotonic()
        opening = _open_panel(user, scale.events)
        opened = time.monotonic()
        found = _steer(user)
        _filter(user, "@")
        terminal.send("\r")
        terminal.read_for(1.0)
        user.watch(scale.pane_seconds)
        terminal.press("C", "cancelled in")
        terminal.read_for(0.2)
    grown = user.memory_at(opened) - user.memory_at(closed)
    arrived = scale.live_rate * (opened - closed)
    return found | {
        "opening": opening,
        "bytes": grown * MB / (scale.events + arrived),
        "lag": percentile(user.painted, 99),
        "cpu": user.cpu_percent(),
        "rss": user.memory_at(opened),
    }


def _open_panel(user: Sitting, events: int) -> float:
    """Open the panel and wait until it has all rows; gives the seconds."""
    terminal, begin, rows = user.terminal, time.monotonic(), 0
    terminal.send("d")
    while rows < events:
        terminal.expect(r"wire · ([\d,]+) row", PATIENCE)
        assert terminal.found is not None
        rows = int(terminal.found[1].replace(b",", b""))
    return time.monotonic() - begin


def _filter(user: Sitting, text: str) -> float:
    """Filter by this text; gives the seconds to the first rows. A key that came too early is pressed again."""
    for _ in range(TRIES):
        user.terminal.send("/")
        user.terminal.read_for(PAUSE)
        with suppress(Unmeasured):
            return user.terminal.press(_paste(text), r"\d shown")
    raise Unmeasured("the panel never showed what its filter found")


def _steer(user: Sitting) -> Figures:
    """Filter, jump and scroll, with rows coming in all the time: milliseconds from key to screen."""
    press, scrolled, jumped, filtered = user.terminal.press, [], [], []
    for _ in range(TIMES):
        filtered.append(_filter(user, "tttt"))
        press(CLEAR, r"rows · (following|holding)", PATIENCE)
        user.terminal.send("\r")
        user.terminal.read_for(PAUSE)
        jumped.append(press("g", "POST http"))
        scrolled.append(press(PAGE_DOWN, "▸"))
        jumped.append(press("G", "following"))
    figures = {"filter": filtered, "jump": jumped, "scroll": scrolled}
    return {key: statistics.median(values) for key, values in figures.items()}


def _text(lab: Lab, scale: Scale, name: str) -> Figures:
    """One answer of a megabyte, five characters a delta."""
    del name
    deltas = scale.text // TEXT_WIDTH
    plan = Plan(deltas, rate=TEXT_RATE, width=TEXT_WIDTH)
    with sitting(lab, source_of(lab.url(plan), "openai", 1)) as user:
        user.terminal.expect("done in", PATIENCE)
        user.terminal.read_for(0.5)
        resized = [_resize(user, size) for size in SIZES]
    first, last = user.cpu_per_delta(0.02, 0.12), user.cpu_per_delta(0.9, 1.0)
    return {
        "first": first * 1e6,
        "last": last * 1e6,
        "growth": last / first,
        "resize": statistics.median(resized),
        "rss": max(sample[2] for sample in user.samples),
    }


def _resize(user: Sitting, size: tuple[int, int]) -> float:
    begin = time.monotonic()
    user.terminal.resize(size)
    user.terminal.expect("ENDOFTEXT")
    taken = time.monotonic() - begin
    user.terminal.read_for(0.5)
    return taken


ROWS = (
    Row(
        "debug-panel",
        "Debug panel: 1,000,000 events, 1,000/s coming in, filter set",
        (
            Measure("lag", "live lag p99", "s"),
            Measure("scroll", "scroll", "s"),
            Measure("jump", "jump", "s"),
            Measure("filter", "filter, first page", "s"),
            Measure("bytes", "memory per row", "bytes"),
            Measure("opening", "opened with all rows", "s"),
            Measure("cpu", "CPU, whole app", "%"),
        ),
        _debug,
        goals=(
            Goal("lag", 0.1),
            Goal("scroll", 0.1),
            Goal("jump", 0.1),
            Goal("filter", 0.1),
            Goal("bytes", 100),
        ),
        told="DataTable: 2.7 s lag at 100,000 rows",
        floor="one frame (0.033 s); 8 bytes a row for its place",
        most_rounds={"ours": 2},
    ),
    Row(
        "long-text",
        "1 MB of text in one pane",
        (
            Measure("growth", "CPU per delta, last tenth / first", ""),
            Measure("first", "first tenth", "µs"),
            Measure("last", "last tenth", "µs"),
            Measure("resize", "resize", "s"),
            Measure("rss", "memory", "MB"),
        ),
        _text,
        goals=(Goal("growth", 1.2), Goal("resize", 0.15)),
        floor="flat; a resize wraps what is in sight",
        most_rounds={"ours": 3},
    ),
)
