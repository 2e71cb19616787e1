"""A recording made into a response: its bytes as they are, in the wanted cuts, at the wanted pace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.faults import Injector, Unit
from pipeline_runtime.simulator.cutting import cut
from pipeline_runtime.simulator.recording import Piece, Recording, read_recording
from pipeline_runtime.simulator.schedule import gaps
from pipeline_runtime.simulator.script import Action, Cut, Plan, Reply, Send, Wait, actions_of, buffered_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.simulator.dialect import Headers
    from pipeline_runtime.simulator.faults import Fault
    from pipeline_runtime.simulator.replay import Replay
    from pipeline_runtime.simulator.scenario import Scenario


def replay(scenario: Scenario, source: Replay, faults: Sequence[Fault]) -> Reply:
    """Answer with a recorded body.

    Raises:
        InputError: it cannot be read.
    """
    recording = read_recording(source)
    headers = _headers(recording, source)
    given_pace = "timing" in scenario.model_fields_set
    if recording.timed and not given_pace and source.chunks is None:
        plan = _plan(recording.pieces, faults, recording)
    else:
        parts = _parts(recording, source, headers)
        pace = gaps(scenario.timing, len(parts))
        plan = _plan([Piece(part, gap) for part, gap in zip(parts, pace, strict=True)], faults, recording)
    if scenario.delivery == "buffered":
        plan = buffered_plan(plan)
    status = recording.status if source.status is None else source.status
    return Reply(status, headers, plan, streamed=_is_streamed(headers, plan))


def _parts(recording: Recording, source: Replay, headers: Headers) -> list[bytes]:
    if recording.timed and source.chunks is None:
        return [piece.data for piece in recording.pieces]
    return cut(recording.body, source.chunks, _content_type(headers))


def _headers(recording: Recording, source: Replay) -> Headers:
    headers = dict(recording.headers) | source.headers
    if source.content_type is not None:
        headers["content-type"] = source.content_type
    # A recording may have had no content type; an empty one given by the scenario means none either.
    return tuple((name, value) for name, value in headers.items() if value or name != "content-type")


def _content_type(headers: Headers) -> str:
    return dict(headers).get("content-type", "")


def _is_streamed(headers: Headers, plan: Plan) -> bool:
    """A single JSON body tells its length; everything else comes in chunks."""
    sends = sum(isinstance(action, Send) for action in plan.actions)
    return sends != 1 or not _content_type(headers).startswith("application/json")


def _plan(pieces: Sequence[Piece], faults: Sequence[Fault], recording: Recording) -> Plan:
    """The pieces with their gaps; positions of faults count pieces."""
    injector = Injector(faults, _Mute(), total=len(pieces))
    actions: list[Action] = []
    for piece in pieces:
        told = list(actions_of(injector.feed(Unit(piece.data, delta=True))))
        first = next((place for place, action in enumerate(told) if isinstance(action, Send)), len(told))
        pause = [Wait(piece.gap)] if first < len(told) or not injector.over else []
        actions += [*told[:first], *pause, *told[first:]]
        if injector.over:
            return Plan(tuple(actions), recording.before)
    actions += actions_of(injector.close())
    if injector.over:
        return Plan(tuple(actions), recording.before)
    return Plan((*actions, Wait(recording.rest), *[Cut()] * recording.cut), recording.before)


class _Mute:
    """Bytes of no known protocol have no words of their own: such faults are refused by the scenario."""

    def error(self, error_type: str) -> bytes:
        raise NotImplementedError(error_type)

    def unknown(self) -> bytes:
        raise NotImplementedError
