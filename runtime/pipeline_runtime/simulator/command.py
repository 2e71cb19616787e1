"""`pipeline-tui simulate`: the simulator for other programs, until Ctrl-C."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from pipeline_runtime.simulator.addresses import BASE_PATHS
from pipeline_runtime.simulator.server import Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


def serve(
    port: int = 0,
    folders: Sequence[Path] = (),
    *,
    write: Callable[[str], object] | None = None,
    until: threading.Event | None = None,
) -> None:
    """Run a simulator and say where; ends by Ctrl-C.

    Args:
        port: 0 for a free one.
        folders: scenario files beside the bundled ones.
        write: where the lines go; standard output by default.
        until: ends it too, for callers that have no Ctrl-C.

    Raises:
        InputError: the port is taken.
    """
    say = write or _to_stdout
    with Simulator(port=port, folders=folders) as simulator:
        try:
            for line in describe(simulator):
                say(f"{line}\n")
            (until or threading.Event()).wait()
        except KeyboardInterrupt:
            say("\n")


def describe(simulator: Simulator) -> list[str]:
    """The lines that tell a user what to point a client at."""
    root = simulator.base_url(None, "anthropic")
    return [
        "The simulator listens. Any API key is accepted. Base URLs:",
        *(f"  {protocol:<18}{root}{path}" for protocol, path in BASE_PATHS.items()),
        "With a scenario:",
        *(f"  {protocol:<18}{root}/<scenario>{path}" for protocol, path in BASE_PATHS.items()),
        f"Scenarios: {', '.join(simulator.names())}",
        "Ctrl-C ends it.",
    ]


def _to_stdout(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
