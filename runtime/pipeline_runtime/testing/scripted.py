"""A stream from a few words: the events that a handler would get, without a provider and without waiting."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

from pipeline_runtime.errors import InputError
from pipeline_runtime.events import Delta, StepStarted
from pipeline_runtime.handlers.contract import RunInfo
from pipeline_runtime.handlers.kinds import EVENT_TYPES
from pipeline_runtime.handlers.loading import load_handler
from pipeline_runtime.origin import Origin
from pipeline_runtime.protocols import PROTOCOL_NAMES, get_protocol
from pipeline_runtime.protocols.base import Endpoint, Message, ModelRequest
from pipeline_runtime.secrets import Masker
from pipeline_runtime.stream.call import ModelCall, call_model
from pipeline_runtime.stream.retries import RetryPolicy
from pipeline_runtime.testing.script import Script
from pipeline_runtime.testing.stage import Stage
from pipeline_runtime.testing.virtual_time import run_virtually
from pipeline_runtime.transport import Timeouts
from pipeline_runtime.workflow.spelling import suggest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence

    from pipeline_runtime.events import AnyEvent, AttemptStarted
    from pipeline_runtime.handlers.contract import HandlerLike
    from pipeline_runtime.protocols.base import HttpRequest
    from pipeline_runtime.testing.parts import Part
    from pipeline_runtime.testing.virtual_time import VirtualLoop
    from pipeline_runtime.wire.frames import Chunk

RUN = "scripted"
STEP = "scripted"
_URL = "http://127.0.0.1:9"
"""Nothing is ever sent there: it is what the requests of a scripted stream say."""


def scripted_stream(
    *parts: Part,
    protocol: str = "anthropic",
    model: str = "scripted",
    prompt: str = "Say it.",
    stream: bool = True,
    retry: RetryPolicy | None = None,
    timeouts: Timeouts | None = None,
    **scenario: Any,
) -> ScriptedStream:
    """The events of a step whose model says `parts`.

    The simulator writes the wire format, and the code that makes every real call reads it: framing,
    decoders, stalls, retries and fallbacks are those of a run. Only time and the socket are not: a stall of a
    minute takes no time, and is a minute in the events.

    Args:
        *parts: Texts, each one delta, and what `thinking`, `refusal`, `tool`, `stall`, `error`, `disconnect`
            and `status` give.
        protocol: The wire format.
        model: What is asked.
        prompt: What it is asked for.
        stream: Ask for a stream.
        retry: How often to try; three times when not given.
        timeouts: How long to wait; the runtime's own when not given.
        **scenario: Further keys of a scenario (docs/simulator.md), such as `usage`, `finish`, `timing`,
            `delivery`, `refuse_stream` and `faults`.

    Raises:
        InputError: There is no such protocol, or nothing is said.
        WorkflowError: A key of the scenario is not right.
    """
    if protocol not in PROTOCOL_NAMES:
        raise InputError(f"there is no protocol '{protocol}'", cure=suggest(protocol, PROTOCOL_NAMES))
    if not parts:
        raise InputError("the script says nothing", cure="give texts: scripted_stream('Hello ', 'world')")
    script = Script(parts, scenario)
    request = ModelRequest(model=model, messages=(Message("user", prompt),), stream=stream)

    def call(loop: VirtualLoop) -> ModelCall:
        return ModelCall(
            protocol=get_protocol(protocol),
            endpoint=Endpoint(RUN, protocol, _URL, "scripted"),
            request=request,
            timeouts=timeouts or Timeouts(),
            retry=retry or RetryPolicy(),
            masker=Masker(()),
            epoch=0,
            clock=loop.clock,
        )

    collected = _Collected()
    origin = Origin.of_run(RUN).of_step(STEP)
    collected.events.append(
        StepStarted(RUN, STEP, None, origin.next_seq(), 0, RUN, protocol, model, stream=stream, prompt=prompt)
    )

    async def play(loop: VirtualLoop) -> None:
        stage = Stage(script, protocol, loop)
        await call_model(call(loop), transport=stage, outlet=collected, origin=origin)

    run_virtually(play)
    return ScriptedStream(collected.events, collected.body)


class ScriptedStream:
    """What `scripted_stream` gives: iterate it, sync or async, for its events, or feed it to a handler."""

    def __init__(self, events: Sequence[AnyEvent], body: bytes) -> None:
        self.events = tuple(events)
        self.body = body
        """Every byte of the answers, as they were on the wire."""

    def __iter__(self) -> Iterator[AnyEvent]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)

    async def __aiter__(self) -> AsyncIterator[AnyEvent]:
        for event in self.events:
            yield event

    @property
    def deltas(self) -> list[Delta]:
        """The deltas only."""
        return [event for event in self.events if isinstance(event, Delta)]

    async def feed(self, handler: HandlerLike, opts: Mapping[str, Any] | None = None) -> Any:
        """Give the events to a handler as a run does: made anew, started, only its kinds, closed.

        What the handler raises is raised here: a run would make an event of it and go on.

        Args:
            handler: A function, a class, a factory, an object, or a name such as `my_handlers:Counter`.
            opts: What a workflow file has as `stream_handler_opts`.

        Returns:
            The handler: the object that was made, or the function.

        Raises:
            HandlerLoadError: It cannot be found, its options are wrong, or it does not take one event.
        """
        loaded = load_handler(handler, opts)
        types = tuple(EVENT_TYPES[kind] for kind in loaded.kinds)
        if loaded.start is not None:
            await _awaited(loaded.start(RunInfo(id=RUN, workflow=RUN, step=STEP, mode="mock")))
        try:
            for event in self.events:
                if isinstance(event, types):
                    await _awaited(loaded.handle_event(event))
        finally:
            if loaded.close is not None:
                await _awaited(loaded.close())
        return loaded.target

    def feed_sync(self, handler: HandlerLike, opts: Mapping[str, Any] | None = None) -> Any:
        """What `feed` does, for tests without an event loop.

        Raises:
            HandlerLoadError: It cannot be found, its options are wrong, or it does not take one event.
        """
        return asyncio.run(self.feed(handler, opts))


class _Collected:
    """Implements `stream.outlet.Outlet`: keeps everything."""

    congested = False

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        self._bytes: list[bytes] = []

    @property
    def body(self) -> bytes:
        return b"".join(self._bytes)

    async def approve(self, event: Callable[[], AttemptStarted], request: HttpRequest) -> HttpRequest:
        del event
        return request

    def emit(self, event: AnyEvent) -> None:
        self.events.append(event)

    def emit_derived(self, events: Sequence[AnyEvent]) -> None:
        self.events.extend(events)

    def chunk(self, origin: Origin, chunk: Chunk) -> None:
        del origin
        self._bytes.append(chunk.data)

    def body_end(self, origin: Origin, at: int, *, given_up: bool) -> None:
        """Nothing to keep."""

    async def ready(self) -> None:
        """Always."""


async def _awaited(result: Any) -> None:
    if inspect.isawaitable(result):
        await result
