"""`pipeline-tui list`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_runtime.cli.arguments import add_json

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SAYS = "list the workflows that are there, valid or not"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare them."""
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="files or folders; the bundled ones by default"
    )
    add_json(parser)


def execute(given: Namespace) -> int:
    """List."""
    from pipeline_runtime.cli.listing import list_workflows

    return list_workflows(given.paths, as_json=given.as_json)
