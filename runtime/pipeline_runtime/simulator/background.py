"""Background responses: what was begun goes on without its client, and can be read again from any event."""

from __future__ import annotations

import json
import re
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from msgspec import Struct

from pipeline_runtime.simulator.dialect import Failure, Identity
from pipeline_runtime.simulator.frames import encode
from pipeline_runtime.simulator.script import Lasting, Plan, Reply, Send, Wait, stream_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.simulator.dialect import Dialect
    from pipeline_runtime.simulator.faults import Fault
    from pipeline_runtime.simulator.frames import Frame
    from pipeline_runtime.simulator.scenario import Timing
    from pipeline_runtime.simulator.script import Action, Voice

KEPT = 64
"""How many responses are kept; the oldest is forgotten first."""
_NUMBER = re.compile(rb'"sequence_number":(\d+)\}\n\n$')
_DATA = re.compile(rb"^data: (.*)$", re.MULTILINE)


def legs_of(
    frames: Sequence[Frame], timing: Timing, faults: Sequence[Fault], voice: Voice
) -> tuple[Plan, ...]:
    """The same stream for each connection: the n-th is cut by the n-th `disconnect`, the last by none."""
    breaks = sorted((fault for fault in faults if fault.kind == "disconnect"), key=lambda fault: fault.at)
    others = [fault for fault in faults if fault.kind != "disconnect"]
    cuts = [[fault] for fault in breaks]
    return tuple(stream_plan(frames, timing, [*others, *cut], voice) for cut in [*cuts, []])


def rest_of(plan: Plan, after: int, elapsed: float) -> Plan:
    """What follows an event: at once what is due already, the rest when it is.

    Args:
        plan: the whole stream.
        after: the `sequence_number` of the event.
        elapsed: seconds of the plan's own time since it began.
    """
    actions: list[Action] = []
    due, told, number = 0.0, elapsed, -1
    for action in plan.actions:
        if isinstance(action, Wait):
            due += action.seconds
            continue
        if isinstance(action, Send):
            found = _NUMBER.search(action.data)
            if found is None and action.data.startswith(b":"):
                continue  # a comment belongs to the connection that it kept alive
            number = int(found[1]) if found else number + 1
            if number <= after:
                continue
        actions += [Wait(max(0.0, due - told)), action]
        told = max(told, due)
    return Plan(tuple(actions))


class _Kept(Struct):
    lasting: Lasting
    began: float
    connections: int = 1


class Backgrounds:
    """The background responses of a simulator. Safe to use from several threads."""

    def __init__(self, time_scale: float) -> None:
        self._time_scale = time_scale
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._lock = threading.Lock()

    def keep(self, key: str, lasting: Lasting) -> None:
        """A response begins, in the scenario of this key."""
        with self._lock:
            while len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key, lasting.id] = _Kept(lasting, time.monotonic())

    def retrieve(self, dialect: Dialect, key: str, response: str, query: str) -> Reply:
        """Answer `GET /responses/{response}`: with `stream=true` its events, else how it stands."""
        ids = Identity(f"{key}:{response}:{query}", int(time.time()))
        asked = parse_qs(query)
        with self._lock:
            kept = self._kept.get((key, response))
        if kept is None:
            return _refused(dialect, Failure(404, f"Response with id '{response}' not found."), ids)
        if asked.get("stream") != ["true"]:
            return self._as_it_stands(dialect, kept, ids)
        after = asked.get("starting_after", ["-1"])[0]
        if not re.fullmatch(r"-1|\d{1,18}", after):
            wrong = "Invalid 'starting_after': expected an integer."
            return _refused(dialect, Failure(400, wrong, "starting_after", "invalid_type"), ids)
        with self._lock:
            leg = kept.lasting.legs[min(kept.connections, len(kept.lasting.legs) - 1)]
            kept.connections += 1
        headers = (*dialect.stream_headers, *dialect.headers(ids, exhausted=False))
        return Reply(200, headers, rest_of(leg, int(after), self._elapsed(kept)), streamed=True)

    def _as_it_stands(self, dialect: Dialect, kept: _Kept, ids: Identity) -> Reply:
        plan = kept.lasting.legs[-1]
        lasts = sum(action.seconds for action in plan.actions if isinstance(action, Wait))
        sends = [action.data for action in plan.actions if isinstance(action, Send)]
        response = _response_in(sends[-1] if self._elapsed(kept) >= lasts else sends[0])
        headers = (("content-type", dialect.json_type), *dialect.headers(ids, exhausted=False))
        return Reply(200, headers, Plan((Send(encode(json.dumps(response, ensure_ascii=False, indent=2))),)))

    def _elapsed(self, kept: _Kept) -> float:
        """Seconds of the plan's own time."""
        if self._time_scale <= 0:
            return float("inf")
        return (time.monotonic() - kept.began) / self._time_scale


def _response_in(event: bytes) -> object:
    found = _DATA.search(event)
    return json.loads(found[1]).get("response") if found else None


def _refused(dialect: Dialect, failure: Failure, ids: Identity) -> Reply:
    headers = (("content-type", dialect.failure_type), *dialect.headers(ids, exhausted=False))
    return Reply(failure.status, headers, Plan((Send(dialect.failure(failure, ids)),)))
