"""A peer for the rows of the UI: the same streams in Textual's own `Log` widgets, written 30 times a second.

It is steered like our app (`bench.sitting`): Enter starts the run, Tab gives another pane the keys. It reads with
the floor's client, so that only the painting is compared: no run log, no events, no metrics.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.binding import Binding
from textual.containers import Grid, Vertical
from textual.widgets import Log, Static

from bench.clients.common import Task
from bench.clients.raw import client
from bench.probe import Probe

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

PERIOD = 1 / 30
WIDTH = 38


class PaneTask(Task):
    """A stream whose deltas wait for the next frame."""

    def __init__(self, base: str) -> None:
        super().__init__(base, "openai", 1, stamped=False)
        self.pending: list[str] = []

    def take(self, text: str | None) -> None:
        """Keep it."""
        if text:
            self.deltas += 1
            self.pending.append(text)


class LogApp(App[int]):
    """A grid of logs."""

    CSS = "Grid {grid-gutter: 0} Static {height: 2} Log {height: 1fr}"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start", priority=True),
        Binding("tab", "next", priority=True),
        Binding("q", "quit", priority=True),
    ]

    def __init__(self, source: dict[str, Any], probe: Probe) -> None:
        super().__init__()
        self.probe = probe
        base = source["providers"]["bench"]["base_url"].removesuffix("/v1")
        self.tasks = [PaneTask(base) for _ in source["steps"]]
        self.logs = [Log() for _ in self.tasks]
        self.heads = [Static(markup=False) for _ in self.tasks]
        self.current = 0

    def compose(self) -> ComposeResult:
        """All panes."""
        with Grid():
            for head, log in zip(self.heads, self.logs, strict=True):
                with Vertical():
                    yield head
                    yield log

    def on_mount(self) -> None:
        """As many columns as are readable."""
        columns = max(1, self.size.width // WIDTH)
        self.query_one(Grid).styles.grid_size_columns = min(columns, len(self.tasks))
        for number in range(len(self.tasks)):
            self.show_head(number, " ")

    def show_head(self, number: int, sign: str) -> None:
        """Which pane has the keys stands in its head."""
        self.heads[number].update(f"{sign}● s{number + 1:03} log")

    def action_start(self) -> None:
        """Read all streams."""
        self.probe.start(lambda: sum(task.deltas for task in self.tasks))
        self.show_head(0, "▶")
        self.set_interval(PERIOD, self.flush)
        self.run_worker(self.read())

    async def read(self) -> None:
        """Every stream to its end."""
        await asyncio.gather(*(client(task) for task in self.tasks))
        self.flush()
        self.heads[0].update("done in time")

    def flush(self) -> None:
        """Write what came since the last frame."""
        for task, log in zip(self.tasks, self.logs, strict=True):
            if task.pending:
                text, task.pending = "".join(task.pending), []
                log.write(text.replace(" @", "\n@") if "@" in text else text)

    def action_next(self) -> None:
        """The next pane."""
        self.show_head(self.current, " ")
        self.current = (self.current + 1) % len(self.tasks)
        self.logs[self.current].focus()
        self.show_head(self.current, "▶")


def main(out: Path, lag_every: float, folder: Path) -> None:
    """Run it until it is left; write what the probe saw."""
    probe = Probe(lag_every)
    LogApp(json.loads((folder / "bench.yaml").read_text()), probe).run()
    out.write_text(json.dumps({"samples": probe.samples, "lags": probe.lags}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]))
