"""Run logs made by hand, and time that passes only when a replay sleeps."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from helpers_core import DONE, piece
from pipeline_runtime.events import (
    AttemptStarted,
    Event,
    Request,
    ResponseOpened,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    StepSummary,
)
from pipeline_runtime.runlog.derivation import Derivation
from pipeline_runtime.runlog.lines import BodyEndLine, ChunkLine, LogHeader

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

MS = 1_000_000
RUN = "20261121T000000000Z-sixty-three-aaaa"
STALLED = [600 * MS + n * 50 * MS + (3_000 * MS if n >= 30 else 0) for n in range(63)]
"""FEATURES' stream: 63 events, the first after 0.6 s, 50 ms apart, a stall of 3 s before the 31st."""


class Clock:
    """A replay's clock: what it sleeps for is what passes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0

        async def moved_within(moved: asyncio.Event, seconds: float | None) -> None:
            if seconds is None:
                await moved.wait()
            else:
                self.now += round(seconds * 1e9)
                await asyncio.sleep(0)

        monkeypatch.setattr("pipeline_runtime.replay.clock._moved_within", moved_within)

    def __call__(self) -> int:
        return self.now


def sixty_three() -> list[bytes]:
    """63 server-sent events."""
    return [*(piece(f"w{n} ") for n in range(61)), piece(finish="stop"), DONE]


def one_step_log(folder: Path, parts: Sequence[bytes], times: Sequence[int], **more: Any) -> Path:
    """The log of a run of one step: each part came in a read of its own, at its time."""
    end = times[-1] + MS
    request = more.get("request") or Request("POST", "http://127.0.0.1:9/v1/chat/completions", (), {})
    lines: list[Any] = [
        RunStarted(RUN, None, None, 0, 0, "Sixty-three", "live", ("s",), {}),
        StepStarted(RUN, "s", None, 0, 0, "local", more.get("protocol", "openai-chat"), "m", stream=True),
        AttemptStarted(RUN, "s", 1, 0, 0, request, "stream"),
        ResponseOpened(RUN, "s", 1, 0, MS, 200, (("content-type", "text/event-stream"),)),
    ]
    offset = 0
    for part, at in zip(parts, times, strict=True):
        lines.append(ChunkLine("s", 1, at, offset, part.decode()))
        offset += len(part)
    lines += [
        BodyEndLine("s", 1, end),
        StepFinished(RUN, "s", None, 0, end, "ok", end, 1, "stream"),
        RunFinished(RUN, None, None, 0, end, "ok", end, (StepSummary("s", "ok", end),)),
    ]
    return write_log(folder / f"{RUN}.jsonl", lines)


def write_log(path: Path, lines: Iterable[Any]) -> Path:
    """A run log of these lines, its events numbered without holes."""
    derivation = Derivation(RUN)
    header = LogHeader(RUN, "Sixty-three", "live", "2026-11-21T00:00:00.000+00:00", "pipeline-tui 0.1.0")
    encoded = [msgspec.json.encode(header)]
    for line in lines:
        numbered = msgspec.structs.replace(line, seq=derivation.next_seq) if isinstance(line, Event) else line
        derivation.feed(numbered)
        encoded.append(msgspec.json.encode(numbered))
    path.write_bytes(b"\n".join(encoded) + b"\n")
    return path
