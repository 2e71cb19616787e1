"""`pipeline-tui diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.cli.arguments import add_json

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SAYS = "compare two recorded runs; exit 1 when they differ"
RUN = "its id, the beginning or the end of one, last, last-1, or a file"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare them."""
    parser.add_argument("a", metavar="A", help=RUN)
    parser.add_argument("b", metavar="B", help="the same")
    parser.add_argument("--text", action="store_true", help="compare what was said")
    parser.add_argument("--order", action="store_true", help="compare what happened in which order")
    parser.add_argument(
        "--timing", metavar="PERCENT", help="compare times too: 20%% apart is tolerated, and 10 ms always"
    )
    add_json(parser)


def execute(given: Namespace) -> int:
    """Compare.

    Raises:
        PipelineError: There is no such run, or the tolerance is none.
    """
    from pipeline_runtime.cli.comparing import compare

    return compare(
        given.a, given.b, text=given.text, order=given.order, timing=given.timing, as_json=given.as_json
    )
