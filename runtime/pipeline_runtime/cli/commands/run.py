"""`pipeline-tui run`."""

from __future__ import annotations

import os
from argparse import BooleanOptionalAction
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_runtime.cli.arguments import add_break, add_fault, add_json, speed

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SAYS = "run a workflow: its text on stdout as it streams, notes on stderr"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare them."""
    parser.add_argument(
        "workflow", type=Path, metavar="WORKFLOW", help="a workflow file, or the name of a bundled one"
    )
    parser.add_argument(
        "-i", "--input", dest="inputs", action="append", default=[], metavar="NAME=VALUE",
        help="give an input; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--mode", metavar="mock|live|replay",
        help="the built-in simulator, the real providers, or a cassette",
    )  # fmt: skip
    parser.add_argument(
        "--cassette", metavar="FILE",
        help="answer from a recorded run: its log, its id, or last; a request that differs fails",
    )  # fmt: skip
    parser.add_argument(
        "--record", choices=("missing",), metavar="missing",
        help="what the cassette does not have goes to the real provider, and is recorded into it",
    )  # fmt: skip
    parser.add_argument(
        "--speed", type=speed, metavar="N",
        help="how fast the cassette plays: 1 as recorded (the default), 2, 0.5, or instant",
    )  # fmt: skip
    parser.add_argument(
        "--stream", action=BooleanOptionalAction, default=None, help="override every step's `stream`"
    )
    add_fault(parser, "the streams")
    add_break(parser)
    add_json(parser)
    parser.add_argument("--debug", action="store_true", help="print raw frames to stderr")


def execute(given: Namespace) -> int:
    """Run."""
    from pipeline_runtime.cli.breaking import Stops
    from pipeline_runtime.cli.running import RunCommand
    from pipeline_runtime.cli.taping import Tape

    debug = given.debug or os.environ.get("PIPELINE_STREAM_DEBUG", "") not in ("", "0")
    command = RunCommand(
        given.workflow,
        given.inputs,
        mode=given.mode,
        stream=given.stream,
        as_json=given.as_json,
        debug=debug,
        tape=Tape.of(given.mode, given.cassette, record=given.record, speed=given.speed),
        stops=Stops.of(given.breaks, given.on_break),
        faults=given.faults,
    )
    return command.execute()
