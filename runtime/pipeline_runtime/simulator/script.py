"""What a response does, step by step: frames, timing, faults and delivery made into a plan. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from pipeline_runtime.faults import Cut as BreakOff
from pipeline_runtime.faults import End, Injector, Silence, Unit, Write, whole_effects
from pipeline_runtime.simulator.ask import Ask
from pipeline_runtime.simulator.dialect import Dialect, Identity
from pipeline_runtime.simulator.faults import placed
from pipeline_runtime.simulator.schedule import gaps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pipeline_runtime.faults import Effect
    from pipeline_runtime.simulator.faults import Fault
    from pipeline_runtime.simulator.frames import Frame
    from pipeline_runtime.simulator.scenario import Timing


class Wait(Struct, frozen=True):
    """Silence."""

    seconds: float


class Send(Struct, frozen=True):
    """One write."""

    data: bytes


class Cut(Struct, frozen=True):
    """The connection is closed without an end to the body; nothing follows."""


Action: TypeAlias = Wait | Send | Cut


class Voice(Struct, frozen=True):
    """Who speaks in a stream, to whom: what the frames of faults are made from."""

    dialect: Dialect
    ask: Ask
    ids: Identity


class Plan(Struct, frozen=True):
    """A whole response body."""

    actions: tuple[Action, ...]
    before: float = 0.0
    """Seconds before status and headers are sent."""


class Lasting(Struct, frozen=True):
    """A response that goes on without its client, and can be read again."""

    id: str
    legs: tuple[Plan, ...]
    """The whole stream, as its first connection gets it, its second, and so on."""


class Reply(Struct, frozen=True):
    """One HTTP response, ready to be played."""

    status: int
    headers: tuple[tuple[str, str], ...]
    plan: Plan
    streamed: bool = False
    """The body is sent in chunks; otherwise its length is announced."""
    lasting: Lasting | None = None
    """What is kept of it for later requests."""


def stream_plan(frames: Sequence[Frame], timing: Timing, faults: Sequence[Fault], voice: Voice) -> Plan:
    """Frames as they are made, each after its gap, with the faults at their places."""
    actions: Iterable[Action] = _Director(frames, timing, faults, voice).direct()
    sign = voice.dialect.keepalive()
    for fault in faults:
        if fault.kind == "keepalive" and sign:
            actions = _with_keepalives(actions, fault.seconds, sign)
    return Plan(tuple(actions))


def buffered_plan(plan: Plan) -> Plan:
    """The same, held back by a proxy until it is complete: one long wait, one write."""
    whole = b"".join(action.data for action in plan.actions if isinstance(action, Send))
    cut = tuple(action for action in plan.actions if isinstance(action, Cut))
    return Plan((Send(whole), *cut), before=_silence(plan.actions))


def sync_plan(body: bytes, timing: Timing, pieces: int, faults: Sequence[Fault]) -> Plan:
    """One JSON body, after the time that its pieces take.

    Stalls add to that time; a cut or malformed body is half of it.
    """
    actions = tuple(actions_of(whole_effects(body, faults)))
    before = sum(gaps(timing, pieces)) + _silence(actions)
    return Plan(tuple(action for action in actions if not isinstance(action, Wait)), before)


def actions_of(effects: Iterable[Effect]) -> Iterator[Action]:
    """What faults made of a stream, as the simulator plays it."""
    for effect in effects:
        match effect:
            case Write():
                yield Send(effect.data)
            case Silence():
                yield Wait(effect.seconds)
            case BreakOff():
                yield Cut()
            case End():
                pass


def _silence(actions: Iterable[Action]) -> float:
    return sum(action.seconds for action in actions if isinstance(action, Wait))


class _Director:
    """Walks the frames once and gives the actions: each frame goes through the faults when it is due."""

    def __init__(
        self, frames: Sequence[Frame], timing: Timing, faults: Sequence[Fault], voice: Voice
    ) -> None:
        total = sum(frame.delta for frame in frames)
        self.frames = frames
        self.gaps = iter(gaps(timing, total))
        self.voice = voice
        self.position = 0
        """How many frames were sent: some protocols number theirs."""
        self.injector = Injector(placed(faults, total), self, total=total)

    def direct(self) -> Iterator[Action]:
        """The actions, up to the fault that ends them."""
        for frame in self.frames:
            gap = next(self.gaps) if frame.delta else None
            unit = Unit(self._encoder(frame), frame.delta, frame.last, gap)
            yield from actions_of(self.injector.feed(unit))
            if self.injector.over:
                return
        yield from actions_of(self.injector.close())

    def error(self, error_type: str) -> bytes:
        """See `faults.effects.Voice`."""
        frames = self.voice.dialect.error_frames(error_type, self.voice.ask, self.voice.ids)
        return b"".join(self._encoder(frame)() for frame in frames)

    def unknown(self) -> bytes:
        """See `faults.effects.Voice`."""
        return self._encoder(self.voice.dialect.unknown_frame(self.voice.ids))()

    def _encoder(self, frame: Frame) -> Callable[[], bytes]:
        """Gives the frame its number when it is sent; sent again it has the same one, and opens nothing."""
        number: int | None = None

        def encode() -> bytes:
            nonlocal number
            if number is not None:
                return frame.encode(max(1, number))
            number, self.position = self.position, self.position + 1
            return frame.encode(number)

        return encode


def _with_keepalives(actions: Iterable[Action], every: float, data: bytes) -> Iterator[Action]:
    """Break silences longer than `every` seconds with keepalives."""
    silent = 0.0
    for action in actions:
        if not isinstance(action, Wait):
            silent = 0.0
            yield action
            continue
        left = action.seconds
        while silent + left > every:
            yield Wait(every - silent)
            yield Send(data)
            left -= every - silent
            silent = 0.0
        silent += left
        yield Wait(left)
