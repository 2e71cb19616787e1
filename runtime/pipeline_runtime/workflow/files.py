"""The files that a step reads into its prompt, and the one that it writes its answer to."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.workflow.templates import MAX_OUTPUT, render_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_runtime.workflow.models import Step, Workflow

TIMESTAMP = "%Y%m%d_%H%M%S"


def read_files(step: Step, workflow: Workflow, inputs: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a step's `files`, by name.

    A relative path is looked for in the working directory, then beside the workflow's file.

    Raises:
        WorkflowError: a file is missing, not readable, too large or not UTF-8.
    """
    texts: dict[str, str] = {}
    for name, template in step.files.items():
        where = workflow.where(step, "files", name)
        given = render_path(template, inputs=inputs, where=where, timestamp=_now())
        try:
            texts[name] = _read(_find(given, workflow))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise where.failure(
                f"the file `{given}` cannot be read: {reason}",
                "a path is relative to the working directory, or to the workflow's file",
            ) from None
    return texts


def output_path(step: Step, workflow: Workflow, inputs: Mapping[str, Any]) -> Path | None:
    """Where a step's answer is to be written; `None`: nowhere.

    Raises:
        WorkflowError: the path leaves the workflow's `output_dir`.
    """
    if step.output_to_file is None:
        return None
    where = workflow.where(step, "output_to_file")
    given = render_path(step.output_to_file, inputs=inputs, where=where, timestamp=_now())
    folder = Path(workflow.output_dir)
    try:
        path = folder / given
        _check_inside(path, folder)
    except (OSError, ValueError) as error:
        message = f"`{given}` is no path below `{workflow.output_dir}`: {error}"
        raise where.failure(message, "answers are written below `output_dir` and nowhere else") from None
    return path


def write_output(path: Path, folder: Path, text: str) -> None:
    """Write an answer as one: whoever reads the file meanwhile sees the old text or the new one.

    Args:
        path: The file; its folders are made.
        folder: The folder that it must stay in, links followed.
        text: What to write.

    Raises:
        WorkflowError: the path leaves the folder, or cannot be written.
    """
    try:
        _check_inside(path, folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        _check_inside(path, folder)
        _replace(path, text.encode("utf-8", "replace"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise WorkflowError(
            f"the answer cannot be written to {path}: {reason}",
            cure="make room for it there, or name another file in `output_to_file`",
        ) from None


def _now() -> str:
    return datetime.now().astimezone().strftime(TIMESTAMP)


def _replace(path: Path, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644)
        Path(temporary).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def _check_inside(path: Path, folder: Path) -> None:
    """Refuse what would be written outside of `folder`.

    Raises:
        ValueError: it would be, or it names no file.
    """
    if any(character < " " for character in str(path)):
        raise ValueError("it holds a control character")
    root, parent = folder.resolve(), path.parent.resolve()
    if ".." in path.parts or not parent.is_relative_to(root):
        raise ValueError("it leads out of it")
    if path == folder or path.is_dir():
        raise ValueError("it is a folder")


def _find(given: str, workflow: Workflow) -> Path:
    path = Path(given)
    if path.is_absolute() or path.exists() or workflow.path is None:
        return path
    beside = workflow.path.parent / path
    return beside if beside.exists() else path


def _read(path: Path) -> str:
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("it is no regular file")
    with path.open("rb") as file:
        data = file.read(MAX_OUTPUT * 4 + 1)
    if len(data) > MAX_OUTPUT * 4:
        raise ValueError(f"it is larger than {MAX_OUTPUT * 4:,} bytes, and no prompt may be")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is not UTF-8") from None
