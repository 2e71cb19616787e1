"""Rows of the UI: the whole app on a real pty, fed by the server through the runtime."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bench.rows import OURS, Figures, Goal, Measure, Row, Scale
from bench.server import Plan
from bench.sitting import first_look, percentile, watch_panes

if TYPE_CHECKING:
    from bench.lab import Lab
    from bench.sitting import Sitting

WIDE = (320, 56)
"""A terminal in which 64 panes are seen at once."""
SLOW = 50_000
LAG_EVERY = 0.005
KEY_SECONDS = 0.2
_PAINTED = (
    Measure("cpu", "CPU, whole app", "%"),
    Measure("painted50", "painted p50", "ms"),
    Measure("painted99", "painted p99", "ms"),
    Measure("key99", "key to screen p99", "ms"),
    Measure("fps", "frames", "/s", more_is_better=True),
)


def plan_for(panes: int, rate: int, seconds: float, marks: int = 20) -> Plan:
    """Deltas for that time, a little before and a little after."""
    deltas = math.ceil(rate * (seconds + 3 * first_look(seconds)) / panes)
    return Plan(deltas, rate=rate, streams=panes, marks=marks)


def figures_of(user: Sitting) -> Figures:
    """What is read off a watched run."""
    found = {
        "cpu": user.cpu_percent(),
        "painted50": percentile(user.painted, 50) * 1000,
        "painted99": percentile(user.painted, 99) * 1000,
        "painted_max": max(user.painted) * 1000,
        "fps": user.frames_a_second(),
        "rss": max(sample[2] for sample in user.samples),
    }
    return found | ({"key99": percentile(user.keys, 99) * 1000} if user.keys else {})


def _panes(lab: Lab, scale: Scale, name: str) -> Figures:
    seconds = max(scale.pane_seconds, scale.keys * KEY_SECONDS)
    plan = plan_for(scale.panes, scale.pane_rate, seconds)
    return figures_of(watch_panes(lab, plan, seconds, keys=scale.keys, who=name))


def _many_panes(lab: Lab, scale: Scale, name: str) -> Figures:
    seconds = max(scale.pane_seconds, scale.keys * KEY_SECONDS)
    plan = plan_for(scale.many_panes, scale.pane_rate, seconds, marks=8)
    return figures_of(watch_panes(lab, plan, seconds, keys=scale.keys, size=WIDE, who=name))


def _slow(lab: Lab, scale: Scale, name: str) -> Figures:
    plan = plan_for(scale.panes, scale.pane_rate, scale.pane_seconds)
    user = watch_panes(lab, plan, scale.pane_seconds, rate=SLOW, lag=LAG_EVERY, who=name)
    lost = plan.deltas * plan.streams - user.deltas()
    return {
        "lag99": percentile(user.lateness(), 99) * 1000,
        "lag_max": max(user.lateness()) * 1000,
        "lost": lost,
        "fps": user.frames_a_second(),
    }


def _chat(lab: Lab, scale: Scale, name: str) -> Figures:
    seconds = scale.pane_seconds
    return figures_of(watch_panes(lab, plan_for(1, 200, seconds, marks=10), seconds, who=name))


ROWS = (
    Row(
        "panes16",
        "2,000 deltas/s over 16 panes, real pty",
        _PAINTED,
        _panes,
        (OURS, "Log"),
        goals=(Goal("cpu", 20), Goal("painted50", 25), Goal("painted99", 60), Goal("key99", 40)),
        told="elia at 200 deltas/s: 78 %, painted 450/3,000 ms",
        most_rounds={"Log": 2},
        floor="a frame of waiting at 30 frames/s (17 ms p50, 33 p99), and Textual's own painting",
    ),
    Row(
        "panes64",
        "2,000 deltas/s over 64 panes, all in sight (320x56)",
        (*_PAINTED, Measure("painted_max", "behind at most", "ms")),
        _many_panes,
        (OURS, "Log"),
        goals=(Goal("fps", 27, at_least=True), Goal("key99", 50), Goal("painted_max", 200)),
        told="RichLog: key p99 628 ms",
        most_rounds={"Log": 2},
        floor="as for 16 panes; every frame paints most of the screen",
    ),
    Row(
        "slow-terminal",
        "A terminal that drains 50 KB/s, 16 panes, 2,000 deltas/s",
        (
            Measure("lag99", "loop lag p99", "ms"),
            Measure("lag_max", "worst", "ms"),
            Measure("lost", "deltas lost", ""),
            Measure("fps", "frames", "/s", more_is_better=True),
        ),
        _slow,
        (OURS, "Log"),
        goals=(Goal("lag99", 5), Goal("lost", 0)),
        most_rounds={"Log": 2},
        floor="the work of one frame",
    ),
    Row(
        "chat",
        "One chat at 200 tokens/s",
        _PAINTED[:3],
        _chat,
        (OURS, "Log"),
        goals=(Goal("cpu", 6),),
        told="elia 78 %, oterm 75 %",
        most_rounds={"Log": 2},
        floor="30 frames a second of Textual's painting: about 4 %",
    ),
)
