"""Workflow files to models: every problem with its file, line, column, key and cure; never a traceback."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.workflow.checks import check_outline
from pipeline_runtime.workflow.limits import MAX_BYTES
from pipeline_runtime.workflow.lines import TextLines
from pipeline_runtime.workflow.models import Workflow
from pipeline_runtime.workflow.origin.shape import is_origin
from pipeline_runtime.workflow.origin.translate import translate
from pipeline_runtime.workflow.outline import outline
from pipeline_runtime.workflow.problems import Report
from pipeline_runtime.workflow.spelling import nearest
from pipeline_runtime.workflow.wording import report_errors
from pipeline_runtime.workflow.yaml_reader import read_yaml

if TYPE_CHECKING:
    import os

    from pipeline_runtime.workflow.notices import Notice
    from pipeline_runtime.workflow.problems import Loc

SUFFIXES = (".yaml", ".yml")
EXAMPLE = "steps: [{id: draft, provider: claude, model: ..., prompt: ...}]"
_TEMPLATES = {"prompt", "system", "files", "output_to_file"}
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def load_workflow(path: str | os.PathLike[str]) -> Workflow:
    """The workflow of a file.

    Raises:
        WorkflowError: the first problem of the file; `check_workflow` gives all.
    """
    workflow, problems = examine_file(Path(path))
    if workflow is None:
        raise problems[0]
    return workflow


def check_workflow(path: str | os.PathLike[str]) -> list[WorkflowError]:
    """All problems of a file, by line; empty when it is right."""
    return examine_file(Path(path))[1]


def load_workflow_text(text: str, name: str = "") -> Workflow:
    """The workflow of a YAML text that stands in no file.

    Args:
        text: The YAML.
        name: What to call the workflow if it does not name itself, and the text in errors.

    Raises:
        WorkflowError: the first problem of the text.
    """
    workflow, problems = examine_text(text, name or None)
    if workflow is None:
        raise problems[0]
    return workflow if workflow.name or not name else workflow.model_copy(update={"name": name})


def check_model(workflow: Workflow) -> list[WorkflowError]:
    """What is wrong across a workflow that was made in code: ids, needs, cycles, providers, templates.

    A workflow that was loaded has passed this already.
    """
    report = Report(str(workflow.path) if workflow.path else None)
    check_outline(outline(workflow.model_dump(mode="json")), report)
    return report.sorted()


def examine_file(path: Path) -> tuple[Workflow | None, list[WorkflowError]]:
    """The workflow of a file if it is right, and its problems if not."""
    try:
        text = read_text(path)
    except WorkflowError as error:
        return None, [error]
    workflow, problems = examine_text(text, str(path))
    return (workflow.at(path) if workflow else None), problems


def examine_text(text: str, source: str | None) -> tuple[Workflow | None, list[WorkflowError]]:
    """The workflow of a YAML text if it is right, and its problems if not. Never raises."""
    report = Report(source)
    try:
        data = read_yaml(text, report)
    except WorkflowError as error:
        return None, sorted([*report.sorted(), error], key=lambda problem: problem.line or 0)
    if data is None:
        report.add("the file is empty", cure=f"a workflow begins with {EXAMPLE}")
    elif not isinstance(data, dict):
        shape = "a list" if isinstance(data, list) else "a single value"
        report.add(f"a workflow is a mapping, and this is {shape}", cure=f"such as {EXAMPLE}")
    else:
        workflow = _examined(data, report)
        if workflow is not None and not report:
            return workflow, []
    return None, report.sorted()


def _examined(data: dict[str, Any], report: Report) -> Workflow | None:
    lines: dict[Loc, TextLines] = {}
    notices: tuple[Notice, ...] = ()
    if is_origin(data):
        translated = translate(data, report)
        data, lines, notices = translated.data, translated.lines, translated.notices
    check_outline(outline(data), report)
    workflow = _validated(data, report)
    return workflow.read_from({**_lines_of(report), **lines}, notices) if workflow else None


def _lines_of(report: Report) -> dict[Loc, TextLines]:
    """Where the templates of a file stand: for errors that only show when they are rendered."""
    return {loc: TextLines.of(place) for loc, place in report.places.items() if _TEMPLATES & {*loc[-2:]}}


def _validated(data: dict[str, object], report: Report) -> Workflow | None:
    try:
        return Workflow.model_validate(data)
    except ValidationError as error:
        report_errors(error.errors(include_url=False), report)
        return None


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        WorkflowError: it is missing, a folder, unreadable, too large, or not UTF-8.
    """
    try:
        return _decoded(_read_bytes(path), path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise WorkflowError(
            f"the file cannot be read: {reason}", path=str(path), cure=_cure(error, path)
        ) from None


def _read_bytes(path: Path) -> bytes:
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise WorkflowError("this is a folder, not a workflow file", path=str(path), cure="name a file in it")
    if not stat.S_ISREG(found.st_mode):
        raise WorkflowError("this is no regular file", path=str(path), cure="name a YAML file")
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        limit = MAX_BYTES // (1024 * 1024)
        message = f"the file is larger than {limit} MB: no workflow is"
        raise WorkflowError(message, path=str(path), cure="is it the right file? long texts belong in inputs")
    return data


def _decoded(data: bytes, path: Path) -> str:
    if data.startswith(_WIDE_MARKS):
        raise WorkflowError("the file is UTF-16", path=str(path), line=1, column=1, cure="save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
        line_start = data.rfind(b"\n", 0, at) + 1
        raise WorkflowError(
            f"byte {at} (0x{data[at]:02x}) is not UTF-8",
            path=str(path),
            line=data.count(b"\n", 0, at) + 1,
            column=len(data[line_start:at].decode("utf-8", "replace")) + 1,
            cure="save the file as UTF-8",
        ) from None


def _cure(error: Exception, path: Path) -> str:
    if isinstance(error, PermissionError):
        return "make it readable: chmod u+r"
    if not isinstance(error, FileNotFoundError):
        return "name a YAML file"
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.suffix in SUFFIXES]
    except OSError:
        return f"there is no folder {path.parent}"
    near = nearest(path.name, names)
    return f"did you mean `{path.with_name(near)}`?" if near else "`pipeline-tui list` shows what there is"
