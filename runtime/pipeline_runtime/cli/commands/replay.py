"""`pipeline-tui replay`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pipeline_runtime.cli.arguments import add_break, add_fault, add_json, speed

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SAYS = "play a recorded run again: the same events at the same times, with no network and no key"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare them."""
    parser.add_argument(
        "run", metavar="RUN",
        help="its id, the beginning or the end of one, last, last-1, or a run log's file",
    )  # fmt: skip
    parser.add_argument(
        "--speed", type=speed, default=1.0, metavar="N",
        help="1 as recorded (the default), 2 twice as fast, 0.5 half as fast, or instant",
    )  # fmt: skip
    parser.add_argument(
        "--handlers",
        action="store_true",
        help="run the handlers of its workflow's steps on it, as its file has them",
    )
    parser.add_argument(
        "--handler", dest="names", action="append", default=[], metavar="NAME",
        help="run this handler on every step; may be repeated",
    )  # fmt: skip
    add_fault(parser, "the recorded streams")
    add_break(parser)
    add_json(parser)
    parser.add_argument("--debug", action="store_true", help="print raw frames to stderr")


def execute(given: Namespace) -> int:
    """Play it."""
    from pipeline_runtime.cli.breaking import Stops
    from pipeline_runtime.cli.replaying import ReplayCommand

    debug = given.debug or os.environ.get("PIPELINE_STREAM_DEBUG", "") not in ("", "0")
    command = ReplayCommand(
        given.run,
        speed=given.speed,
        own_handlers=given.handlers,
        handlers=given.names,
        as_json=given.as_json,
        debug=debug,
        stops=Stops.of(given.breaks, given.on_break),
        faults=given.faults,
    )
    return command.execute()
