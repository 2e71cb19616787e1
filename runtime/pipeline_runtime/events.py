"""The vocabulary: everything that can happen in a run, as one closed union of frozen types.

A run emits events in order. Each carries where it belongs (`run`, `step`, `attempt`), its place in the run
(`seq`, counted from 0 without holes) and when it happened (`at`, nanoseconds since the run began, monotonic).
The JSON form is what `run --json` prints and what the run log holds; `docs/events.md` documents it.

Run-level events have `step` and `attempt` null; step-level events have `attempt` null.
All durations are nanoseconds. All offsets and sizes are bytes.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from msgspec import Struct

Lane: TypeAlias = Literal["text", "thinking", "tool_input", "refusal"]
Mode: TypeAlias = Literal["mock", "live", "replay", "tap"]
Delivery: TypeAlias = Literal["stream", "sync", "buffered"]
Status: TypeAlias = Literal["ok", "failed", "cancelled", "skipped"]
FinishReason: TypeAlias = Literal[
    "stop", "length", "tool_use", "refusal", "content_filter", "pause", "error", "cancelled", "other"
]
Verdict: TypeAlias = Literal["complete", "truncated", "refused", "cut_by_limit", "error"]


# --- what events carry ------------------------------------------------------------------------------------


class Usage(Struct, frozen=True):
    """Token counts as the server gave them. `None` means that the server did not say: never recorded as 0."""

    input: int | None = None
    output: int | None = None
    cached: int | None = None
    """Input tokens that were read from a cache."""
    cache_write: int | None = None
    reasoning: int | None = None
    """The part of `output` that was spent on thinking."""
    total: int | None = None
    raw: Any = None
    """The usage object as sent (the last one, or the merge of a split one)."""


class ToolCall(Struct, frozen=True):
    """One tool call, its argument fragments joined."""

    index: int
    id: str | None
    name: str | None
    arguments: str
    """The raw JSON text as it was streamed; a tool called without arguments is `{}`."""
    input: Any = None
    """`arguments` parsed; `None` when they are cut or not JSON (see `complete`)."""
    complete: bool = True


class FallbackInfo(Struct, frozen=True):
    """Why a call that asked for a stream was answered by a sync call."""

    reason: str
    source: str
    """Who decided: `server` (it refused), `response` (it answered without a stream), `remembered`."""
    evidence: str
    """The server's own words, or what was seen on the wire."""


class StallInfo(Struct, frozen=True):
    """One stall: no progress for longer than max(1 s, 5 x the median gap so far)."""

    after: int
    """How many deltas had come."""
    at: int
    """When the last progress before it was seen, in ns since the attempt's request was sent."""
    duration: int


class Timings(Struct, frozen=True):
    """Durations in ns since the request of this attempt was sent; `None`: it did not happen.

    `first_delta` (TTFT) is the first non-empty delta of any lane; role-only, empty, ping and usage events do
    not count. `first_text` is the first delta outside `thinking`. Gaps are between deltas that came in
    different socket reads; deltas of one read are a burst and their gaps are not measured.
    """

    total: int
    headers: int | None = None
    first_byte: int | None = None
    first_delta: int | None = None
    first_text: int | None = None
    last_delta: int | None = None
    deltas: int = 0
    frames: int = 0
    chunks: int = 0
    bytes: int = 0
    gap_p50: int | None = None
    gap_p90: int | None = None
    gap_p95: int | None = None
    gap_p99: int | None = None
    gap_max: int | None = None
    burst_share: float | None = None
    """The part of the neighbouring deltas that came in one socket read; `None` below two deltas."""
    stall_share: float | None = None
    """The part of the time since the first delta that was spent in stalls; `None` without such a time."""
    time_per_token: int | None = None
    """TPOT: the time from the first delta to the last, divided by the output tokens after the first."""
    tokens_per_second: float | None = None
    """Output tokens after the first delta, divided by the time they took; `None` without usage."""
    stalls: tuple[StallInfo, ...] = ()

    @property
    def gap_percentiles(self) -> tuple[tuple[str, int | None], ...]:
        """What is told of the gaps, by name: `p50`, `p90`, `p95`, `p99`, `max`."""
        return (
            ("p50", self.gap_p50),
            ("p90", self.gap_p90),
            ("p95", self.gap_p95),
            ("p99", self.gap_p99),
            ("max", self.gap_max),
        )


class Choice(Struct, frozen=True):
    """One of several answers (`n > 1`)."""

    index: int
    text: str = ""
    thinking: str = ""
    refusal: str = ""
    finish_reason: FinishReason | None = None
    finish_reason_raw: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()


class Response(Struct, frozen=True):
    """What a call came to: whole in `done`, as far as it got in `error`."""

    text: str
    delivery: Delivery
    timings: Timings
    thinking: str = ""
    refusal: str = ""
    finish_reason: FinishReason | None = None
    finish_reason_raw: str | None = None
    verdict: Verdict = "complete"
    usage: Usage | None = None
    model: str | None = None
    id: str | None = None
    """The id that the body gives itself."""
    request_id: str | None = None
    """The id in the response's headers: the one to quote to the provider."""
    tool_calls: tuple[ToolCall, ...] = ()
    citations: tuple[Any, ...] = ()
    blocks: tuple[Any, ...] = ()
    """Content that is no text, thinking or tool call (server tool results, redacted thinking), as sent."""
    choices: tuple[Choice, ...] = ()
    """All answers when there are several; empty when there is one."""
    fallback: FallbackInfo | None = None


class StepSummary(Struct, frozen=True):
    """How one step ended, for lists."""

    step: str
    status: Status
    elapsed: int
    delivery: Delivery | None = None
    first_delta: int | None = None
    output_tokens: int | None = None
    reason: str | None = None
    """Why it failed, was skipped, or fell back."""
    deltas: int | None = None
    """`None`: nothing answered."""
    stalls: int | None = None


class Request(Struct, frozen=True):
    """The HTTP request as sent, secrets masked."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: Any


# --- the events -------------------------------------------------------------------------------------------


class Event(Struct, frozen=True, tag_field="kind"):
    """What every event carries. Never made by itself: see the union `AnyEvent`."""

    run: str
    step: str | None
    attempt: int | None
    seq: int
    at: int


class RunStarted(Event, frozen=True, tag="run_started"):
    """A workflow begins."""

    workflow: str
    mode: Mode
    steps: tuple[str, ...]
    inputs: dict[str, Any]
    path: str | None = None
    """The workflow's file; `None` for one made in code."""
    started_at: str = ""
    """Wall clock, ISO 8601 with offset."""
    version: str = ""
    note: str | None = None
    """Why this mode, when it was not chosen: e.g. no key for a provider."""
    notices: tuple[str, ...] = ()
    """What of the workflow's file is read otherwise than it says, or not at all."""
    faults: tuple[str, ...] = ()
    """What was made to go wrong on purpose: in every step, or in one as `STEP: FAULT`."""


class StepStarted(Event, frozen=True, tag="step_started"):
    """A step begins: what it asks of whom."""

    provider: str
    protocol: str
    model: str
    stream: bool
    """What the step asked for, not what happens."""
    prompt: str = ""
    handlers: tuple[str, ...] = ()
    think_tags: bool = False
    """`<think>…</think>` at the beginning of a text is read as thinking."""


class AttemptStarted(Event, frozen=True, tag="attempt_started"):
    """One try at the step: its request is about to be sent."""

    request: Request
    asked: Literal["stream", "sync"]
    why: Literal["first", "retry", "fallback", "restart", "resume"] = "first"


class ResponseOpened(Event, frozen=True, tag="response_opened"):
    """Status line and headers are here (masked by an allow-list)."""

    status: int
    headers: tuple[tuple[str, str], ...]
    http_version: str = "HTTP/1.1"


class FrameReceived(Event, frozen=True, tag="frame", gc=False):
    """One complete wire unit, before anything interprets it: comments and keepalives included."""

    n: int
    """The frame's number in its attempt, from 0."""
    event: str
    """The SSE event name (`message` when the frame names none); empty where the framing has no names."""
    data: str | None
    """The data as text (invalid UTF-8 as U+FFFD); `None` for a frame without data."""
    offset: int
    """Where its raw bytes begin in the attempt's body."""
    size: int
    chunks: tuple[int, int]
    """The first and the last chunk that hold its bytes, from 0."""
    id: str | None = None
    retry: int | None = None
    comment: str | None = None
    complete: bool = True
    """False: the body ended before the frame did."""


class Delta(Event, frozen=True, tag="delta", gc=False):
    """The new part only."""

    content: str
    lane: Lane
    index: int
    """The content block or tool call that it belongs to."""
    frame: int | None
    """The frame it came in; `None` in a sync answer."""
    choice: int = 0
    tool: str | None = None
    """In lane `tool_input`: the tool's name (its first delta may have empty content)."""


class Lint(Event, frozen=True, tag="lint"):
    """The stream is not as it should be, and goes on."""

    code: str
    message: str
    cure: str
    frame: int | None = None


class Unknown(Event, frozen=True, tag="unknown"):
    """A frame that the protocol does not know. It is kept, and shown."""

    type: str
    data: str
    frame: int | None = None


class Stall(Event, frozen=True, tag="stall"):
    """Told twice: when a gap becomes a stall (`began`, while it lasts) and when it is over (`ended`)."""

    phase: Literal["began", "ended"]
    after: int
    """How many deltas had come."""
    gap: int
    """Silence so far (`began`) or in all (`ended`), in ns."""
    median: int
    """The median gap before it, in ns."""


class Fallback(Event, frozen=True, tag="fallback"):
    """From streaming to a sync call."""

    reason: str
    source: str
    evidence: str
    status: int | None = None


class Retry(Event, frozen=True, tag="retry"):
    """The attempt is over and another follows: from nothing, or (`resume`) behind what was delivered."""

    reason: str
    delay: int
    evidence: str = ""
    status: int | None = None
    change: Literal["none", "drop_stream_options", "stream", "resume"] = "none"
    """What the next attempt does otherwise."""


class Error(Event, frozen=True, tag="error"):
    """Something failed. `fatal`: the step ends with it; otherwise (a handler that raised) it goes on."""

    type: str
    """A word of ours (`idle_timeout`, `handler_error`) or of the server (`overloaded_error`)."""
    message: str
    cure: str = ""
    fatal: bool = True
    status: int | None = None
    """The HTTP status, which may be 200 when the error came in the stream."""
    request_id: str | None = None
    response: Response | None = None
    """The partial answer, when some of it had come."""
    traceback: str | None = None


class Done(Event, frozen=True, tag="done"):
    """The call is complete."""

    response: Response


class StepFinished(Event, frozen=True, tag="step_finished"):
    """The step is over."""

    status: Status
    elapsed: int
    attempts: int
    delivery: Delivery | None = None
    reason: str | None = None
    """Why it failed or was skipped."""
    saved: str | None = None
    """The file that its answer was written to."""


class RunFinished(Event, frozen=True, tag="run_finished"):
    """The run is over: its last event."""

    status: Status
    elapsed: int
    steps: tuple[StepSummary, ...] = ()
    log: str | None = None
    """The run log's file."""


AnyEvent: TypeAlias = (
    RunStarted
    | StepStarted
    | AttemptStarted
    | ResponseOpened
    | FrameReceived
    | Delta
    | Lint
    | Unknown
    | Stall
    | Fallback
    | Retry
    | Error
    | Done
    | StepFinished
    | RunFinished
)
