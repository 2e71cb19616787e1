"""Events written out by hand: each with what a test says of it, and something harmless for the rest."""

from __future__ import annotations

from pipeline_runtime.events import (
    Delta,
    Done,
    Error,
    FrameReceived,
    Response,
    Stall,
    StepStarted,
    Timings,
    Usage,
)
from pipeline_runtime.lint import lint_event
from pipeline_runtime.origin import Origin


def _place(step="draft", attempt=1, seq=0, at=0):
    return {"run": "r", "step": step, "attempt": attempt, "seq": seq, "at": at}


def delta(content="x", *, lane="text", index=0, frame=None, choice=0, tool=None, **place):
    return Delta(
        **_place(**place), content=content, lane=lane, index=index, frame=frame, choice=choice, tool=tool
    )


def frame(n=0, *, event="message", data="{}", size=20, chunk=0, comment=None, **place):
    return FrameReceived(
        **_place(**place),
        n=n,
        event=event,
        data=data,
        offset=0,
        size=size,
        chunks=(chunk, chunk),
        comment=comment,
    )


def lint(code="split_utf8", *, frame=None, at=0, step="draft", attempt=1, seq=0):
    return lint_event(Origin("r", step, attempt, lambda: seq), at, code, frame)


def stall(*, gap, phase="ended", **place):
    return Stall(**_place(**place), phase=phase, after=1, gap=gap, median=50_000_000)


def error(*, type="server_error", message="it broke", status=None, **place):  # noqa: A002
    return Error(**_place(**place), type=type, message=message, status=status)


def done(*, text="", finish_reason="stop", output_tokens=None, **place):
    usage = Usage(output=output_tokens) if output_tokens is not None else None
    response = Response(text, "stream", Timings(1), finish_reason=finish_reason, usage=usage)
    return Done(**_place(**place), response=response)


def started(*, provider="claude", protocol="anthropic", model="claude-sonnet-4-6", seq=0, step="draft"):
    return StepStarted("r", step, None, seq, 0, provider, protocol, model, stream=True)
