"""From a request's body to a response: status, headers and a plan. Pure, but recordings are read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from msgspec import structs

from pipeline_runtime.errors import InputError
from pipeline_runtime.faults.heads import content_type, head_delay
from pipeline_runtime.faults.statuses import status_fault
from pipeline_runtime.simulator.answer import answer
from pipeline_runtime.simulator.ask import BadRequest
from pipeline_runtime.simulator.background import legs_of
from pipeline_runtime.simulator.dialect import Failure, Identity
from pipeline_runtime.simulator.refusals import REFUSALS
from pipeline_runtime.simulator.replaying import replay
from pipeline_runtime.simulator.script import (
    Lasting,
    Plan,
    Reply,
    Send,
    Voice,
    buffered_plan,
    stream_plan,
    sync_plan,
)
from pipeline_runtime.simulator.templates import TemplateFailed

if TYPE_CHECKING:
    from pipeline_runtime.simulator.ask import Ask
    from pipeline_runtime.simulator.dialect import Dialect, Headers
    from pipeline_runtime.simulator.faults import Fault
    from pipeline_runtime.simulator.scenario import Scenario

_TOO_MANY = 429


def respond(dialect: Dialect, scenario: Scenario, body: bytes, *, number: int, now: int) -> Reply:
    """Answer one request.

    Args:
        dialect: the protocol that the request came in.
        scenario: how to answer.
        body: the request's body.
        number: how many requests this scenario had before.
        now: Unix seconds.
    """
    ids = Identity(f"{scenario.name}:{scenario.timing.seed}:{number}", now)
    faults = scenario.parsed_faults()
    failing = status_fault(faults, number)
    if failing is not None:
        return _failing(dialect, failing, ids)
    try:
        if scenario.replay is not None:
            return _with_head(replay(scenario, scenario.replay, faults), faults)
        ask = dialect.read(_parse(body))
        return _with_head(_answer(dialect, scenario, ask, faults, ids), faults)
    except BadRequest as problem:
        return _failed(dialect, Failure(400, problem.message, problem.param, problem.code), ids)
    except InputError as problem:
        return fail(dialect, 500, f"scenario {scenario.name!r}: {problem.message}: {problem.cure}", now=now)
    except TemplateFailed as problem:
        return fail(dialect, 500, f"scenario {scenario.name!r}: {problem}", now=now)


def _with_head(reply: Reply, faults: tuple[Fault, ...]) -> Reply:
    plan = structs.replace(reply.plan, before=reply.plan.before + head_delay(faults))
    return structs.replace(reply, headers=content_type(reply.headers, faults), plan=plan)


def fail(dialect: Dialect, status: int, message: str, *, now: int) -> Reply:
    """A failure with a message of the simulator's own, in the protocol's shape."""
    return _failed(dialect, Failure(status, message), Identity(f"{status}:{message}", now))


def _parse(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("We could not parse the JSON body of your request.") from error


def _failing(dialect: Dialect, fault: Fault, ids: Identity) -> Reply:
    failure = Failure(fault.status, retry_after=_seconds(dict(fault.headers)))
    return _failed(dialect, failure, ids, dialect.advice(fault.status, fault.headers))


def _seconds(headers: dict[str, str]) -> float | None:
    """How long a fault asks to wait; `None` when it does not say, or says it as a date."""
    try:
        if "retry-after-ms" in headers:
            return float(headers["retry-after-ms"]) / 1000
        return float(headers["retry-after"])
    except (KeyError, ValueError):
        return None


def _failed(dialect: Dialect, failure: Failure, ids: Identity, more: Headers = ()) -> Reply:
    body = dialect.failure(failure, ids)
    headers = dialect.headers(ids, exhausted=failure.status == _TOO_MANY)
    return Reply(
        failure.status, (("content-type", dialect.failure_type), *headers, *more), Plan((Send(body),))
    )


def _answer(
    dialect: Dialect, scenario: Scenario, ask: Ask, faults: tuple[Fault, ...], ids: Identity
) -> Reply:
    headers = dialect.headers(ids, exhausted=False)
    refusal = REFUSALS.get(scenario.refuse_stream or "")
    if refusal is not None and refusal.applies(stream=ask.stream, stream_options=ask.stream_options):
        head = (("content-type", refusal.content_type), *refusal.headers, *headers)
        return Reply(refusal.status, head, Plan((Send(refusal.body.encode()),)))
    answers = tuple(
        answer(scenario, ask, choice=choice, tool_json=dialect.tool_json) for choice in range(ask.n)
    )
    if not ask.stream or scenario.delivery == "sync_json":
        pieces = sum(len(part.pieces) for part in answers[0].parts)
        plan = sync_plan(dialect.message(answers, ask, ids), scenario.timing, pieces, faults)
        return Reply(200, (("content-type", dialect.json_type), *headers), plan)
    whole = scenario.delivery == "one_chunk"
    frames = dialect.frames(answers, ask, ids, whole=whole)
    voice = Voice(dialect, ask, ids)
    lasting = None
    if ask.background:
        lasting = Lasting(ids.lasting("resp_", 48), legs_of(frames, scenario.timing, faults, voice))
        plan = lasting.legs[0]
    else:
        plan = stream_plan(frames, scenario.timing, faults, voice)
    if scenario.delivery != "stream":
        plan = buffered_plan(plan)
    return Reply(200, (*dialect.stream_headers, *headers), plan, streamed=True, lasting=lasting)
