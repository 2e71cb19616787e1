"""Writes recorded runs to files, and says why when that cannot be."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline_runtime import RunLog
from pipeline_runtime.errors import PipelineError
from pipeline_runtime.library.exporting import export_run
from pipeline_runtime.paths import state_dir
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.error_text import error_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.app import App

    from pipeline_tui.screens.export_menu import Export

Done = TypeVar("Done")
_NO_NAME = re.compile(r"[^\w.-]+")


async def tried(app: App[Any], act: Callable[[], Done]) -> Done | None:
    """Do it in a thread; when it cannot be done, say why, and give `None`."""
    try:
        return await asyncio.to_thread(act)
    except PipelineError as error:
        app.notify(sanitise_line(error_text(error)), severity="warning", markup=False)
    except OSError as error:
        app.notify(sanitise_line(f"{error.filename}: {error.strerror}"), severity="error", markup=False)
    return None


def write_export(log: Path, export: Export) -> Path:
    """Write a file that only the user can read; gives its place. Blocks.

    Raises:
        PipelineError: The run does not have what shall be written.
        OSError: The file cannot be written.
    """
    folder = state_dir() / "saved"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / _NO_NAME.sub("_", f"{log.stem}.{export.ending}")
    path.touch(mode=0o600)
    try:
        with path.open("wb") as file:
            file.writelines(export_run(RunLog(log), export.form, step=export.step))
    except (PipelineError, OSError):
        path.unlink()
        raise
    return path
