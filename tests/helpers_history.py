"""Recorded runs for the History and Compare screens: real answers in the Anthropic form, at times of our choice."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline_runtime.events import (
    AttemptStarted,
    Done,
    Request,
    Response,
    ResponseOpened,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    StepSummary,
    Timings,
    Usage,
)
from pipeline_runtime.paths import runs_dir
from pipeline_runtime.runlog.lines import BodyEndLine, ChunkLine, LogHeader

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pipeline_runtime.events import Status

MS = 1_000_000
SIZE = 10_000
NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


def run_id(workflow: str, minutes: float) -> str:
    """The id of the run of this workflow that began so many minutes ago."""
    return f"{NOW - timedelta(minutes=minutes):%Y%m%d-%H%M%S}-{workflow}"


def record(
    workflow: str = "draft",
    minutes: float = 5,
    *,
    steps: dict[str, str] | None = None,
    every: int = 20,
    first: int = 400,
    pause: tuple[int, int] = (0, 0),
    status: Status | None = "ok",
    inputs: dict[str, Any] | None = None,
    tool: str = "",
) -> Path:
    """Write the log of a run.

    Args:
        workflow: Its name.
        minutes: How long ago it began.
        steps: What each step answered.
        every: Milliseconds from word to word.
        first: Milliseconds to the first word.
        pause: After so many words, so many milliseconds more.
        status: How it ended; `None`: it was killed.
        inputs: Its inputs.
        tool: The JSON input of a tool call after the text.
    """
    run = run_id(workflow, minutes)
    steps = {"draft": "Tea is better late than never."} if steps is None else steps
    seq, lines, at, summaries = count(), [], 0, []
    began = NOW - timedelta(minutes=minutes)
    lines.append(
        LogHeader(run, workflow, "mock", began.isoformat(), "pipeline-tui test", f"flows/{workflow}.yaml")
    )
    lines.append(RunStarted(run, None, None, next(seq), 0, workflow, "mock", tuple(steps), inputs or {}))
    for step, text in steps.items():
        start = at
        lines.append(
            StepStarted(run, step, None, next(seq), at, "claude", "anthropic", "sonnet", stream=True)
        )
        request = Request("POST", "http://127.0.0.1/v1/messages", (), {"stream": True})
        lines.append(AttemptStarted(run, step, 1, next(seq), at, request, "stream", "first"))
        lines.append(
            ResponseOpened(run, step, 1, next(seq), at, 200, (("content-type", "text/event-stream"),))
        )
        body, at = _body(step, text, at, every=every, first=first, pause=pause, tool=tool)
        lines += body
        words = len(text.split(" "))
        for _ in range(3 * len(body)):
            next(seq)  # what is derived from the bytes
        if status is None:
            break
        lines.append(BodyEndLine(step, 1, at))
        timings = Timings(
            total=at - start, first_delta=first * MS, deltas=words, frames=words, bytes=9 * words
        )
        answer = Response(text, "stream", timings, finish_reason="stop", usage=Usage(input=12, output=words))
        lines.append(Done(run, step, 1, next(seq), at, answer))
        lines.append(StepFinished(run, step, None, next(seq), at, status, at - start, 1, "stream"))
        stalls = 1 if pause[1] > 1_000 else 0
        summaries.append(
            StepSummary(step, status, at - start, "stream", first * MS, words, None, words, stalls)
        )
    if status is not None:
        lines.append(RunFinished(run, None, None, next(seq), at, status, at, tuple(summaries)))
    return write(run, lines)


def _body(
    step: str, text: str, at: int, *, every: int, first: int, pause: tuple[int, int], tool: str
) -> tuple[list[ChunkLine], int]:
    frames: list[tuple[int, bytes]] = []
    at += first * MS
    start = {"id": "msg_1", "type": "message", "role": "assistant", "model": "sonnet", "content": [],
             "usage": {"input_tokens": 12, "output_tokens": 1}}  # fmt: skip
    frames.append((at, _frame("message_start", message=start)))
    frames.append((at, _frame("content_block_start", index=0, content_block={"type": "text", "text": ""})))
    for number, word in enumerate(text.split(" ")):
        content = word if number == 0 else f" {word}"
        frames.append(
            (at, _frame("content_block_delta", index=0, delta={"type": "text_delta", "text": content}))
        )
        at += (every + (pause[1] if number + 1 == pause[0] else 0)) * MS
    if tool:
        block = {"type": "tool_use", "id": "tu_1", "name": "get_weather", "input": {}}
        frames.append((at, _frame("content_block_stop", index=0)))
        frames.append((at, _frame("content_block_start", index=1, content_block=block)))
        delta = {"type": "input_json_delta", "partial_json": tool}
        frames.append((at, _frame("content_block_delta", index=1, delta=delta)))
    frames.append((at, _frame("content_block_stop", index=1 if tool else 0)))
    ending = {"stop_reason": "tool_use" if tool else "end_turn"}
    frames.append((at, _frame("message_delta", delta=ending, usage={"output_tokens": len(text.split(" "))})))
    frames.append((at, _frame("message_stop")))
    chunks: list[ChunkLine] = []
    offset = 0
    for when, frame in frames:
        chunks.append(ChunkLine(step, 1, when, offset, frame.decode()))
        offset += len(frame)
    return chunks, at


def _frame(kind: str, **data: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode()


def write(run: str, lines: Iterable[Any]) -> Path:
    """Write lines to the log of a run; its time is that of `NOW`, its size a multiple of 10 kB.

    So pictures stay the same when events get new fields.
    """
    path = runs_dir() / f"{run}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    header, *rest = [msgspec.json.encode(line) + b"\n" for line in lines]
    size = len(header) + sum(map(len, rest))
    path.write_bytes(b"".join([header[:-1], b" " * (-size % SIZE), b"\n", *rest]))
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    return path


def names_of(rows: Sequence[Any]) -> list[str]:
    """The workflows of rows."""
    return [row.run.workflow for row in rows]
