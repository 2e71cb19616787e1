"""`runs`: the library of recorded runs, on the command line."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline_runtime.cli.exits import OK
from pipeline_runtime.cli.showing import details_as_json, run_as_json, run_table, told_details
from pipeline_runtime.errors import InputError
from pipeline_runtime.expression import ExpressionError, parse_expression
from pipeline_runtime.library import (
    Library,
    PruneRule,
    RunFilter,
    export_run,
    read_age,
    read_details,
    read_size,
    show_size,
)
from pipeline_runtime.runlog.reader import RunLog
from pipeline_runtime.sanitise import sanitise, sanitise_line
from pipeline_runtime.wording import counted

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pipeline_runtime.library import Found, Hit
    from pipeline_runtime.runlog.summaries import RunStatus

NOTHING = "no runs here: `pipeline-tui run` and the UI record every run"


def list_runs(given: Namespace) -> int:
    """Print the runs that are wanted, the newest first."""
    library = Library()
    runs = library.runs(_filter(given))[: given.limit]
    if given.as_json:
        _print_json(map(run_as_json, runs))
    elif runs:
        _print(run_table(runs))
    else:
        _note(NOTHING)
    if library.unreadable:
        _note(f"{counted(len(library.unreadable), 'file')} left out: no run log, or of a newer version")
    return OK


def show_run(given: Namespace) -> int:
    """Print one run, step by step.

    Raises:
        InputError: There is no such run.
        RunLogError: Its log cannot be read.
    """
    log = RunLog(Library().find(given.run))
    details = read_details(log.events())
    if given.as_json:
        _print_json([details_as_json(log, details)])
    else:
        _print(told_details(log, details))
    return OK


def search_runs(given: Namespace) -> int:
    """Print where a text is, or of which events an expression is true.

    Raises:
        InputError: Neither was given, or both.
        ExpressionError: The expression cannot be understood.
    """
    if bool(given.words) == (given.expr is not None):
        raise InputError("search takes a text, or --expr", cure="pipeline-tui runs search TEXT")
    library = Library()
    if given.expr is not None:
        try:
            expression = parse_expression(given.expr)
        except ExpressionError as error:
            _note(sanitise(error.pointed()))
            raise
        found = library.search_expression(expression, _filter(given))
    else:
        found = library.search_text(" ".join(given.words), _filter(given))
    total = 0
    for one in found:
        total += len(one.hits)
        if one.problem:
            _note(f"{one.run.run}: {one.problem}")
        if given.as_json:
            _print_json(_hit_as_json(one, hit) for hit in one.hits[: given.hits])
        else:
            _print(_told_hits(one, given.hits))
        sys.stdout.flush()
    if not total:
        _note("nothing was found")
    return OK


def export(given: Namespace) -> int:
    """Write a run in another form, to a file or to stdout.

    Raises:
        InputError: There is no such run, step or attempt, or what comes would write to the terminal.
        RunLogError: Its log cannot be read.
        OSError: The file cannot be written.
    """
    path = Library().find(given.run)
    if given.output is None and given.form == "raw" and sys.stdout.isatty():
        raise InputError("raw bytes would write to your terminal", cure="give -o FILE, or a pipe")
    log = RunLog(path)
    pieces = export_run(log, given.form, step=given.step, attempt=given.attempt)
    if given.output is None:
        size = _write_out(pieces, visible=sys.stdout.isatty())
    else:
        size = _write_file(pieces, given.output, path)
        _note(f"{given.output}: {show_size(size)}")
    if not size:
        _note("no bytes came")
    if log.torn:
        _note(f"the log is damaged, and exported up to there: {log.torn}")
    return OK


def delete_runs(given: Namespace) -> int:
    """Move runs to the trash.

    Raises:
        InputError: There is no such run, or one is still running.
    """
    library = Library()
    for run in library.delete(map(library.find, given.runs)):
        _note(f"{run} is in the trash; pipeline-tui runs restore {run} brings it back")
    return OK


def restore_run(given: Namespace) -> int:
    """Bring a run back from the trash.

    Raises:
        InputError: It is not there.
    """
    _note(f"{Library().restore(given.run).stem} is back")
    return OK


def prune_runs(given: Namespace) -> int:
    """Remove runs for good, and empty the trash; or tell which."""
    library = Library()
    rule = PruneRule(
        older_than=read_age(given.older_than) if given.older_than else None,
        larger_than=read_size(given.larger_than) if given.larger_than else None,
        keep=given.keep,
    )
    room = library.room()
    runs = library.chosen(rule) if given.dry_run else library.prune(rule)
    if given.as_json:
        _print_json(map(run_as_json, runs))
    elif runs:
        _print(run_table(runs))
    freed = sum(run.size for run in runs) + room.trash
    trash = f" and the {room.trashed} in the trash" if room.trashed else ""
    would = "would be removed" if given.dry_run else "removed"
    _note(f"{counted(len(runs), 'run')}{trash} {would}: {show_size(freed)}")
    return OK


def print_room(given: Namespace) -> int:
    """Print how much room the runs take."""
    library = Library()
    room = library.room()
    if given.as_json:
        _print_json([{"folder": str(library.folder), "total": room.total, **msgspec.to_builtins(room)}])
        return OK
    lines = [f"{show_size(room.total):>9}  {library.folder.parent}"]
    lines.append(f"{show_size(room.logs):>9}  {counted(room.runs, 'run log')}")
    if room.indexes:
        lines.append(f"{show_size(room.indexes):>9}  indexes, which are made again when they are missing")
    if room.trashed:
        lines.append(f"{show_size(room.trash):>9}  {counted(room.trashed, 'run')} in the trash")
    _print(lines)
    return OK


def _filter(given: Namespace) -> RunFilter:
    statuses: list[RunStatus] = given.status or []
    return RunFilter(
        workflow=given.workflow or "",
        statuses=frozenset(statuses),
        older_than=read_age(given.older_than) if given.older_than else None,
        newer_than=read_age(given.newer_than) if given.newer_than else None,
    )


# --- writing ----------------------------------------------------------------------------------------------


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


def _told_hits(found: Found, most: int) -> Iterator[str]:
    run = found.run
    if not found.hits:
        return
    yield f"{run.run}  {run.workflow}  {run.status}"
    for hit in found.hits[:most]:
        place = f"{hit.step or 'run'}{f'#{hit.attempt}' if hit.attempt else ''}"
        yield f"  seq {hit.seq:<6} {place} {hit.where}: {hit.before}[{hit.match}]{hit.after}"
    if len(found.hits) > most:
        yield f"  and {len(found.hits) - most:,} more"


def _hit_as_json(found: Found, hit: Hit) -> dict[str, Any]:
    return {"run": found.run.run, "log": found.run.log, **msgspec.to_builtins(hit)}


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(sanitise_line(line) + "\n")


def _print_json(values: Iterable[dict[str, Any]]) -> None:
    for value in values:
        sys.stdout.write(msgspec.json.encode(value).decode() + "\n")


def _note(text: str) -> None:
    sys.stderr.write("\n".join(sanitise_line(line) for line in text.split("\n")) + "\n")


__all__ = [
    "delete_runs",
    "export",
    "list_runs",
    "print_room",
    "prune_runs",
    "restore_run",
    "search_runs",
    "show_run",
]
