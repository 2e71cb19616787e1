"""From the words of a script to what the simulator is to answer: pure."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pipeline_runtime.simulator.answer import Answer, Spoken, Tokens
from pipeline_runtime.simulator.dialect import Identity
from pipeline_runtime.simulator.faults import parse_fault
from pipeline_runtime.simulator.loading import parse_scenario
from pipeline_runtime.simulator.pieces import split_pieces
from pipeline_runtime.simulator.responding import respond
from pipeline_runtime.simulator.script import Reply, Voice, buffered_plan, stream_plan
from pipeline_runtime.testing.parts import Called, Refused, Said, Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline_runtime.simulator.ask import Ask
    from pipeline_runtime.simulator.dialect import Dialect
    from pipeline_runtime.simulator.scenario import Finish, Scenario
    from pipeline_runtime.testing.parts import Part

NOW = 1_700_000_000
"""When scripted answers say that they were made, in Unix seconds."""
STEADY = {"first_token": 0.3, "rate": 50, "jitter": 0}


class Script:
    """What is said, in deltas exactly as written, and what goes wrong between them.

    The simulator answers; only where it would cut a text into pieces, the script's own pieces are sent.
    """

    def __init__(self, parts: Sequence[Part], scenario: Mapping[str, Any]) -> None:
        """Read it.

        Raises:
            WorkflowError: a key of the scenario is not right.
        """
        self._parts = tuple(parts)
        self._said = [part for part in self._parts if isinstance(part, str | Said | Called)]
        statuses = [f"status:{part.status}*{part.times}" for part in parts if isinstance(part, Refused)]
        keys = {"name": "scripted", "timing": STEADY, "reply": _reply(self._said), **scenario}
        keys["faults"] = [*statuses, *scenario.get("faults", ())]
        self._scenario: Scenario = parse_scenario(keys, "scripted_stream")

    def reply(self, dialect: Dialect, body: bytes, number: int) -> Reply:
        """How request `number` (from 0) is answered."""
        reply = respond(dialect, self._scenario, body, number=number, now=NOW)
        if not reply.streamed:
            return reply
        ask = dialect.read(json.loads(body))
        timing, delivery = self._scenario.timing, self._scenario.delivery
        voice = Voice(dialect, ask, _identity(number))
        frames = dialect.frames(
            (self._answer(self._said, dialect, ask),), ask, _identity(number), whole=delivery == "one_chunk"
        )
        faults = [parse_fault(text) for text in self._faults(dialect, ask)]
        plan = stream_plan(frames, timing, [*self._scenario.parsed_faults(), *faults], voice)
        return Reply(
            reply.status,
            reply.headers,
            plan if delivery == "stream" else buffered_plan(plan),
            streamed=True,
        )

    def _faults(self, dialect: Dialect, ask: Ask) -> list[str]:
        """The script's own faults; the dialect decides how many deltas stand before each."""
        found = []
        for place, part in enumerate(self._parts):
            if isinstance(part, Trouble):
                before = [one for one in self._parts[:place] if isinstance(one, str | Said | Called)]
                answer = self._answer(before, dialect, ask)
                frames = dialect.frames((answer,), ask, _identity(0), whole=False)
                found.append(part.at(sum(frame.delta for frame in frames)))
        return found

    def _answer(self, said: Sequence[str | Said | Called], dialect: Dialect, ask: Ask) -> Answer:
        parts = tuple(_spoken(said, dialect))
        lanes = {part.lane for part in parts}
        natural: Finish = "tool_use" if "tool_input" in lanes else "refusal" if "refusal" in lanes else "stop"
        plan = self._scenario.usage
        counted = {lane: sum(len(part.pieces) for part in parts if part.lane == lane) for lane in lanes}
        tokens = Tokens(
            input=len(split_pieces(ask.context)) if plan.input == "auto" else plan.input,
            output=sum(counted.values()) if plan.output == "auto" else plan.output,
            cached=plan.cached,
            reasoning=counted.get("thinking", 0) if plan.reasoning == "auto" else plan.reasoning,
        )
        return Answer(parts, self._scenario.finish or natural, tokens, self._scenario.timing)


def _identity(number: int) -> Identity:
    return Identity(f"scripted:{number}", NOW)


def _spoken(said: Sequence[str | Said | Called], dialect: Dialect) -> list[Spoken]:
    """Neighbours of one lane are one part, each of their pieces a delta."""
    spoken: list[Spoken] = []
    for lane, group in groupby(said, key=_lane):
        if lane is None:
            for call in group:
                assert isinstance(call, Called)
                pieces = split_pieces(dialect.tool_json(dict(call.arguments)))
                spoken.append(Spoken("tool_input", pieces, call.name, dict(call.arguments)))
        else:
            spoken.append(Spoken(lane, tuple(piece for one in group for piece in _pieces(one))))
    return spoken


def _lane(part: str | Said | Called) -> Any:
    """`None`: a tool call, which is a part of its own."""
    if isinstance(part, Called):
        return None
    return "text" if isinstance(part, str) else part.lane


def _pieces(part: str | Said | Called) -> tuple[str, ...]:
    if isinstance(part, str):
        return (part,)
    return part.pieces if isinstance(part, Said) else ()


def _reply(said: Sequence[str | Said | Called]) -> list[dict[str, Any]]:
    """The same as a scenario's reply: what the simulator answers where it does not stream."""
    reply: list[dict[str, Any]] = []
    for lane, group in groupby(said, key=_lane):
        if lane is None:
            reply += [
                {"tool": {"name": one.name, "input": _literal(dict(one.arguments))}}
                for one in group
                if isinstance(one, Called)
            ]
        else:
            reply.append({lane: _literal("".join(piece for one in group for piece in _pieces(one)))})
    return reply or [{"text": ""}]


def _literal(value: Any) -> Any:
    """A value whose strings a scenario's templates leave as they are."""
    if isinstance(value, str):
        return f"{{{{ {json.dumps(value, ensure_ascii=False)} }}}}" if value else ""
    if isinstance(value, dict):
        return {key: _literal(one) for key, one in value.items()}
    return [_literal(one) for one in value] if isinstance(value, list | tuple) else value
