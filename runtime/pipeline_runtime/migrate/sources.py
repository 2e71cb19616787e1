"""Which files a migration looks at, and which module looks at which kind of file."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from pipeline_runtime.errors import PipelineError
from pipeline_runtime.workflow.discovery import SKIPPED_FOLDERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline_runtime.migrate.findings import Migrated

CODE = {".py": "code_python", ".ex": "code_elixir", ".exs": "code_elixir"}
MIGRATORS = {".yaml": "yaml_text", ".yml": "yaml_text", **CODE}
"""A file's ending, and the module of this package that migrates such files."""
_SKIPPED = SKIPPED_FOLDERS | {"_build", "deps"}
"""What is installed: not the user's to migrate."""


class Migrator(Protocol):
    """What the module of a kind of file has."""

    @staticmethod
    def may_be_legacy(text: str, /) -> bool:
        """Whether it is worth a closer look: cheap, and never wrongly no."""
        ...

    @staticmethod
    def migrate(text: str, path: str, /) -> Migrated:
        """What becomes of a text.

        Raises:
            WorkflowError: it cannot be read, with its line.
        """
        ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file to look at."""

    path: Path
    """As it was named or found; a symbolic link stays one."""
    named: bool
    """The user named this very file."""
    outside: bool = False
    """It is a link in a folder, and leads out of it."""


def migrator_for(path: Path) -> Migrator | None:
    """The module for a file's ending; `None` if there is none."""
    name = MIGRATORS.get(path.suffix.lower())
    return cast("Migrator", import_module(f"{__package__}.{name}")) if name else None


def is_code(path: Path) -> bool:
    """Whether a file is source code, by its ending."""
    return path.suffix.lower() in CODE


def find_candidates(paths: Sequence[str | os.PathLike[str]]) -> list[Candidate]:
    """The files of folders, files and glob patterns, each real file once, sorted within a folder.

    A folder is searched to its bottom, without hidden and installed ones; links to folders are not followed.

    Raises:
        PipelineError: a path names nothing.
    """
    found: list[Candidate] = []
    seen: set[str] = set()
    for given in paths:
        pattern = os.fspath(given)
        for path in _expanded(pattern):
            inside = path.is_dir()
            for file in _files(path) if inside else (path,):
                real = os.path.realpath(file)
                if real not in seen:
                    seen.add(real)
                    outside = inside and not real.startswith(os.path.realpath(path) + os.sep)
                    found.append(Candidate(file, named=os.fspath(file) == pattern, outside=outside))
    return found


def _expanded(given: str) -> list[Path]:
    path = Path(given)
    if os.path.lexists(path):
        return [path]
    matches = _matches(given) if glob.has_magic(given) else []
    if not matches:
        what = "no file matches this" if glob.has_magic(given) else "no such file or folder"
        raise PipelineError(f"{given}: {what}", cure="check the path")
    return matches


def _matches(pattern: str) -> list[Path]:
    """What a pattern matches, but for what is installed, and for files of other kinds."""
    skipped = _SKIPPED - {*Path(pattern).parts}
    paths = [Path(match) for match in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207 - from any root
    return [
        path
        for path in paths
        if skipped.isdisjoint(path.parts) and (path.is_dir() or path.suffix.lower() in MIGRATORS)
    ]


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _SKIPPED)
        for name in sorted(names):
            file = Path(root, name)
            if not name.startswith(".") and file.suffix.lower() in MIGRATORS and file.is_file():
                yield file
