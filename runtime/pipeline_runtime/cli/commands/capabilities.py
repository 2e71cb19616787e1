"""`pipeline-tui capabilities`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.cli.arguments import add_json
from pipeline_runtime.errors import PipelineError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SAYS = "what was learned of endpoints that cannot stream"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare them."""
    parser.add_argument(
        "action", nargs="?", choices=("list", "explain", "forget", "known"), default="list",
        help="list (the default); explain one; forget some; known: the hints that come with the program",
    )  # fmt: skip
    parser.add_argument("names", nargs="*", metavar="NAME", help="a lesson's name, or a model's")
    parser.add_argument("--all", dest="every", action="store_true", help="forget: all of them")
    add_json(parser)


def execute(given: Namespace) -> int:
    """Do what is asked with the lessons.

    Raises:
        PipelineError: `explain` without exactly one name.
    """
    from pipeline_runtime.cli import remembering

    if given.action == "explain":
        if len(given.names) != 1:
            raise PipelineError("explain takes the name of one lesson", cure="see pipeline-tui capabilities")
        return remembering.explain_lesson(given.names[0])
    if given.action == "forget":
        return remembering.forget_lessons(given.names, every=given.every)
    if given.action == "known":
        return remembering.list_known()
    return remembering.list_lessons(as_json=given.as_json)
