"""`pipeline-tui handlers`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.cli.arguments import add_json

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SAYS = "list the handlers that stream_handler can name"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare them."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="only these, each with what its options mean"
    )
    add_json(parser)


def execute(given: Namespace) -> int:
    """List.

    Raises:
        InputError: There is no handler of a name.
    """
    from pipeline_runtime.cli.handler_list import print_handlers

    return print_handlers(given.names, as_json=given.as_json)
