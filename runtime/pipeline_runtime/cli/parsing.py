"""The commands and their options, as the shell gives them."""

from __future__ import annotations

import argparse
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn, TypeAlias

from pipeline_runtime.errors import PipelineError

HIGHEST_PORT = 65_535
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
  0 ok   1 the run failed   2 usage or invalid workflow   130 Ctrl-C   143 SIGTERM
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


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"  # noqa: SLF001 - argparse gives it no other name


def parse(arguments: list[str]) -> argparse.Namespace:
    """The arguments of a command, with its name as `command`.

    Raises:
        PipelineError: They are not right.
        SystemExit: Help was asked for, and printed.
    """
    parser, commands = _build()
    parsed, unknown = parser.parse_known_args(arguments)
    if unknown:
        commands.choices[parsed.command].unknown(unknown[0])
    return parsed


def overall_help() -> str:
    """What the program does, its commands, variables and exit codes."""
    return _build()[0].format_help()


def _build() -> tuple[Parser, Commands]:
    parser = Parser(prog=PROGRAM, usage=UI_USAGE, description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", required=True)
    _add_list(commands)
    _add_validate(commands)
    _add_run(commands)
    _add_simulate(commands)
    _add_capabilities(commands)
    return parser, commands


def _add(commands: Commands, name: str, says: str) -> Parser:
    sentence = f"{says[0].upper()}{says[1:]}."
    return commands.add_parser(name, prog=f"{PROGRAM} {name}", help=says, description=sentence)


def _add_list(commands: Commands) -> None:
    command = _add(commands, "list", "list the workflows that are there, valid or not")
    command.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="files or folders; the bundled ones by default"
    )
    _add_json(command)


def _add_validate(commands: Commands) -> None:
    command = _add(
        commands, "validate", "check workflow files: every problem with its file, line, column and cure"
    )
    command.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files or folders")
    _add_json(command)


def _add_run(commands: Commands) -> None:
    command = _add(commands, "run", "run a workflow: its text on stdout as it streams, notes on stderr")
    command.add_argument(
        "workflow", type=Path, metavar="WORKFLOW", help="a workflow file, or the name of a bundled one"
    )
    command.add_argument(
        "-i", "--input", dest="inputs", action="append", default=[], metavar="NAME=VALUE",
        help="give an input; may be repeated",
    )  # fmt: skip
    command.add_argument("--mode", metavar="mock|live", help="the built-in simulator, or the real providers")
    command.add_argument(
        "--stream", action=argparse.BooleanOptionalAction, default=None, help="override every step's `stream`"
    )
    _add_json(command)
    command.add_argument("--debug", action="store_true", help="print raw frames to stderr")


def _add_simulate(commands: Commands) -> None:
    command = _add(commands, "simulate", "run the simulator on loopback for any client, until Ctrl-C")
    command.add_argument("--port", type=_port, default=0, help="0, the default, for a free one")
    command.add_argument(
        "--scenarios", action="append", default=[], type=Path, metavar="FOLDER",
        help="scenario files beside the bundled ones; may be repeated",
    )  # fmt: skip


def _add_capabilities(commands: Commands) -> None:
    command = _add(commands, "capabilities", "what was learned of endpoints that cannot stream")
    command.add_argument(
        "action", nargs="?", choices=("list", "explain", "forget", "known"), default="list",
        help="list (the default); explain one; forget some; known: the hints that come with the program",
    )  # fmt: skip
    command.add_argument("names", nargs="*", metavar="NAME", help="a lesson's name, or a model's")
    command.add_argument("--all", dest="every", action="store_true", help="forget: all of them")
    _add_json(command)


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", dest="as_json", action="store_true", help="print JSON, one object a line")


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{port} is no port: give 0 to {HIGHEST_PORT}")
    return port


_port.__name__ = "port"  # argparse names it in "invalid port value"
