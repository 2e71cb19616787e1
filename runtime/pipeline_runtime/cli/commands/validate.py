"""`pipeline-tui validate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_runtime.cli.arguments import add_json

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SAYS = "check workflow files: every problem with its file, line, column and cure"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare them."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files or folders")
    add_json(parser)


def execute(given: Namespace) -> int:
    """Validate."""
    from pipeline_runtime.cli.listing import validate_workflows

    return validate_workflows(given.paths, as_json=given.as_json)
