"""`tap --ui` on the command line: the arguments of the headless command, for the UI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.cli import parse
from pipeline_runtime.debugging import Breakpoints
from pipeline_runtime.errors import PipelineError
from pipeline_tui.tap_desk import make_tap
from pipeline_tui.taps import TapOptions

if TYPE_CHECKING:
    from collections.abc import Sequence


def tap_options(given: Sequence[str]) -> TapOptions:
    """How the UI's tap shall be started; `given` begins with `tap`.

    Raises:
        PipelineError: An argument is not right, or means nothing in the UI.
    """
    parsed = parse(list(given))
    if parsed.as_json:
        raise PipelineError("--json and --ui", cure="leave one out")
    options = TapOptions(parsed.port, tuple(parsed.upstreams), tuple(parsed.breaks), tuple(parsed.faults))
    make_tap(options)
    for expression in options.breaks:
        Breakpoints().add(expression)
    return options
