"""The headless front end. stdout is data, stderr is notes; nothing heavy is imported before it is needed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

from pipeline_runtime import __version__
from pipeline_runtime.cli.commands import COMMANDS, load_command
from pipeline_runtime.cli.exits import FAILED, INTERRUPTED, OK, READER_GONE, USAGE
from pipeline_runtime.errors import PipelineError

if TYPE_CHECKING:
    from argparse import Namespace


def main(arguments: list[str] | None = None) -> int:
    """Run one headless command and give its exit code. Never shows a traceback for a user's mistake.

    Args:
        arguments: The words after the program's name; those of the process when not given.
    """
    _mend_outputs()
    given = sys.argv[1:] if arguments is None else arguments
    try:
        code = _answer(given)
        sys.stdout.flush()
    except PipelineError as error:
        from pipeline_runtime.sanitise import sanitise_line

        cure = f" ({error.cure})" if error.cure and error.cure not in str(error) else ""
        return _say(sanitise_line(f"{error}{cure}"), USAGE)
    except BrokenPipeError:
        _discard_outputs()
        return READER_GONE
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED)
    except OSError as error:
        _discard_outputs()
        place = f"{error.filename}: " if error.filename else ""
        return _say(f"{place}{error.strerror or error}", FAILED)
    return code


def parse(given: list[str]) -> Namespace:
    """The arguments of a command, whose name comes first.

    Raises:
        PipelineError: They are not right.
        SystemExit: Help was asked for, and printed.
    """
    from pipeline_runtime.cli import parsing

    return parsing.parse(given)


def _answer(given: list[str]) -> int:
    name = given[0] if given else ""
    if name not in COMMANDS and "--version" in given:
        sys.stdout.write(f"pipeline-tui {__version__}\n")
        return OK
    if name not in COMMANDS:
        return _help_or_mistake(given)
    try:
        arguments = parse(given)
    except SystemExit:  # the command's --help, printed
        return OK
    return load_command(name).execute(arguments)


def _help_or_mistake(given: list[str]) -> int:
    from pipeline_runtime.cli import parsing

    if not given:
        sys.stderr.write(parsing.overall_help())
        return USAGE
    if {"-h", "--help"}.isdisjoint(given):
        parsing.unknown_command(given[0])
    sys.stdout.write(parsing.overall_help())
    return OK


def _say(text: str, code: int) -> int:
    sys.stderr.write(f"pipeline-tui: {text}\n")
    return code


def _mend_outputs() -> None:
    """Give a closed output somewhere to go, and let no character fail for the terminal's encoding."""
    if sys.stdout is None:
        sys.stdout = _nowhere()
    if sys.stderr is None:
        sys.stderr = _nowhere()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - open until the process ends


def _discard_outputs() -> None:
    """Python flushes what is left at exit, and would fail again: let it flush into nothing."""
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(null, stream.fileno())
    os.close(null)


__all__ = ["COMMANDS", "main", "parse"]
