"""Which attempt of a run is meant: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.errors import InputError

if TYPE_CHECKING:
    from pipeline_runtime.library.details import AttemptDetails, RunDetails, StepDetails


def chosen_attempts(
    details: RunDetails, step: str | None, attempt: int | None
) -> list[tuple[StepDetails, AttemptDetails]]:
    """The attempts that are meant: of all steps, or of one; all of them, or one.

    Raises:
        InputError: There is no such step or attempt, or none at all.
    """
    if step is not None and details.step(step) is None:
        names = ", ".join(one.step for one in details.steps)
        raise InputError(f"the run has no step {step!r}", cure=f"its steps: {names}" if names else "")
    found = [
        (one, tried)
        for one in details.steps
        if step in (None, one.step)
        for tried in one.attempts
        if attempt in (None, tried.number)
    ]
    if not found:
        told = "the run sent no request" if attempt is None else f"there is no attempt {attempt}"
        raise InputError(told, cure="pipeline-tui runs show RUN tells the attempts")
    return found


def one_attempt(details: RunDetails, step: str | None, attempt: int | None) -> tuple[str, int]:
    """Step and number of the one attempt that is meant; the last one of its step when none is named.

    Raises:
        InputError: There is none, or it could be of several steps.
    """
    found = chosen_attempts(details, step, attempt)
    names = list(dict.fromkeys(one.step for one, _ in found))
    if len(names) > 1:
        raise InputError(f"the run has {len(names)} steps: {', '.join(names)}", cure="name one with --step")
    return names[0], found[-1][1].number
