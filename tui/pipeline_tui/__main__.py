"""The `pipeline-tui` command: the UI on a terminal, or one of the headless commands."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from pipeline_tui.taps import TapOptions

USAGE = 2
OPEN = "open"
"""`open RUN#SEQ`: the UI, on a recorded run at a position."""
TAP = "tap"
IN_UI = "--ui"
"""`tap --ui`: the UI, on a tap that is started as the other options say."""
HEADLESS_OPTIONS = frozenset({"--help", "-h", "--version"})
"""Options that are answered without the UI."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Decide, without loading Textual, between a headless command and the UI.

    Returns:
        The exit code: 0 ok, 2 usage or no terminal, 1 a fault of the program; those of the headless commands.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if _is_headless(given):
        from pipeline_runtime import cli  # noqa: PLC0415 - only for these commands

        return cli.main(given)
    parsed = _parse(given)
    problem = parsed.problem or _problem_of(parsed)
    if problem is not None:
        sys.stderr.write(f"pipeline-tui: {problem}\n")
        return USAGE
    from pipeline_tui.terminal import NO_TERMINAL, refusal  # noqa: PLC0415 - after the cheap checks

    why_not = refusal(sys.stdin, sys.stdout, sys.stderr, os.environ)
    if why_not is not None:
        sys.stderr.write(f"{why_not}\n")
        return NO_TERMINAL
    return _run_ui(parsed)


def _is_headless(given: Sequence[str]) -> bool:
    if not given:
        return False
    if HEADLESS_OPTIONS.intersection(given):
        return True
    if given[0].startswith("-") or (given[0] == TAP and IN_UI in given):
        return False
    from pipeline_runtime.cli import COMMANDS  # noqa: PLC0415 - a word may be one

    return given[0] in COMMANDS


def _parse(given: Sequence[str]) -> Namespace:
    import argparse  # noqa: PLC0415 - only for the UI

    parser = argparse.ArgumentParser(prog="pipeline-tui", add_help=False, allow_abbrev=False)
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    parser.add_argument("--mode", choices=("mock", "live"))
    parser.add_argument("--debug", action="store_true")
    parser.add_argument("--theme")
    opened, tapped = given[:1] == [OPEN], given[:1] == [TAP]
    parsed = parser.parse_args([] if tapped else given[2:] if opened else given)
    parsed.position = given[1] if opened and len(given) > 1 else "" if opened else None
    parsed.tap, parsed.problem = _tap_options(given) if tapped else (None, None)
    return parsed


def _tap_options(given: Sequence[str]) -> tuple[TapOptions | None, str | None]:
    """How the tap shall be started, or what is wrong with that."""
    from pipeline_runtime.errors import PipelineError  # noqa: PLC0415 - only with a tap
    from pipeline_tui.tap_options import tap_options  # noqa: PLC0415
    from pipeline_tui.text.sanitise import sanitise_line  # noqa: PLC0415
    from pipeline_tui.views.error_text import error_text  # noqa: PLC0415

    try:
        return tap_options(given), None
    except PipelineError as error:
        return None, sanitise_line(error_text(error))


def _problem_of(parsed: Namespace) -> str | None:
    """What is wrong with the arguments, in one line."""
    if parsed.position is not None:
        return _problem_of_position(parsed.position)
    missing = next((path for path in parsed.paths if not path.expanduser().exists()), None)
    if missing is None:
        return None
    from difflib import get_close_matches  # noqa: PLC0415 - only for this message

    from pipeline_runtime.cli import COMMANDS  # noqa: PLC0415 - only for this message

    near = get_close_matches(str(missing), sorted(COMMANDS), n=1)
    hint = f"did you mean the command {near[0]}?" if near else "name a folder or a workflow file, or nothing"
    return f"there is no file or folder {str(missing)!r}: {hint} (see pipeline-tui --help)"


def _problem_of_position(text: str) -> str | None:
    from pipeline_runtime.errors import PipelineError  # noqa: PLC0415 - only with a position
    from pipeline_tui.positions import find_log  # noqa: PLC0415
    from pipeline_tui.views.error_text import error_text  # noqa: PLC0415

    try:
        find_log(text)
    except PipelineError as error:
        return error_text(error)
    return None


def _run_ui(parsed: Namespace) -> int:
    from pipeline_tui.launch import launch  # noqa: PLC0415 - Textual

    debug = parsed.debug or os.environ.get("PIPELINE_STREAM_DEBUG", "") not in {"", "0"}
    return launch(
        parsed.paths,
        mode=parsed.mode,
        debug=debug,
        theme=parsed.theme,
        position=parsed.position,
        tap=parsed.tap,
    )


if __name__ == "__main__":
    sys.exit(main())
