"""The app as a user starts it, on this terminal, beside a probe that tells at the end what it saw.

`python -m bench.app OUT LAG FOLDER`: every 50 ms the time, the CPU used and the memory are noted, and with a
LAG of more than 0 how late the event loop is, asked every LAG seconds. The runs are the product's own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.probe import Probe
from pipeline_tui.app import Options, PipelineApp
from pipeline_tui.launch import run_app
from pipeline_tui.listing.places import place_of
from pipeline_tui.run_desk import start_run
from pipeline_tui.screens.run import RunScreen

if TYPE_CHECKING:
    from pipeline_runtime.debugging import Gate
    from pipeline_runtime.workflow.models import Workflow
    from pipeline_tui.views.source import RunSource


def deltas_shown(app: PipelineApp) -> int:
    """How many deltas the panes of the run on the screen have."""
    if not isinstance(app.screen, RunScreen):
        return 0
    return sum(pane.view.deltas for pane in app.screen.grid.panes.values())


def main(out: Path, lag_every: float, folder: Path) -> int:
    """Run the app until it is left; write what the probe saw."""
    probe = Probe(lag_every)

    def start(
        workflow: Workflow, inputs: dict[str, Any], mode: str, gate: Gate, faults: tuple[str, ...] = ()
    ) -> RunSource:
        probe.start(lambda: deltas_shown(app))
        return start_run(workflow, inputs, mode, gate, faults)

    app = PipelineApp(place_of([folder]), Options(mode="live"), start=start)
    code = run_app(app)
    out.write_text(json.dumps({"samples": probe.samples, "lags": probe.lags}))
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3])))
