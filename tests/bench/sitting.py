"""The app in a terminal with a run going, and what is read off it."""

from __future__ import annotations

import json
import sys
import time
from bisect import bisect_left
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from bench.flow import KEY, source_of
from bench.lab import Unmeasured, environment
from bench.rows import OURS
from bench.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.lab import Lab
    from bench.server import Plan

APPS = {OURS: "bench.app", "Log": "bench.clients.textual_log"}
PYTHON = sys.executable
FIRST_LOOK = 1.0
"""Seconds after the panes have come that are not measured; twice as many come at the end."""
KEY_PAUSES = (0.11, 0.17, 0.13, 0.19, 0.07)
_numbers = count(1)


def percentile(values: list[float], percent: float) -> float:
    """The value that `percent` of all are not above.

    Raises:
        Unmeasured: There are no values.
    """
    if not values:
        raise Unmeasured("nothing was seen on the screen that could be measured")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


@dataclass
class Sitting:
    """A user before a run; after it, what the probe in the app told."""

    terminal: Terminal
    panes: int
    samples: list[list[float]] = field(default_factory=list)
    lags: list[list[float]] = field(default_factory=list)
    keys: list[float] = field(default_factory=list)
    """Seconds from each key to what it shows."""
    painted: list[float] = field(default_factory=list)
    window: tuple[float, float] = (0.0, 0.0)
    frames: int = 0

    def watch(self, seconds: float, keys: int = 0) -> None:
        """Look at it for a while, pressing Tab so often at most; the marks of this time are kept."""
        seen = self.terminal.seen
        marks, frames, begin = set(seen.marks), seen.frames, time.monotonic()
        for n in range(keys):
            if time.monotonic() > begin + seconds:  # the run would end before its end could be awaited
                break
            target = (n + 1) % self.panes + 1
            self.keys.append(self.terminal.press("\t", rf"▶.{{1,8}}s{target:03}\b"))
            self.terminal.read_for(KEY_PAUSES[n % len(KEY_PAUSES)])
        self.terminal.read_for(max(0.0, begin + seconds - time.monotonic()))
        self.window = (begin, time.monotonic())
        self.frames = seen.frames - frames
        self.painted += [late for mark, late in seen.marks.items() if mark not in marks]

    def cpu_percent(self) -> float:
        """CPU of the whole app while it was watched, in percent of one core."""
        begin, end = self.window
        return (self._at(end)[1] - self._at(begin)[1]) / (end - begin) * 100

    def lateness(self) -> list[float]:
        """How late the app's event loop was while it was watched, in seconds."""
        begin, end = self.window
        return [late for when, late in self.lags if begin <= when <= end]

    def frames_a_second(self) -> float:
        """How often the screen was painted."""
        return self.frames / (self.window[1] - self.window[0])

    def deltas(self) -> int:
        """How many the panes had at the end."""
        return int(max(sample[3] for sample in self.samples))

    def cpu_per_delta(self, first: float, last: float) -> float:
        """Seconds of CPU per delta between two shares of all deltas.

        Raises:
            Unmeasured: Too few samples lie between them.
        """
        total = self.deltas()
        begin, end = (self._cpu_at(share * total) for share in (first, last))
        if end <= begin:
            raise Unmeasured("the probe saw too little of it")
        return (end - begin) / ((last - first) * total)

    def _cpu_at(self, deltas: float) -> float:
        """CPU seconds when the panes had so many deltas, between the two samples around that."""
        at = max(1, bisect_left(self.samples, deltas, key=lambda sample: sample[3]))
        before, after = self.samples[at - 1], self.samples[min(at, len(self.samples) - 1)]
        share = (deltas - before[3]) / max(1.0, after[3] - before[3])
        return before[1] + (after[1] - before[1]) * share

    def memory_at(self, when: float) -> float:
        """Resident MB at a moment of the monotonic clock."""
        return self._at(when)[2]

    def _at(self, when: float) -> list[float]:
        index = bisect_left(self.samples, when, key=lambda sample: sample[0])
        return self.samples[min(index, len(self.samples) - 1)]


def first_look(seconds: float) -> float:
    """How long to wait before watching for so many seconds."""
    return min(FIRST_LOOK, seconds / 4)


def workflow_file(lab: Lab, source: dict[str, Any]) -> Path:
    """A folder with this workflow in it."""
    folder = lab.folder / f"flows-{next(_numbers)}"
    folder.mkdir()
    (folder / "bench.yaml").write_text(json.dumps(source, indent=1))
    return folder


@contextmanager
def sitting(
    lab: Lab,
    source: dict[str, Any],
    *,
    size: tuple[int, int] = (120, 40),
    rate: int = 0,
    lag: float = 0.0,
    who: str = OURS,
) -> Iterator[Sitting]:
    """Open the app on a workflow, start it, and leave it in the end; `who` may be a peer that keeps to our keys.

    Raises:
        Unmeasured: The app did not do what was expected of it.
    """
    folder = workflow_file(lab, source)
    out = folder / "probe.json"
    env = environment(PIPELINE_STATE_DIR=str(lab.folder / "state"), **KEY)
    argv = [PYTHON, "-m", APPS[who], str(out), str(lag), str(folder)]
    with Terminal(argv, env, size, rate=rate) as terminal:
        terminal.expect("s001")  # in the preview
        terminal.press("\r", r"▶.{1,8}s001\b")
        user = Sitting(terminal, len(source["steps"]))
        yield user
        terminal.send("q")
        terminal.until_end()
    told = json.loads(out.read_text())
    user.samples, user.lags = told["samples"], told["lags"]


def watch_panes(
    lab: Lab, plan: Plan, seconds: float, *, keys: int = 0, size: tuple[int, int] = (120, 40), **more: Any
) -> Sitting:
    """Watch the run of a plan, a pane for each stream."""
    source = source_of(lab.url(plan), "openai", plan.streams)
    with sitting(lab, source, size=size, **more) as user:
        user.terminal.read_for(first_look(seconds))
        user.watch(seconds, keys)
        user.terminal.expect(r"done in", timeout=120)
        user.terminal.read_for(0.3)
    return user
