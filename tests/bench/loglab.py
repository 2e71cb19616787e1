"""Measures the run log in a process of its own: writing chunks, and opening a large log to its first screen.

`python -m bench.loglab write FOLDER COUNT`, `make FOLDER MB`, `open FILE`: each prints one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from bench.clients.common import cpu_seconds, peak_mb
from bench.wirebytes import DIALECTS
from pipeline_runtime.events import (
    AttemptStarted,
    FrameReceived,
    Request,
    ResponseOpened,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    StepSummary,
)
from pipeline_runtime.origin import Origin
from pipeline_runtime.runlog.bodies import RawBodies
from pipeline_runtime.runlog.index import LogIndex, index_path, keep_index
from pipeline_runtime.runlog.lines import LogHeader
from pipeline_runtime.runlog.reader import RunLog
from pipeline_runtime.runlog.writer import RunLogWriter
from pipeline_runtime.secrets import Masker
from pipeline_runtime.wire.frames import Chunk

RUN = "bench-run"
STEP = "s001"
SCREEN = 60
"""Rows that fill a screen."""
MS = 1_000_000
DRAIN_EVERY = 200
"""Chunks after which the loop gets a turn, as reads of a socket give it one."""
SECRETS = ("sk-bench-0123456789",)


def _writer(path: Path) -> RunLogWriter:
    def failed(error: OSError) -> None:
        raise error

    return RunLogWriter(path, Masker(SECRETS), on_failure=failed)


async def write_chunks(path: Path, count: int) -> float:
    """Write so many chunks of one delta each; gives the CPU seconds."""
    writer = _writer(path)
    origin = Origin.of_run(RUN).of_step(STEP).of_attempt(1)
    data = DIALECTS["openai"].before + b" word" + DIALECTS["openai"].after
    begin = cpu_seconds()
    for n in range(count):
        writer.chunk(origin, Chunk(data, n * 1000, n * len(data)))
        if n % DRAIN_EVERY == 0:
            await asyncio.sleep(0)
    writer.close()
    return cpu_seconds() - begin


async def make_log(path: Path, size: int) -> None:
    """A log of about so many bytes, as a run of one streamed step leaves it: a chunk for each delta."""
    writer = _writer(path)
    origin = Origin.of_run(RUN).of_step(STEP).of_attempt(1)
    dialect = DIALECTS["openai"]
    request = Request("POST", "http://127.0.0.1/v1/chat/completions", (), {"stream": True})
    writer.header(LogHeader(RUN, "bench", "live", "2026-01-01T00:00:00+00:00", "bench"))
    writer.event(RunStarted(RUN, None, None, 0, 0, "bench", "live", (STEP,), {}))
    writer.event(StepStarted(RUN, STEP, None, 1, 0, "bench", "openai-chat", "m", stream=True))
    writer.event(AttemptStarted(RUN, STEP, 1, 2, 0, request, "stream", "first"))
    writer.event(ResponseOpened(RUN, STEP, 1, 3, 0, 200, (("content-type", "text/event-stream"),)))
    delta = dialect.before + b" word" + dialect.after
    bodies = [dialect.opening, *[delta] * (size // len(delta)), dialect.closing]
    offset = 0
    for n, data in enumerate(bodies):
        writer.chunk(origin, Chunk(data, n * MS, offset))
        offset += len(data)
    at = len(bodies) * MS
    writer.body_end(origin, at)
    writer.flush()
    seq = sum(1 for _ in RunLog(path).events(close=False))
    writer.event(StepFinished(RUN, STEP, None, seq, at, "ok", at, 1, "stream", None))
    writer.event(RunFinished(RUN, None, None, seq + 1, at, "ok", at, (StepSummary(STEP, "ok", at),)))
    writer.close()


def open_log(path: Path) -> dict[str, float]:
    """What a front end needs: the first screen of a log, all of it, and its middle when it is opened again."""
    index_path(path).unlink(missing_ok=True)
    begin = time.monotonic()
    index = LogIndex.open(path)
    index.add(index.read())
    assert len(index.rows(0, SCREEN)) == SCREEN
    first = time.monotonic() - begin
    index.finish()
    whole = time.monotonic() - begin
    middle = len(index) // 2
    keep_index(index, path)
    index.close()
    begin = time.monotonic()
    again = LogIndex.open(path)
    if not again.kept:  # a small log is read again
        again.finish()
    (row, *_) = again.rows(middle, middle + SCREEN)
    opened = time.monotonic() - begin
    frame = row.event
    assert isinstance(frame, FrameReceived)
    begin = time.monotonic()
    raw = RawBodies(path).read(STEP, 1, frame.offset, frame.size)
    read = time.monotonic() - begin
    assert frame.data is not None
    assert frame.data.encode() in raw
    again.close()
    return {"first": first, "again": opened, "whole": whole, "raw": read, "rss": peak_mb()}


def main(action: str, place: Path, amount: int) -> dict[str, float]:
    """Do one of them."""
    if action == "write":
        asyncio.run(write_chunks(place / "warm.jsonl", amount // 10))
        return {"cpu": asyncio.run(write_chunks(place / "chunks.jsonl", amount)) / amount * 1_000_000}
    if action == "make":
        asyncio.run(make_log(place, amount))
        return {"size": place.stat().st_size / 1e6}
    return open_log(place)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))) + "\n")
