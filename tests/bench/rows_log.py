"""Rows of the run log."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench.rows import Figures, Goal, Measure, Row, Scale

if TYPE_CHECKING:
    from bench.lab import Lab

MB = 1_000_000


def _ask(lab: Lab, action: str, place: Path, amount: int) -> Figures:
    told = lab.run_python(Path(sys.executable), "-m", "bench.loglab", action, str(place), str(amount))
    return json.loads(told.stdout)


def _write(lab: Lab, scale: Scale, name: str) -> Figures:
    del name
    with tempfile.TemporaryDirectory(dir=lab.folder) as folder:
        return _ask(lab, "write", Path(folder), scale.chunks)


def _open(lab: Lab, scale: Scale, name: str) -> Figures:
    del name
    path = lab.folder / f"large-{scale.log_mb}.jsonl"
    if not path.exists():
        _ask(lab, "make", path, scale.log_mb * MB)
    return _ask(lab, "open", path, 0)


ROWS = (
    Row(
        "log-write",
        "Run log: writing a chunk of one delta",
        (Measure("cpu", "CPU per chunk", "µs"),),
        _write,
        goals=(Goal("cpu", 1.5),),
        floor="encoding 350 bytes of JSON (0.4 µs) and copying them to the system",
    ),
    Row(
        "log-open",
        "Run log: opening 100 MB",
        (
            Measure("first", "to its first screen", "s"),
            Measure("again", "opened again, to its middle", "s"),
            Measure("raw", "the raw bytes of a frame there", "s"),
            Measure("whole", "all of it indexed, in the background", "s"),
            Measure("rss", "peak memory", "MB"),
        ),
        _open,
        goals=(Goal("first", 0.5), Goal("again", 0.5), Goal("raw", 0.5)),
        floor="reading the first and the last block of the file; an index of 100 MB reads it once (0.05 s)",
    ),
)
