"""`pipeline-tui tap`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.cli.arguments import add_break, add_fault, add_json, port
from pipeline_runtime.errors import PipelineError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SAYS = "watch another program's streams: a proxy on loopback for its base URL, until Ctrl-C"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare them."""
    parser.add_argument("--port", type=port, default=0, help="0, the default, for a free one")
    parser.add_argument(
        "--upstream", dest="upstreams", action="append", default=[], metavar="[NAME=]URL",
        help="send everything to URL; with NAME= only what comes for /NAME (may be repeated). "
        "Without it: by path, /openai/v1, /anthropic, /gemini, /ollama, ... or /https/HOST",
    )  # fmt: skip
    parser.add_argument(
        "--ui", action="store_true", help="show the requests in the UI, with panes, breakpoints and steps"
    )
    add_fault(parser, "what clients get")
    add_break(parser, ends="the tap")
    add_json(parser)


def execute(given: Namespace) -> int:
    """Serve until Ctrl-C, or to the first stop.

    Raises:
        PipelineError: The UI was asked for, which is not here.
    """
    if given.ui:
        raise PipelineError(
            "--ui: this is the runtime alone, without its UI", cure="start it as pipeline-tui"
        )
    from pipeline_runtime.cli.breaking import Stops
    from pipeline_runtime.cli.tapping import TapCommand

    stops = Stops.of(given.breaks, given.on_break)
    command = TapCommand(given.port, given.upstreams, as_json=given.as_json, stops=stops, faults=given.faults)
    return command.execute()
