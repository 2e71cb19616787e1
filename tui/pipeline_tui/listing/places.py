"""Which folder or files the Workflows screen shows, and how it is called on the screen."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_runtime.workflow import bundled_workflows_dir

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SUFFIXES = frozenset({".yaml", ".yml"})
STEPS = re.compile(rb"^steps\s*:", re.MULTILINE)
PEEK = 65_536
"""Bytes of a YAML file that are looked at to tell a workflow from any other YAML."""
MOST_PEEKED = 500
"""Files that are looked at: a folder with more YAML than that is taken as it is."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is shown."""

    paths: tuple[Path, ...]
    label: str
    """Its name on the screen: `./workflows`, `~/flows`, `bundled workflows`."""
    bundled: bool = False


def bundled_place() -> Place:
    """The workflows that come with the program."""
    return Place((bundled_workflows_dir(),), "bundled workflows", bundled=True)


def place_of(paths: Sequence[Path]) -> Place:
    """The place that a user named; relative paths are taken from the current folder."""
    absolute = tuple(Path(os.path.abspath(path.expanduser())) for path in paths)  # noqa: PTH100 - keeps symlinks
    if absolute == bundled_place().paths:
        return bundled_place()
    first = short_path(absolute[0])
    return Place(absolute, first if len(absolute) == 1 else f"{first} and {len(absolute) - 1} more")


def default_place(folder: Path) -> Place:
    """Where nothing was named: `workflows/` here, else the workflows right here, else the bundled ones."""
    own = folder / "workflows"
    if any(_looks_like_a_workflow(path) for path in _yaml_files(own)):
        return Place((own,), "./workflows", bundled=own == bundled_workflows_dir())
    if any(_looks_like_a_workflow(path) for path in _yaml_files(folder)):
        return Place((folder,), short_path(folder, here=False))
    return bundled_place()


def short_path(path: Path, *, here: bool = True) -> str:
    """`path` as a person would write it: below here (unless `here` is false), or below home."""
    bases = [(Path.cwd(), "."), (Path.home(), "~")]
    for base, prefix in bases if here else bases[1:]:
        if path.is_relative_to(base):
            rest = path.relative_to(base).as_posix()
            return prefix if rest == "." else f"{prefix}/{rest}"
    return str(path)


def _yaml_files(folder: Path) -> Iterator[Path]:
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - cheaper than a Path a name
    except OSError:
        return
    found = 0
    for name in names:
        if os.path.splitext(name)[1] in SUFFIXES and not name.startswith("."):  # noqa: PTH122 - as above
            yield folder / name
            found += 1
            if found == MOST_PEEKED:
                return


def _looks_like_a_workflow(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return STEPS.search(file.read(PEEK)) is not None
    except OSError:
        return False
