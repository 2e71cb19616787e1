"""`pipeline-tui migrate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.cli.arguments import add_json

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SAYS = "turn the keys and handlers of the old async streaming into today's; shows a diff, writes with --write"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare them."""
    says = "workflows, Python and Elixir sources, folders, or patterns such as 'flows/**/*.yaml'"
    parser.add_argument("paths", nargs="+", metavar="PATH", help=says)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--write", action="store_true", help="write the files; each keeps a backup, FILE.bak")
    choice.add_argument(
        "--check", action="store_true", help="exit 1 if anything legacy is left; writes nothing"
    )
    add_json(parser)


def execute(given: Namespace) -> int:
    """Migrate, check, or show what would change."""
    from pipeline_runtime.cli.migrating import migrate_files

    return migrate_files(given.paths, write=given.write, check=given.check, as_json=given.as_json)
