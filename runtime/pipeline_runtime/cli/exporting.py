"""`runs export`: recorded runs in other forms, to stdout, a file, or a folder."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from pipeline_runtime.cli.exits import OK
from pipeline_runtime.errors import InputError
from pipeline_runtime.library import Library, export_run, show_size
from pipeline_runtime.library.exporting import ENDINGS
from pipeline_runtime.runlog.reader import RunLog
from pipeline_runtime.sanitise import sanitise, sanitise_line

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable
    from pathlib import Path


def export(given: Namespace) -> int:
    """Write a run in another form, to a file or to stdout; several to a folder.

    Raises:
        InputError: There is no such run, step or attempt, or what comes would write to the terminal.
        RunLogError: A log cannot be read.
        OSError: A file cannot be written.
    """
    library = Library()
    paths = list(dict.fromkeys(map(library.find, given.runs)))
    if len(paths) == 1:
        _export(paths[0], given, given.output)
        return OK
    if given.output is None or not given.output.is_dir():
        raise InputError(f"{len(paths)} runs need a folder", cure="give one that is there: -o FOLDER")
    for path in paths:
        _export(path, given, given.output / f"{path.stem}.{ENDINGS[given.form]}")
    return OK


def _export(path: Path, given: Namespace, target: Path | None) -> None:
    if target is None and given.form == "raw" and sys.stdout.isatty():
        raise InputError("raw bytes would write to your terminal", cure="give -o FILE, or a pipe")
    log = RunLog(path)
    pieces = export_run(log, given.form, step=given.step, attempt=given.attempt)
    if target is None:
        size = _write_out(pieces, visible=sys.stdout.isatty())
    else:
        size = _write_file(pieces, target, path)
        _note(f"{target}: {show_size(size)}")
    if not size:
        _note("no bytes came")
    if log.torn:
        _note(f"the log is damaged, and exported up to there: {log.torn}")


def _write_out(pieces: Iterable[bytes], *, visible: bool) -> int:
    """Write to stdout; on a terminal nothing that it would obey."""
    size = 0
    for piece in pieces:
        size += len(piece)
        if visible:
            sys.stdout.write(sanitise(piece.decode()))
        else:
            sys.stdout.buffer.write(piece)
    return size


def _write_file(pieces: Iterable[bytes], target: Path, log: Path) -> int:
    """Write a file whole or not at all."""
    if target.exists() and target.samefile(log):
        raise InputError(f"{target} is the run log itself", cure="give another file")
    if target.is_dir():
        raise InputError(f"{target} is a folder", cure="give a file")
    if not target.parent.is_dir():
        raise InputError(f"there is no folder {target.parent}", cure="make it first")
    if target.exists() and not target.is_file():  # /dev/stdout, a pipe
        with target.open("wb") as out:
            return sum(map(out.write, pieces))
    half = target.with_name(f"{target.name}.part")
    try:
        with half.open("wb") as out:
            size = sum(map(out.write, pieces))
        half.replace(target)
    except BaseException:
        with suppress(OSError):
            half.unlink()
        raise
    return size


def _note(text: str) -> None:
    sys.stderr.write(sanitise_line(text) + "\n")
