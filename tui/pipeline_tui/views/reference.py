"""A place in a run that can be written down and opened again: `20261121-0702-draft-4f2a#118`."""

from __future__ import annotations

import re
from typing import NamedTuple

from pipeline_runtime.errors import PipelineError

_FORM = re.compile(r"(?P<run>[^#/\\\s]+)#(?P<seq>\d+)")


class Reference(NamedTuple):
    """A run and the number of one of its events."""

    run: str
    seq: int

    def __str__(self) -> str:
        """As it is copied."""
        return f"{self.run}#{self.seq}"


def parse_reference(text: str) -> Reference:
    """Read one.

    Raises:
        PipelineError: It has another form.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise PipelineError(
            f"{text.strip()!r} is no position in a run", cure="give RUN#SEQ, as Y on the run screen copies it"
        )
    return Reference(match["run"].removesuffix("~replay"), int(match["seq"]))
