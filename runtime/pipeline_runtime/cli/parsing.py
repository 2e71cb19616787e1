"""From the words that the shell gives to a command's arguments; one-line errors that name the cure."""

from __future__ import annotations

import argparse
from difflib import get_close_matches
from typing import NoReturn

from pipeline_runtime.cli.commands import COMMANDS, load_command
from pipeline_runtime.errors import PipelineError

PROGRAM = "pipeline-tui"
DESCRIPTION = """\
A terminal workbench for LLM streams. Without a command it opens the UI on the workflows of PATH:
./workflows or this folder's workflows by default, else the bundled ones.
"""
UI_USAGE = """\
pipeline-tui [PATH ...] [--mode mock|live] [--debug] [--theme NAME]
       pipeline-tui COMMAND [ARGUMENT ...]"""
EPILOG = """\
COMMAND --help tells a command's options.

environment:
  ANTHROPIC_API_KEY, OPENAI_API_KEY,   go live; without them the built-in simulator answers
  GEMINI_API_KEY, ...
  TEST_MODE=mock|live                  what --mode says, for every run
  PIPELINE_STREAM_DEBUG=1              raw frames: the debug panel, or stderr without the UI
  PIPELINE_STATE_DIR                   where run logs are kept

exit codes:
  0 ok   1 the run failed, or a check found something   2 usage or invalid workflow   130 Ctrl-C   143 SIGTERM
  141 the reader of our output went away
"""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Leaves room for the longest command, whose indent argparse forgets to count."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog)
        self._action_max_length = len("capabilities") + 4


class Parser(argparse.ArgumentParser):
    """Argparse with one-line errors that name the cure."""

    def __init__(self, **options: object) -> None:
        super().__init__(allow_abbrev=False, formatter_class=_Formatter, **options)  # type: ignore[arg-type]
        self.color = False  # Python 3.14 would colour the help

    def error(self, message: str) -> NoReturn:
        """Tell a usage error.

        Raises:
            PipelineError: Always.
        """
        raise PipelineError(message, cure=f"see {self.prog} --help")

    def unknown(self, word: str) -> NoReturn:
        """Tell that an option or argument is not known here, with the nearest right spelling.

        Raises:
            PipelineError: Always.
        """
        options = [option for action in self._actions for option in action.option_strings]
        near = get_close_matches(word.partition("=")[0], options, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise PipelineError(f"{word} is not known here", cure=f"{hint}see {self.prog} --help")


def parse(arguments: list[str]) -> argparse.Namespace:
    """The arguments of a command; the first word is its name.

    Raises:
        PipelineError: They are not right.
        SystemExit: Help was asked for, and printed.
    """
    parser = _command_parser(arguments[0])
    given, unknown = parser.parse_known_args(arguments[1:])
    if unknown:
        parser.unknown(unknown[0])
    return given


def overall_help() -> str:
    """What the program does, its commands, variables and exit codes."""
    return _overall_parser().format_help()


def unknown_command(word: str) -> NoReturn:
    """Tell that there is no such command.

    Raises:
        PipelineError: Always.
    """
    near = get_close_matches(word, COMMANDS, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise PipelineError(f"there is no command {word}", cure=f"{hint}see {PROGRAM} --help")


def _command_parser(name: str) -> Parser:
    command = load_command(name)
    parser = Parser(prog=f"{PROGRAM} {name}", description=f"{command.SAYS[0].upper()}{command.SAYS[1:]}.")
    command.add_arguments(parser)
    return parser


def _overall_parser() -> Parser:
    parser = Parser(prog=PROGRAM, usage=UI_USAGE, description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    for name in COMMANDS:
        commands.add_parser(name, help=load_command(name).SAYS)
    return parser
