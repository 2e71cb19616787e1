"""An error of ours in one line: what happened, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_runtime.errors import PipelineError


def error_text(error: PipelineError) -> str:
    """`there is no recorded run 'x' here (see pipeline-tui runs)`."""
    told = str(error)
    return f"{told} ({error.cure})" if error.cure and error.cure not in told else told
