"""From parsed arguments to the command that they name; each command loads only what it needs."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from pipeline_runtime.cli.exits import OK, USAGE
from pipeline_runtime.cli.parsing import overall_help, parse
from pipeline_runtime.errors import PipelineError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable


def execute(arguments: list[str]) -> int:
    """Parse and run, and give the exit code.

    Raises:
        PipelineError: A user's mistake.
        KeyboardInterrupt: Ctrl-C outside of a run.
    """
    if not arguments:
        sys.stderr.write(overall_help())
        return USAGE
    if arguments[0] not in COMMANDS and not {"-h", "--help"}.isdisjoint(arguments):
        sys.stdout.write(overall_help())
        return OK
    try:
        parsed = parse(arguments)
    except SystemExit:  # a command's --help, printed
        return OK
    return COMMANDS[parsed.command](parsed)


def _list(given: Namespace) -> int:
    from pipeline_runtime.cli.listing import list_workflows

    return list_workflows(given.paths, as_json=given.as_json)


def _validate(given: Namespace) -> int:
    from pipeline_runtime.cli.listing import validate_workflows

    return validate_workflows(given.paths, as_json=given.as_json)


def _run(given: Namespace) -> int:
    from pipeline_runtime.cli.running import RunCommand

    debug = given.debug or os.environ.get("PIPELINE_STREAM_DEBUG", "") not in ("", "0")
    command = RunCommand(
        given.workflow, given.inputs, mode=given.mode, stream=given.stream, as_json=given.as_json, debug=debug
    )
    return command.execute()


def _simulate(given: Namespace) -> int:
    from pipeline_runtime.simulator import serve

    serve(given.port, given.scenarios)
    return OK


def _capabilities(given: Namespace) -> int:
    from pipeline_runtime.cli import remembering

    if given.action == "explain":
        if len(given.names) != 1:
            raise PipelineError("explain takes the name of one lesson", cure="see pipeline-tui capabilities")
        return remembering.explain_lesson(given.names[0])
    if given.action == "forget":
        return remembering.forget_lessons(given.names, every=given.every)
    if given.action == "known":
        return remembering.list_known()
    return remembering.list_lessons(as_json=given.as_json)


COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "list": _list,
    "validate": _validate,
    "run": _run,
    "simulate": _simulate,
    "capabilities": _capabilities,
}
