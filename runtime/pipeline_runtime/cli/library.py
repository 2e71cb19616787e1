"""`runs`: the library of recorded runs, on the command line."""

from __future__ import annotations

import sys
from pathlib import Path
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
    from collections.abc import Iterable, Iterator, Sequence

    from pipeline_runtime.library import Found, Hit, Room
    from pipeline_runtime.runlog.summaries import RunStatus, RunSummary

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
    """Bring runs back from the trash.

    Raises:
        InputError: One is not there.
    """
    library = Library()
    for run in given.runs:
        _note(f"{library.restore(run).stem} is back")
    return OK


def prune_runs(given: Namespace) -> int:
    """Remove runs for good, and empty the trash; or move them there; or tell which."""
    library = Library()
    rule = PruneRule(
        older_than=read_age(given.older_than) if given.older_than else None,
        larger_than=read_size(given.larger_than) if given.larger_than else None,
        keep=given.keep,
    )
    room = library.room()
    runs = library.chosen(rule) if given.dry_run or given.to_trash else library.prune(rule)
    if given.to_trash and not given.dry_run:
        library.delete([Path(run.log) for run in runs])
    if given.as_json:
        _print_json(map(run_as_json, runs))
    elif runs:
        _print(run_table(runs))
    _note(_told_prune(runs, room, to_trash=given.to_trash, would=given.dry_run))
    return OK


def _told_prune(runs: Sequence[RunSummary], room: Room, *, to_trash: bool, would: bool) -> str:
    size = sum(run.size for run in runs)
    if to_trash:
        verb = "would be moved" if would else "moved"
        return f"{counted(len(runs), 'run')} {verb} to the trash: {show_size(size)}, freed by prune"
    trash = f" and the {room.trashed} in the trash" if room.trashed else ""
    verb = "would be removed" if would else "removed"
    return f"{counted(len(runs), 'run')}{trash} {verb}: {show_size(size + room.trash)}"


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
    "list_runs",
    "print_room",
    "prune_runs",
    "restore_run",
    "search_runs",
    "show_run",
]
