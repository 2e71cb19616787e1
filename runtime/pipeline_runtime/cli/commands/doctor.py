"""`pipeline-tui doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_runtime.cli.arguments import add_json

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SAYS = "look this machine and a workflow over: what will not work, and its cure"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare them."""
    parser.add_argument(
        "workflow", nargs="?", type=Path, metavar="WORKFLOW",
        help="a workflow file, or the name of a bundled one; without it only the machine",
    )  # fmt: skip
    parser.add_argument("--no-network", action="store_true", help="do not try the endpoints")
    add_json(parser)


def execute(given: Namespace) -> int:
    """Examine.

    Raises:
        WorkflowError: There is no such workflow.
    """
    from pipeline_runtime.cli.diagnosing import diagnose

    return diagnose(given.workflow, network=not given.no_network, as_json=given.as_json)
