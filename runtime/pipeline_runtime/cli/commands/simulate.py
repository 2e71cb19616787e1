"""`pipeline-tui simulate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_runtime.cli.arguments import port
from pipeline_runtime.cli.exits import OK

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SAYS = "run the simulator on loopback for any client, until Ctrl-C"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare them."""
    parser.add_argument("--port", type=port, default=0, help="0, the default, for a free one")
    parser.add_argument(
        "--scenarios", action="append", default=[], type=Path, metavar="FOLDER",
        help="scenario files beside the bundled ones; may be repeated",
    )  # fmt: skip


def execute(given: Namespace) -> int:
    """Serve until Ctrl-C."""
    from pipeline_runtime.simulator import serve

    serve(given.port, given.scenarios)
    return OK
