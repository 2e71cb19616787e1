"""`pipeline-tui tap`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.cli.arguments import add_json, port

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
    add_json(parser)


def execute(given: Namespace) -> int:
    """Serve until Ctrl-C."""
    from pipeline_runtime.cli.tapping import TapCommand

    return TapCommand(given.port, given.upstreams, as_json=given.as_json).execute()
