"""The headless front end. stdout is data, stderr is notes; nothing heavy is imported before it is needed."""

from __future__ import annotations

import os
import sys

from pipeline_runtime import __version__
from pipeline_runtime.cli.exits import READER_GONE, USAGE
from pipeline_runtime.errors import PipelineError

COMMANDS = frozenset({"list", "validate", "run", "simulate"})


def main(arguments: list[str] | None = None) -> int:
    """Run one headless command and give its exit code. Never shows a traceback for a user's mistake."""
    given = sys.argv[1:] if arguments is None else arguments
    if given == ["--version"]:
        sys.stdout.write(f"pipeline-tui {__version__}\n")
        return 0
    from pipeline_runtime.cli.commands import invoke

    try:
        code = invoke(given)
        sys.stdout.flush()
    except PipelineError as error:
        cure = f" ({error.cure})" if error.cure and error.cure not in str(error) else ""
        sys.stderr.write(f"pipeline-tui: {error}{cure}\n")
        return USAGE
    except BrokenPipeError:
        # Python flushes stdout once more at exit: give it somewhere to flush to
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    return code


__all__ = ["COMMANDS", "main"]
