"""The one transform: frames in, what a client shall see of them out. Pure: it neither waits nor sends."""

from __future__ import annotations

from collections import deque
from random import Random
from typing import TYPE_CHECKING

from pipeline_runtime.faults.damage import halved, inside_character, parts_of
from pipeline_runtime.faults.effects import Cut, End, Silence, Write
from pipeline_runtime.faults.model import resolved
from pipeline_runtime.faults.octets import ByteStage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pipeline_runtime.faults.effects import Effect, Unit, Voice
    from pipeline_runtime.faults.model import Fault, FaultKind

PAUSE = 0.02
"""Seconds between the parts of a split frame: else they could come in one read."""
PIECE = b"x" * 65536
ENDLESS = 17 * 16
"""How many pieces an endless frame has, 17 MiB: more than any frame may have; silence follows."""
FOREVER = 86400.0
_ENDING = frozenset({"disconnect", "error", "unknown", "stall"})
"""What happens at the end of the answer when its position is past the last delta."""


class Injector:
    """The faults of one response body."""

    def __init__(self, faults: Sequence[Fault], voice: Voice, *, total: int | None = None) -> None:
        """`total`: how many deltas there will be, where that is known beforehand."""
        self.over = False
        """Nothing more is taken or given."""
        self._faults = [fault for fault in faults if fault.unit == "delta"]
        self._octets = ByteStage([fault for fault in faults if fault.unit == "byte"])
        self._voice = voice
        self._seed = next((fault.number for fault in faults if fault.kind == "seed"), None)
        self._ahead = max((-fault.at for fault in self._faults), default=0)
        self._waiting: deque[Unit] = deque()
        self._come = 0
        self._next = 0
        self._total: int | None = None
        self._bundle: list[bytes] | None = None
        self._swapped: bytes | None = None
        self._utf8: set[int] = set()
        self._met: set[int] = set()
        if total is not None:
            self._settle(total)

    def feed(self, unit: Unit) -> list[Effect]:
        """What becomes of a frame, and of those that waited for it."""
        self._waiting.append(unit)
        self._come += unit.delta
        if unit.last:
            self._settle(self._come)
        effects: list[Effect] = []
        while self._waiting and self._is_due():
            effects += self._take(self._waiting.popleft())
        return self._given(effects)

    def close(self) -> list[Effect]:
        """The body is over: what is left."""
        self._settle(self._come)
        effects: list[Effect] = []
        while self._waiting:
            effects += self._take(self._waiting.popleft())
        return self._given([*effects, *self._at_end()])

    # --- what is due --------------------------------------------------------------------------------------

    def _settle(self, total: int) -> None:
        """From here on it is known how many deltas there are."""
        self._total = total
        self._faults = [resolved(fault, total) for fault in self._faults]
        self._ahead = 0

    def _is_due(self) -> bool:
        return not self._waiting[0].delta or self._ahead == 0 or self._come - self._next > self._ahead

    def _given(self, effects: Iterable[Effect]) -> list[Effect]:
        given: list[Effect] = []
        for effect in self._octets.pass_on(effects):
            if self.over:
                break
            given.append(effect)
            self.over = isinstance(effect, Cut | End)
        return given

    def _take(self, unit: Unit) -> Iterator[Effect]:
        if unit.delta:
            yield from self._before(self._next)
            yield from self._deliver(unit, self._next)
            self._next += 1
            return
        if unit.last:
            yield from self._at_end()
        elif self._total is not None and self._next >= self._total:
            yield from self._belated()
        if not (unit.last and self._has("no_terminator")):
            yield from self._write(unit.made())

    def _at_end(self) -> Iterator[Effect]:
        """What was held goes; what has not been met happens before the end."""
        yield from self._flush()
        yield from self._belated()

    def _belated(self) -> Iterator[Effect]:
        """What has not been met by the last delta happens behind it."""
        for place, fault in enumerate(self._faults):
            if fault.kind in _ENDING and fault.at >= self._next and place not in self._met:
                self._met.add(place)
                yield from self._incident(fault, self._next)

    def _has(self, kind: FaultKind) -> bool:
        return any(fault.kind == kind for fault in self._faults)

    def _at(self, kind: FaultKind, position: int) -> bool:
        return any(fault.kind == kind and fault.covers(position) for fault in self._faults)

    # --- before a delta -----------------------------------------------------------------------------------

    def _before(self, position: int) -> Iterator[Effect]:
        for place, fault in enumerate(self._faults):
            if fault.covers(position):
                self._met.add(place)
                yield from self._incident(fault, position)

    def _incident(self, fault: Fault, position: int) -> Iterator[Effect]:
        if fault.kind in {"stall", "delay"}:
            yield Silence(fault.seconds)
        elif fault.kind == "jitter":
            yield Silence(fault.seconds * self._random("jitter", position).random())
        elif fault.kind == "unknown":
            yield from self._write(self._voice.unknown())
        elif fault.kind in {"disconnect", "error"}:
            yield from self._flush()
            yield Write(self._voice.error(fault.error)) if fault.kind == "error" else Cut()
            yield End()
        elif fault.kind == "endless":
            yield from self._flush()
            yield Write(halved(self._voice.unknown())[0])
            yield from [Write(PIECE)] * ENDLESS
            yield Silence(FOREVER)
        elif fault.kind == "split-utf8":
            self._utf8.add(position)

    # --- the delta ----------------------------------------------------------------------------------------

    def _deliver(self, unit: Unit, position: int) -> Iterator[Effect]:
        if unit.gap is not None:
            yield Silence(unit.gap)
        data = unit.made()
        if self._at("truncate", position):
            yield from self._flush()
            yield Write(halved(data)[0])
            yield End()
        if self._at("drop", position):
            return
        sent = [data, unit.made()] if self._at("duplicate", position) else [data]
        if self._at("malform", position):
            sent = [b"".join(halved(one)) for one in sent]
        data = b"".join(sent)
        if self._at("coalesce", position) and self._bundle is None:
            self._bundle = []
        if self._at("reorder", position) and self._swapped is None:
            self._swapped = data
            return
        yield from self._parted(data, position)
        if self._swapped is not None:
            swapped, self._swapped = self._swapped, None
            yield from self._write(swapped)
        if self._bundle is not None and not self._at("coalesce", position + 1):
            yield from self._flush()

    def _parted(self, data: bytes, position: int) -> Iterator[Effect]:
        if self._utf8 and (inside := inside_character(data)) is not None:
            self._utf8.clear()
            parts = [data[:inside], data[inside:]]
        else:
            number = max(
                (fault.number for fault in self._faults if fault.kind == "split" and fault.covers(position)),
                default=1,
            )
            random = None if self._seed is None else self._random("split", position)
            parts = parts_of(data, number, random) if number > 1 else [data]
        for place, part in enumerate(parts):
            if place:
                yield Silence(PAUSE)
            yield from self._write(part)

    def _write(self, data: bytes) -> Iterator[Effect]:
        if self._bundle is None:
            yield Write(data)
        else:
            self._bundle.append(data)

    def _flush(self) -> Iterator[Effect]:
        held, self._bundle = self._bundle or [], None
        if self._swapped is not None:
            held, self._swapped = [*held, self._swapped], None
        if held:
            yield Write(b"".join(held))

    def _random(self, kind: str, position: int) -> Random:
        return Random(f"{self._seed or 0}:{kind}:{position}")  # noqa: S311 - a fault, not a secret
