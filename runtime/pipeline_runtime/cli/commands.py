"""The commands and their options."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import click
import typer

from pipeline_runtime.cli.exits import OK, USAGE

EPILOG = (
    "Exit codes: 0 ok, 1 the run failed, 2 usage or invalid workflow, 130 interrupted, "
    "141 the reader of our output went away."
)
app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="A terminal workbench for LLM streams. Without a command, opens the UI: pipeline-tui [PATH...]",
    epilog=EPILOG,
)
Paths = Annotated[
    list[Path] | None, typer.Argument(help="Workflow files or folders; the bundled ones by default.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]


def invoke(arguments: list[str]) -> int:
    """Parse and run; usage errors are told on stderr.

    Raises:
        PipelineError: A user's mistake that a command met.
    """
    try:
        result = app(arguments, prog_name="pipeline-tui", standalone_mode=False)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        error.show()
        return USAGE
    except click.Abort:
        return USAGE
    return result if isinstance(result, int) else OK


@app.command("list")
def list_command(paths: Paths = None, as_json: AsJson = False) -> int:
    """List the workflows that are there, valid or not."""
    from pipeline_runtime.cli.listing import list_workflows

    return list_workflows(paths or [], as_json=as_json)


@app.command()
def validate(
    paths: Annotated[list[Path], typer.Argument(help="Workflow files or folders.")], as_json: AsJson = False
) -> int:
    """Check workflow files; every problem with its file, line, column and cure."""
    from pipeline_runtime.cli.listing import validate_workflows

    return validate_workflows(paths, as_json=as_json)


@app.command("run")
def run_command(
    workflow: Annotated[Path, typer.Argument(help="A workflow file, or the name of a bundled one.")],
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", "-i", metavar="NAME=VALUE", help="An input; may be repeated."),
    ] = None,
    mode: Annotated[str | None, typer.Option(help="mock (the simulator) or live (the providers).")] = None,
    stream: Annotated[
        bool | None, typer.Option("--stream/--no-stream", help="Override every step's `stream`.")
    ] = None,
    as_json: AsJson = False,
    debug: Annotated[bool, typer.Option("--debug", help="Print raw frames to stderr.")] = False,
) -> int:
    """Run a workflow: its text on stdout as it streams, notes on stderr."""
    from pipeline_runtime.cli.running import RunCommand

    debug = debug or os.environ.get("PIPELINE_STREAM_DEBUG", "") not in ("", "0")
    command = RunCommand(workflow, inputs or [], mode=mode, stream=stream, as_json=as_json, debug=debug)
    return command.execute()


@app.command()
def simulate(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for a free one.")] = 0,
    scenarios: Annotated[list[Path] | None, typer.Option(help="A folder of scenario files.")] = None,
) -> int:
    """Run the simulator on loopback for any client; point a base URL at it."""
    from pipeline_runtime.simulator import serve

    serve(port, scenarios or [])
    return OK


@app.callback()
def version_option(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """A terminal workbench for LLM streams. Without a command, opens the UI: pipeline-tui [PATH...]."""
    if version:
        from pipeline_runtime import __version__

        typer.echo(f"pipeline-tui {__version__}")
        raise typer.Exit
