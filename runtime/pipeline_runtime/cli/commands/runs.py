"""`pipeline-tui runs`."""

from __future__ import annotations

from argparse import SUPPRESS
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_runtime.cli.arguments import add_json
from pipeline_runtime.errors import InputError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SAYS = "the recorded runs: list, show, search, export, delete, prune"
RUN = "its id, the beginning or the end of one, last, last-1, or a file"
STATUSES = ("ok", "failed", "cancelled", "skipped", "running", "cut")
FORMATS = ("log", "jsonl", "raw", "har", "curl", "md")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare them."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions")
    listing = actions.add_parser("list", help="the newest first: what is done without an action")
    _add_filters(listing, default=SUPPRESS)
    _add_filters(parser)
    _add_limit(listing, default=SUPPRESS)
    _add_limit(parser)
    _add_show(actions)
    _add_search(actions)
    _add_export(actions)
    _add_removal(actions)
    size = actions.add_parser("size", help="how much room the runs take")
    add_json(size)


def execute(given: Namespace) -> int:
    """Do what is asked.

    Raises:
        PipelineError: There is no such run, or the arguments are not right.
    """
    from pipeline_runtime.cli import exporting, library

    actions = {
        None: library.list_runs,
        "list": library.list_runs,
        "show": library.show_run,
        "search": library.search_runs,
        "export": exporting.export,
        "delete": library.delete_runs,
        "restore": library.restore_run,
        "prune": library.prune_runs,
        "size": library.print_room,
    }
    return actions[given.action](given)


def _add_show(actions: Any) -> None:
    show = actions.add_parser("show", help="one run: its steps, attempts, timings, findings, requests")
    show.add_argument("run", metavar="RUN", help=RUN)
    add_json(show)


def _add_search(actions: Any) -> None:
    search = actions.add_parser("search", help="find a text, or events by an expression, in all runs")
    search.add_argument(
        "words", nargs="*", metavar="TEXT", help="taken as it is; put -- before one that begins with a dash"
    )
    search.add_argument("--expr", metavar="EXPR", help="instead of a text: type:lint, gap>500ms, ...")
    search.add_argument("--hits", type=_count, default=5, metavar="N", help="at most so many of a run (5)")
    _add_filters(search)


def _add_export(actions: Any) -> None:
    export = actions.add_parser("export", help="write runs in a form that other tools read")
    export.add_argument("runs", nargs="+", metavar="RUN", help=RUN)
    export.add_argument(
        "--as", dest="form", choices=FORMATS, required=True,
        help="log: the run log itself; jsonl: events as run --json prints them; raw: the bytes of one body; "
        "har: for a browser's developer tools; curl: the requests; md: a report",
    )  # fmt: skip
    export.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="instead of stdout; for several runs, a folder"
    )
    export.add_argument("--step", metavar="ID", help="raw, curl: of this step")
    export.add_argument("--attempt", type=_count, metavar="N", help="raw, curl: this attempt")


def _add_removal(actions: Any) -> None:
    delete = actions.add_parser("delete", help="move runs to the trash")
    delete.add_argument("runs", nargs="+", metavar="RUN", help=RUN)
    restore = actions.add_parser("restore", help="bring runs back from the trash")
    restore.add_argument(
        "runs", metavar="RUN", nargs="*", default=["last"], help="the last deleted by default"
    )
    prune = actions.add_parser(
        "prune", help="remove runs of which all that is said is true, and empty the trash, for good"
    )
    prune.add_argument("--older-than", metavar="AGE", help="30d, 12h, 2w")
    prune.add_argument("--larger-than", metavar="SIZE", help="500MB, 1GiB")
    prune.add_argument("--keep", type=_count, metavar="N", help="the newest N stay, whatever they are")
    prune.add_argument("--to-trash", action="store_true", help="move them there instead: restore undoes it")
    prune.add_argument("--dry-run", action="store_true", help="only tell what would go")
    add_json(prune)


def _add_filters(parser: ArgumentParser, *, default: str | None = None) -> None:
    parser.add_argument("--workflow", metavar="NAME", default=default, help="only of this workflow")
    parser.add_argument(
        "--status", action="append", choices=STATUSES, default=default, help="only these; may be repeated"
    )
    parser.add_argument("--newer-than", metavar="AGE", default=default, help="only these: 30d, 12h, 2w")
    parser.add_argument("--older-than", metavar="AGE", default=default, help="only these")
    parser.add_argument(
        "--json", dest="as_json", action="store_true", default=default or False,
        help="print JSON, one object a line",
    )  # fmt: skip


def _add_limit(parser: ArgumentParser, *, default: str | None = None) -> None:
    parser.add_argument("--limit", type=_count, metavar="N", default=default, help="at most so many")


def _count(text: str) -> int:
    """The type of an argument that counts.

    Raises:
        InputError: It is no count.
    """
    if not text.isdecimal():
        raise InputError(f"{text!r} is no number", cure="give a whole number, 0 or more")
    return int(text)
