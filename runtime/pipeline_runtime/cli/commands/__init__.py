"""The commands: a module each, with `SAYS`, `add_arguments(parser)` and `execute(given)`.

A module imports nothing heavy before its `execute` is called: `--help` loads them all.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

COMMANDS = (
    "list",
    "validate",
    "run",
    "replay",
    "simulate",
    "tap",
    "capabilities",
    "handlers",
    "migrate",
    "runs",
    "diff",
    "doctor",
)
"""Their names, in the order of the help; each is the name of its module here."""


class Command(Protocol):
    """What a command's module has."""

    SAYS: str
    """What it does, for the help: a sentence without its capital and its full stop."""

    @staticmethod
    def add_arguments(parser: ArgumentParser, /) -> None:
        """Declare its options and arguments."""

    @staticmethod
    def execute(given: Namespace, /) -> int:
        """Run it and give the exit code."""
        ...


def load_command(name: str) -> Command:
    """The module of a command."""
    return cast("Command", import_module(f"{__name__}.{name}"))
