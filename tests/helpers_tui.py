"""A run that is written down: events through the same path as a real run's, under a clock that stands still."""

from __future__ import annotations

import asyncio
from itertools import count
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from textual.app import App

import pipeline_tui
from pipeline_runtime.events import (
    AnyEvent,
    AttemptStarted,
    Choice,
    Delivery,
    Delta,
    Done,
    Error,
    Fallback,
    FallbackInfo,
    FrameReceived,
    Lint,
    Mode,
    Request,
    Response,
    ResponseOpened,
    Retry,
    RunFinished,
    RunStarted,
    Stall,
    StallInfo,
    Status,
    StepFinished,
    StepStarted,
    StepSummary,
    Timings,
    Unknown,
    Usage,
)
from pipeline_tui.frame_gate import gate_of
from pipeline_tui.screens.run import RunScreen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from textual.pilot import Pilot

    from pipeline_runtime.debugging import Gate

MS = 1_000_000
PATIENCE = 60.0
"""Seconds, only for tests that hang: nothing waits this long when it works."""
RUN = "run-1"


class Script:
    """Writes the events of a run one after the other; `at` goes on by hand (milliseconds)."""

    def __init__(
        self, *steps: str, mode: Mode = "mock", note: str | None = None, faults: tuple[str, ...] = ()
    ) -> None:
        self.faults = faults
        self.steps = steps or ("draft",)
        self.mode: Mode = mode
        self.note = note
        self.at = 0
        self._seq = count()
        self._frames: dict[tuple[str, int], int] = {}
        self._attempts: dict[str, int] = {}
        self.bodies: dict[tuple[str, int], bytearray] = {}

    def wait(self, ms: float) -> Script:
        """Let time pass."""
        self.at += int(ms * MS)
        return self

    def _head(self, step: str | None = None, *, attempt: bool = True) -> tuple[Any, ...]:
        number = self._attempts.get(step or "") if attempt else None
        return (RUN, step, number, next(self._seq), self.at)

    def start(self) -> RunStarted:
        return RunStarted(
            *self._head(),
            workflow="draft",
            mode=self.mode,
            steps=self.steps,
            inputs={},
            note=self.note,
            faults=self.faults,
        )

    def step(
        self,
        step: str = "draft",
        provider: str = "claude",
        model: str = "sonnet",
        protocol: str = "anthropic",
    ) -> StepStarted:
        return StepStarted(*self._head(step, attempt=False), provider, protocol, model, stream=True)

    def attempt(self, step: str = "draft", asked: Any = "stream", why: Any = "first") -> AttemptStarted:
        self._attempts[step] = self._attempts.get(step, 0) + 1
        self.bodies[step, self._attempts[step]] = bytearray()
        request = Request("POST", "http://127.0.0.1/v1/messages", (), {"stream": asked == "stream"})
        return AttemptStarted(*self._head(step), request, asked, why)

    def opened(self, step: str = "draft", status: int = 200) -> ResponseOpened:
        return ResponseOpened(*self._head(step), status, ())

    def frame(
        self, step: str = "draft", event: str = "content_block_delta", data: str = "{}"
    ) -> FrameReceived:
        key = (step, self._attempts[step])
        n = self._frames.get(key, 0)
        self._frames[key] = n + 1
        raw = f"event: {event}\ndata: {data}\n\n".encode()
        offset = len(self.bodies[key])
        self.bodies[key] += raw
        return FrameReceived(*self._head(step), n, event, data, offset, len(raw), (n, n))

    def delta(self, content: str, lane: Any = "text", index: int = 0, **more: Any) -> Delta:
        step = more.pop("step", "draft")
        frame = self._frames.get((step, self._attempts[step]), 0) - 1
        return Delta(*self._head(step), content, lane, index, frame if frame >= 0 else None, **more)

    def words(
        self, text: str, *, step: str = "draft", every: float = 20, lane: Any = "text"
    ) -> list[AnyEvent]:
        """A frame and a delta for each word."""
        events: list[AnyEvent] = []
        for word in text.split(" "):
            self.wait(every)
            data = '{"type":"content_block_delta","delta":{"type":"text_delta","text":"%s "}}' % word  # noqa: UP031
            events += [
                self.frame(step, data=data.replace("\n", "\\n")),
                self.delta(f"{word} ", lane, step=step),
            ]
        return events

    def lint(self, step: str = "draft", frame: int | None = 0) -> Lint:
        return Lint(*self._head(step), "split_utf8", "A code point is split", "Nothing to do", frame)

    def unknown(self, step: str = "draft", frame: int | None = 0) -> Unknown:
        return Unknown(*self._head(step), "mystery", "{}", frame)

    def stall(self, phase: Any, gap_ms: int, after: int = 30, step: str = "draft") -> Stall:
        return Stall(*self._head(step), phase, after, gap_ms * MS, 50 * MS)

    def fallback(self, reason: str = "the server refused to stream", step: str = "draft") -> Fallback:
        return Fallback(*self._head(step), reason, "server", '{"error": "stream unsupported"}', 400)

    def recalled(
        self, source: str = "remembered", evidence: str = "no (status 400, learned 2026-11-20)"
    ) -> Fallback:
        """A fallback that nobody was asked for: it comes before the first attempt."""
        return Fallback(*self._head("draft"), "the server refused to stream this request", source, evidence)

    def retry(self, step: str = "draft") -> Retry:
        return Retry(*self._head(step), "overloaded_error", 1_200 * MS, "try again", 529)

    def resume(self, after: int) -> Retry:
        """A broken stream whose rest is asked for."""
        reason = f"disconnected: resumed after sequence {after}"
        return Retry(*self._head("draft"), reason, 500 * MS, "its words", 200, "resume")

    def change(self, change: Any) -> Retry:
        """A retry that asks otherwise, at once."""
        return Retry(*self._head("draft"), "the server wants it so", 0, "its words", 400, change)

    def error(
        self, text: str = "", step: str = "draft", message: str = "The server closed the stream"
    ) -> Error:
        partial = Response(text, "stream", self.timings(), verdict="error", finish_reason="error")
        return Error(
            *self._head(step), "disconnected", message, "Run it again", response=partial, request_id="req_1"
        )

    def failure(self, **fields: Any) -> Error:
        """An error of any kind, without a partial answer unless one is given."""
        return Error(*self._head("draft"), **fields)

    def timings(self, stalls: tuple[StallInfo, ...] = (), tokens: float | None = 42.0) -> Timings:
        return Timings(
            total=3_200 * MS,
            first_delta=412 * MS,
            deltas=31,
            frames=33,
            tokens_per_second=tokens,
            stalls=stalls,
        )

    def done(
        self,
        text: str = "",
        delivery: Delivery = "stream",
        *,
        step: str = "draft",
        fallback: str | None = None,
        stalls: tuple[StallInfo, ...] = (),
        choices: tuple[Choice, ...] = (),
    ) -> Done:
        info = FallbackInfo(fallback, "server", "stream unsupported") if fallback else None
        response = Response(
            text,
            delivery,
            self.timings(stalls, 42.0 if delivery == "stream" else None),
            finish_reason="stop",
            finish_reason_raw="end_turn",
            usage=Usage(input=12, output=60),
            fallback=info,
            choices=choices,
        )
        return Done(*self._head(step), response)

    def step_end(
        self,
        status: Status = "ok",
        step: str = "draft",
        delivery: Delivery | None = "stream",
        reason: str | None = None,
    ) -> StepFinished:
        attempts = self._attempts.get(step, 0)
        return StepFinished(*self._head(step, attempt=False), status, 3_200 * MS, attempts, delivery, reason)

    def end(self, status: Status = "ok") -> RunFinished:
        steps = tuple(StepSummary(step, status, 3_200 * MS) for step in self.steps)
        return RunFinished(*self._head(), status, 3_300 * MS, steps, "runs/run-1.jsonl")


def flatten(items: Iterable[AnyEvent | list[AnyEvent]]) -> list[AnyEvent]:
    """Events and lists of events as one list."""
    events: list[AnyEvent] = []
    for item in items:
        events.extend(item if isinstance(item, list) else [item])
    return events


class ScriptedRun:
    """A `RunSource` fed by hand; it keeps what it was told, as the run log would."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.id = RUN
        self.mode = script.mode
        self.log_path: Path | None = Path("runs/run-1.jsonl")
        self.finished = False
        self.gate: Gate | None = None
        self.cancelled: list[str | None] = []
        self._events: list[AnyEvent] = []
        self._news = asyncio.Event()

    def emit(self, *items: AnyEvent | list[AnyEvent]) -> None:
        """Hand on events, as one batch."""
        events = flatten(items)
        self._events += events
        self.finished = self.finished or any(isinstance(event, RunFinished) for event in events)
        self._news.set()

    async def batches(self) -> AsyncIterator[list[AnyEvent]]:
        taken = 0
        while True:
            self._news.clear()
            if len(self._events) > taken:
                batch = self._events[taken:]
                taken = len(self._events)
                yield batch
            elif self.finished:
                return
            else:
                await self._news.wait()

    def history(self) -> list[AnyEvent]:
        return list(self._events)

    def raw_bytes(self, step: str, attempt: int, offset: int, size: int) -> bytes:
        return bytes(self.script.bodies[step, attempt][offset : offset + size])

    def cancel(self, step: str | None = None) -> None:
        self.cancelled.append(step)


class Clock:
    """A clock that stands still until it is moved (ns)."""

    def __init__(self) -> None:
        self.value = 0

    def __call__(self) -> int:
        return self.value


class WatchApp(App[None]):
    """The run screen alone, as the shell would show it; keeps the messages that the shell would act on."""

    CSS_PATH = Path(pipeline_tui.__file__).with_name("styles") / "app.tcss"

    def __init__(self, source: ScriptedRun, *, debug: bool = False) -> None:
        super().__init__()
        self.animation_level = "none"
        self.clock = Clock()
        self.watch = RunScreen(source, title="draft", debug=debug, clock=self.clock)
        self.posted: list[str] = []
        self.theme = "textual-dark"

    def on_mount(self) -> None:
        gate_of(self).manual = True
        self.push_screen(self.watch)

    def notify(self, message: str, *, timeout: float | None = None, **more: Any) -> None:
        """Toasts stay: a picture must not depend on how fast it was taken."""
        super().notify(message, timeout=3600, **more)

    def on_run_screen_rerun(self, _event: RunScreen.Rerun) -> None:
        self.posted.append("rerun")

    def on_run_screen_closed(self, _event: RunScreen.Closed) -> None:
        self.posted.append("closed")


async def until(pilot: Pilot[Any], condition: Callable[[], object]) -> None:
    """Let the app work until `condition` holds: by the clock, since threads and servers may have to work too."""
    give_up = monotonic() + PATIENCE
    while not condition():
        assert monotonic() < give_up, "the condition never held"
        await pilot.pause()


async def feed(pilot: Pilot[Any], source: ScriptedRun, *items: AnyEvent | list[AnyEvent]) -> None:
    """Hand events to the app through `batches()`, wait until it has them, and draw one frame."""
    source.emit(*items)
    app = pilot.app
    assert isinstance(app, WatchApp)
    last = source.history()[-1].seq
    await until(pilot, lambda: app.watch.view.seen >= last)
    app.watch.ticker.pause()  # the clock stands still; what it would draw is drawn here
    await pilot.pause()
    gate_of(app).run()
    app.watch.flush()
    await pilot.pause()
