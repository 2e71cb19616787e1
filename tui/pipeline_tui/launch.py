"""Makes the app and runs it; what it leaves on the terminal is at most a few words."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_tui.app import Options, PipelineApp
from pipeline_tui.crash import EXIT_CODE, crash_message
from pipeline_tui.listing.places import default_place, place_of
from pipeline_tui.themes import nearest_theme, theme_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_tui.taps import TapOptions

USAGE = 2
SWITCH_INTERVAL = 0.0005
"""Seconds for which a thread may keep the interpreter: with Python's own 5 ms, a key that is pressed while a
thread reads files takes twice as long."""


def launch(
    paths: Sequence[Path],
    *,
    mode: str | None,
    debug: bool,
    theme: str | None,
    position: str | None = None,
    tap: TapOptions | None = None,
) -> int:
    """Run the UI on this terminal until the user leaves it.

    Args:
        paths: Folders and files to show; none: what the current folder has, else the bundled workflows.
        mode: `mock` or `live`; `None`: by the keys that are set.
        debug: Open runs with their debug panel.
        theme: A theme's full or short name.
        position: A `RUN#SEQ` to open at first.
        tap: Begin with the Tap screen, and start the tap so.

    Returns:
        The exit code.
    """
    if theme is not None and theme_named(theme) is None:
        sys.stderr.write(f"pipeline-tui: there is no theme {theme!r}: {nearest_theme(theme)}\n")
        return USAGE
    place = place_of(paths) if paths else default_place(Path.cwd())
    try:
        return run_app(PipelineApp(place, Options(mode, debug, theme, position, tap)))
    except Exception as error:  # noqa: BLE001 - the last net: no traceback with a user's data on the terminal
        sys.stderr.write(f"{crash_message(error, os.environ)}\n")
        return EXIT_CODE


def run_app(app: PipelineApp, *, headless: bool = False) -> int:
    """Run the app to its end; after a crash say a few words where the screen was. Gives the exit code."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    code = app.run(headless=headless)
    if app.last_words:
        sys.stderr.write(f"{app.last_words}\n")
        return EXIT_CODE
    return code if code is not None else app.return_code or 0
