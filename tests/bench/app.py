"""The app as a user starts it, on this terminal, beside a probe that tells at the end what it saw.

`python -m bench.app OUT LAG FOLDER`: every 50 ms the time, the CPU used and the memory are noted, and with a
LAG of more than 0 how late the event loop is, asked every LAG seconds. The runs are the product's own.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.clients.common import cpu_seconds
from pipeline_tui.app import Options, PipelineApp
from pipeline_tui.launch import run_app
from pipeline_tui.listing.places import place_of
from pipeline_tui.run_desk import start_run
from pipeline_tui.screens.run import RunScreen

if TYPE_CHECKING:
    from pipeline_tui.views.source import RunSource

EVERY = 0.05
PAGE = 4096


class Probe:
    """Notes how the process does."""

    def __init__(self, lag_every: float) -> None:
        self.samples: list[tuple[float, float, float, int]] = []
        """Monotonic seconds, CPU seconds, resident MB, deltas in the panes."""
        self.lags: list[tuple[float, float]] = []
        """Monotonic seconds, and how late the loop was then."""
        self.lag_every = lag_every
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, app: PipelineApp) -> None:
        """Begin, in a running loop."""
        self._tasks.append(asyncio.create_task(self._sample(app)))
        if self.lag_every:
            self._tasks.append(asyncio.create_task(self._watch()))

    async def _sample(self, app: PipelineApp) -> None:
        while True:
            deltas = 0
            if isinstance(app.screen, RunScreen):
                deltas = sum(pane.view.deltas for pane in app.screen.grid.panes.values())
            self.samples.append((time.monotonic(), cpu_seconds(), resident_mb(), deltas))
            await asyncio.sleep(EVERY)

    async def _watch(self) -> None:
        while True:
            due = time.monotonic() + self.lag_every
            await asyncio.sleep(self.lag_every)
            now = time.monotonic()
            self.lags.append((now, max(0.0, now - due)))


def resident_mb() -> float:
    """The memory of this process now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 1e6


def main(out: Path, lag_every: float, folder: Path) -> int:
    """Run the app until it is left; write what the probe saw."""
    probe = Probe(lag_every)

    def start(*given: Any) -> RunSource:
        probe.start(app)
        return start_run(*given)

    app = PipelineApp(place_of([folder]), Options(mode="live"), start=start)
    code = run_app(app)
    out.write_text(json.dumps({"samples": probe.samples, "lags": probe.lags}))
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3])))
