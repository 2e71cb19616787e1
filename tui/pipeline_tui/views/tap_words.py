"""The sentences around the list of tapped requests: whether the tap is on and where, what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.fault_words import faults_badge
from pipeline_tui.views.format import counted, join
from pipeline_tui.views.history_line import MUTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.tap import BaseUrl

OFF = """\
The tap is off.

s   start it, on a free port: where a request goes is told by its path
o   start it on another port, or with one upstream for everything

Then point a program of yours at it: each of its requests is a run here, with every frame \
and its time, breakpoints, steps; recorded, to be replayed. The program notices nothing.

Keys pass through; they are never kept or shown."""
WAITING = """\
No request yet.

Set one of these base URLs for your program (1-9 copy them) and start it; what it asks is listed here.

b   say where its streams shall stop, before they come
H   hold every request back before it is sent on: it can be edited then"""


def count_text(total: int, going: int) -> str:
    """`3 requests, 1 open`."""
    return counted(total, "request") + (f", {going:,} open" if going else "")


def bar_text(port: int, total: int, going: int, stopped: int, *, faults: bool = False) -> str:
    """What screens say of a tap that is on: `⇄ tap on port 41235 · 3 requests, 1 open`."""
    return "⇄ " + join(
        f"tap on port {port}",
        "FAULTS" if faults else None,
        count_text(total, going),
        f"‖ {stopped:,} stopped" if stopped else None,
    )


def head_text(port: int | None, told: Sequence[str], faults: Sequence[str] = ()) -> Content:
    """The first line: on or off, how many requests, what holds them, what breaks them."""
    state = ("  ○ off", MUTED) if port is None else (f"  ● on 127.0.0.1:{port}", "$text-success")
    return Content.assemble(
        ("Tap", "bold $text-primary"),
        state,
        (f" · {join(*told)} " if told else " ", MUTED),
        (faults_badge(faults), "bold $text-warning"),
    )


def urls_text(urls: Sequence[BaseUrl]) -> Content:
    """A numbered line for each base URL, with where it leads to."""
    wide = max((len(one.setting) for one in urls), default=0)
    lines = [
        Content.assemble(
            (f" {number} ", "bold $text-accent"), (f"{sanitise_line(one.setting):<{wide}}", ""),
            (f"  → {sanitise_line(one.stands_for)}", MUTED),
        )
        for number, one in enumerate(urls, 1)
    ]  # fmt: skip
    return Content("\n").join(lines)
