"""Measures the run log in a process of its own: writing chunks, and opening a large log to its first screen.

`python -m bench.loglab write FOLDER COUNT`, `make FOLDER MB`, `open FILE`: each prints one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from itertools import islice
from pathlib import Path

from bench.clients.common import cpu_seconds, peak_mb
from bench.wirebytes import DIALECTS
from pipeline_runtime.events import (
    AttemptStarted,
    FrameReceived,
    Request,
    ResponseOpened,
    RunStarted,
    StepStarted,
)
from pipeline_runtime.origin import Origin
from pipeline_runtime.runlog.bodies import RawBodies
from pipeline_runtime.runlog.lines import LogHeader
from pipeline_runtime.runlog.reader import RunLog
from pipeline_runtime.runlog.writer import RunLogWriter
from pipeline_runtime.secrets import Masker
from pipeline_runtime.wire.frames import Chunk

RUN = "bench-run"
STEP = "s001"
FIRST_SCREEN = 60
"""Events that fill a screen."""
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
    """A log of about so many bytes, as a run of one streamed step leaves it, still unfinished."""
    writer = _writer(path)
    origin = Origin.of_run(RUN).of_step(STEP).of_attempt(1)
    dialect = DIALECTS["openai"]
    writer.header(LogHeader(RUN, "bench", "live", "2026-01-01T00:00:00+00:00", "bench"))
    writer.event(RunStarted(RUN, None, None, 0, 0, "bench", "live", (STEP,), {}))
    writer.event(StepStarted(RUN, STEP, None, 1, 0, "bench", "openai-chat", "m", stream=True))
    request = Request("POST", "http://127.0.0.1/v1/chat/completions", (), {"stream": True})
    writer.event(AttemptStarted(RUN, STEP, 1, 2, 0, request, "stream", "first"))
    writer.event(ResponseOpened(RUN, STEP, 1, 3, 0, 200, (("content-type", "text/event-stream"),)))
    offset, n, data = 0, 0, dialect.opening
    delta = dialect.before + b" word" + dialect.after
    while offset < size:
        writer.chunk(origin, Chunk(data, n * 1_000_000, offset))
        offset, n, data = offset + len(data), n + 1, delta
    writer.close()


def open_log(path: Path) -> dict[str, float]:
    """What a front end needs for its first screen: header, first events, and the raw bytes of a far frame."""
    begin = time.monotonic()
    log = RunLog(path)
    finished = log.finished
    first = list(islice(log.events(close=False), FIRST_SCREEN))
    shown = time.monotonic() - begin
    frame = next(event for event in first if isinstance(event, FrameReceived))
    far = path.stat().st_size // 2
    raw = RawBodies(path).read(STEP, 1, far, frame.size)
    selected = time.monotonic() - begin - shown
    assert finished is None
    assert len(first) == FIRST_SCREEN
    assert len(raw) == frame.size
    return {"first": shown, "raw": selected, "rss": peak_mb()}


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
