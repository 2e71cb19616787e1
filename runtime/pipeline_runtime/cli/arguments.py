"""Arguments that several commands take."""

from __future__ import annotations

import argparse
import math

from pipeline_runtime.ports import HIGHEST_PORT, port_of


def add_json(parser: argparse.ArgumentParser) -> None:
    """Declare `--json`, as `as_json`."""
    parser.add_argument("--json", dest="as_json", action="store_true", help="print JSON, one object a line")


def port(text: str) -> int:
    """The type of an argument that is a TCP port.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    number = port_of(text)
    if number is None:
        raise argparse.ArgumentTypeError(f"{text[:20]} is no port: give 0 to {HIGHEST_PORT}")
    return number


def speed(text: str) -> float:
    """The type of an argument that says how much faster than recorded: `2`, `0.5`, `instant`.

    Raises:
        argparse.ArgumentTypeError: It is neither.
    """
    if text == "instant":
        return math.inf
    try:
        factor = float(text.removesuffix("x"))
    except ValueError:
        factor = 0.0
    if not 0 < factor < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no speed: give 1, 0.5, 10 or instant")
    return factor


def add_break(parser: argparse.ArgumentParser, *, ends: str = "the run") -> None:
    """Declare `--break`, as `breaks`, and `--on-break`; `ends` is what a stop ends."""
    parser.add_argument(
        "--break", dest="breaks", action="append", default=[], metavar="EXPR",
        help="stop at the first event that this is true of, and print the state as JSON on stdout, "
        "instead of the text; may be repeated (docs/expressions.md)",
    )  # fmt: skip
    parser.add_argument(
        "--on-break", choices=("end", "continue"), default="end",
        help=f"what follows a stop: end {ends} (the default), or go on to the next stop",
    )  # fmt: skip


def add_fault(parser: argparse.ArgumentParser, broken: str) -> None:
    """Declare `--fault`, as `faults`; `broken` is what the faults break."""
    parser.add_argument(
        "--fault", dest="faults", action="append", default=[], metavar="FAULT",
        help=f"break {broken} on purpose, e.g. disconnect@17, stall@30:3s; may be repeated (docs/faults.md)",
    )  # fmt: skip
