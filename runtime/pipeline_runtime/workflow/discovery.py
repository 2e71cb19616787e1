"""Finds workflow files, and notices which have changed. Nothing here raises; only parsing is costly."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_runtime.workflow.limits import MAX_BYTES
from pipeline_runtime.workflow.spelling import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline_runtime.errors import WorkflowError
    from pipeline_runtime.workflow.models import Workflow

MAX_DEPTH = 4
SUFFIXES = (".yaml", ".yml")
SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
_PACKAGED = "_workflows"
_SEEMING = re.compile(
    rb"^ {0,2}[\"']?(?P<key>name|description)[\"']?[ \t]*:[ \t]*(?P<text>[^|>\s][^\n\r#]*)", re.MULTILINE
)
"""A name or a description on one line, at the root or below `workflow:`."""
_ROOT_KEY = re.compile(rb"^[\"']?(\w+)[\"']?[ \t]*:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FoundWorkflow:
    """A workflow file, right or not."""

    path: Path
    workflow: Workflow | None
    problems: tuple[WorkflowError, ...]
    mtime_ns: int
    size: int

    @property
    def is_legacy(self) -> bool:
        """Whether a cure of what is told of it is to migrate it."""
        notices = () if self.workflow is None else self.workflow.notices
        cures = [*(problem.cure for problem in self.problems), *(notice.cure for notice in notices)]
        return any("pipeline-tui migrate" in cure for cure in cures)


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A workflow file before it is read in earnest."""

    path: Path
    name: str
    """What the file seems to call itself; else the file's name."""
    description: str
    """What it seems to say of itself, if that is one line."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    path: Path
    named: bool
    """The user named this very file; it was not found in a folder."""
    mtime_ns: int
    size: int


def discover_workflows(paths: Sequence[Path]) -> list[FoundWorkflow]:
    """The workflows of folders and files, right or not, in the order of `paths`, sorted within a folder.

    A folder is searched `MAX_DEPTH` deep, without hidden and installed ones; a YAML file in it that has no
    `steps` is no workflow and left out. A file that is named is always there.
    """
    return rediscover((), paths)


def rediscover(previous: Sequence[FoundWorkflow], paths: Sequence[Path]) -> list[FoundWorkflow]:
    """`discover_workflows` again: what has kept its size and its time is taken over from `previous`."""
    known = {found.path: found for found in previous}
    result: list[FoundWorkflow] = []
    for candidate in _candidates(paths):
        old = known.get(candidate.path)
        if old is not None and (old.mtime_ns, old.size) == (candidate.mtime_ns, candidate.size):
            result.append(old)
        elif candidate.named or _may_be_workflow(candidate.path):
            result.append(_examined(candidate))
    return result


def glimpse_workflows(paths: Sequence[Path]) -> list[Glimpse]:
    """What `discover_workflows` will find, without parsing: for a list that is there at once."""
    return [
        _glimpse(candidate.path)
        for candidate in _candidates(paths)
        if candidate.named or _may_be_workflow(candidate.path)
    ]


def stamp(paths: Sequence[Path]) -> dict[Path, tuple[int, int]]:
    """Time (ns) and size of every YAML file of `paths`, workflow or not: unequal stamps mean a change."""
    return {found.path: (found.mtime_ns, found.size) for found in _candidates(paths)}


def bundled_workflows_dir() -> Path:
    """The folder of the workflows that come with the program: the package's own, else the checkout's."""
    packaged = Path(str(files("pipeline_runtime") / _PACKAGED))
    if packaged.is_dir():
        return packaged
    return Path(__file__).resolve().parents[3] / "workflows"


def _examined(candidate: _Candidate) -> FoundWorkflow:
    from pipeline_runtime.workflow.loader import examine_file  # noqa: PLC0415 (loads pydantic and ruamel.yaml)

    workflow, problems = examine_file(candidate.path)
    return FoundWorkflow(candidate.path, workflow, tuple(problems), candidate.mtime_ns, candidate.size)


def _candidates(paths: Sequence[Path]) -> Iterator[_Candidate]:
    seen: set[Path] = set()
    for path in paths:
        is_folder = _is_folder(path)
        for file in _yaml_files(path, 0) if is_folder else (path,):
            if file not in seen:
                seen.add(file)
                yield _stamped(file, named=not is_folder)


def _stamped(path: Path, *, named: bool) -> _Candidate:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return _Candidate(path, named, 0, -1)
    return _Candidate(path, named, found.st_mtime_ns, found.st_size)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _yaml_files(folder: Path, depth: int) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    folders: list[str] = []
    for entry in ordered:
        if entry.name.startswith(".") or entry.name in SKIPPED_FOLDERS:
            continue
        if _is_real_folder(entry):
            folders.append(entry.name)
        elif entry.name.endswith(SUFFIXES) and _is_file(entry):
            yield folder / entry.name
    if depth < MAX_DEPTH:
        for name in folders:
            yield from _yaml_files(folder / name, depth + 1)


def _is_real_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def _may_be_workflow(path: Path) -> bool:
    """Whether a file found in a folder has `steps` or nearly so: known without parsing it.

    A file that cannot be read may be one: its problem is shown.
    """
    data = _head(path)
    if data is None:
        return True
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.replace(b"\0", b"")[2:]
    if data.lstrip().startswith(b"{"):
        return b"steps" in data
    keys = {key.decode("utf-8", "replace") for key in _ROOT_KEY.findall(data)}
    if "workflow" in keys and b"steps" in data:
        return True
    return "steps" in keys or nearest("steps", keys) is not None


def _glimpse(path: Path) -> Glimpse:
    seeming: dict[bytes, str] = {}
    for key, text in _SEEMING.findall(_head(path) or b""):
        seeming.setdefault(key, text.decode("utf-8", "replace").strip().strip("\"'"))
    return Glimpse(path, seeming.get(b"name") or path.stem, seeming.get(b"description", ""))


def _head(path: Path) -> bytes | None:
    """As much of a file as may be a workflow; `None` for one that cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES)
    except OSError:
        return None
