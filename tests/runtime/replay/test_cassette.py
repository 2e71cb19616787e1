"""A recorded run that answers in the network's place: strict, in order, and true to how it was."""

from __future__ import annotations

import asyncio
import json

import msgspec
import pytest

from helpers_core import (
    DONE,
    ENVIRON,
    InTurn,
    check_run,
    events_of,
    head,
    live,
    mocked,
    of,
    only,
    piece,
    pieces,
    steps_of,
    text_of,
    whole,
    workflow_for,
)
from helpers_replay import STALLED, one_step_log, sixty_three
from helpers_transport import serving
from pipeline_runtime.engine.run import Run
from pipeline_runtime.errors import InputError, RunLogError
from pipeline_runtime.events import (
    AttemptStarted,
    Delta,
    Done,
    Error,
    Fallback,
    Lint,
    Retry,
    RunStarted,
    StepFinished,
)
from pipeline_runtime.replay import INSTANT, ReplayRun
from pipeline_runtime.replay.cassette import cassette_setting
from pipeline_runtime.runlog.lines import ChunkLine
from pipeline_runtime.runlog.reader import RunLog

NOWHERE = "http://127.0.0.1:9/v1"
"""Nothing listens there: an answer that comes has come from a cassette."""


def taped(workflow, path, inputs=None, *, environ=None, **options):
    """A run of a workflow with a cassette."""
    setting, cassette = cassette_setting(
        workflow, path, **{"speed": INSTANT, "console": None, "environ": environ or {}} | options
    )
    return Run(workflow, inputs or {}, setting), cassette


async def told_by(workflow, path, **options):
    run, _ = taped(workflow, path, **options)
    return await events_of(run)


async def recorded(script, *steps, **setting):
    """A live run against a scripted server: its workflow, its log and its events."""
    async with serving(script) as server:
        workflow = workflow_for(server, *steps)
        run = live(workflow, **setting)
        return workflow, run.log_path, await events_of(run)


def gist(events):
    """What happened, without when and under which numbers; deltas of a step joined."""
    return [
        (
            type(event).__name__,
            event.step,
            event.attempt,
            getattr(event, "data", getattr(event, "reason", None)),
        )
        for event in events
        if not isinstance(event, RunStarted | Delta)
    ]


# --- answers ----------------------------------------------------------------------------------------------


async def test_the_answers_are_the_recorded_ones_without_a_network_or_a_key():
    workflow, log, events = await recorded(InTurn(head() + b"".join(pieces("Hello ", "world"))))
    again = await told_by(workflow, log)
    assert gist(again) == gist(events)
    assert text_of(again) == "Hello world"
    begun = only(again, RunStarted)
    assert (begun.mode, begun.note) == ("replay", f"the cassette {log.name} answers, all at once")


async def test_chunks_have_their_borders_and_bytes(tmp_path):
    log = one_step_log(tmp_path, sixty_three(), STALLED)
    workflow = workflow_for(NOWHERE, {"id": "s"})
    fit_request(log, workflow)
    run, _ = taped(workflow, log)
    await events_of(run)
    chunks = [
        (line.offset, line.text) for line in RunLog(run.log_path).lines() if isinstance(line, ChunkLine)
    ]
    then = [(line.offset, line.text) for line in RunLog(log).lines() if isinstance(line, ChunkLine)]
    assert chunks == then
    assert len(chunks) == 63


async def test_a_recording_of_the_simulator_answers_for_the_provider(simulator):
    text = "steps: [{id: a, prompt: x, scenario: default}, {id: b, prompt: '{{ steps.a.text }}', scenario: tool-call}]"
    run = mocked(text, simulator)
    events = await events_of(run)
    again = await told_by(run.workflow, run.log_path)
    assert gist(again) == gist(events)
    assert steps_of(again) == {"a": "ok", "b": "ok"}


@pytest.mark.parametrize("name", ["no-stream", "overloaded-then-ok", "error-mid-stream", "cut"])
async def test_fallbacks_retries_and_failures_happen_again(simulator, name):
    run = mocked(f"steps: [{{id: a, prompt: x, scenario: {name}, retry: {{backoff: 0.01}}}}]", simulator)
    events = await events_of(run)
    again = await told_by(run.workflow, run.log_path)
    kinds = (AttemptStarted, Retry, Fallback, Error, Done, StepFinished)
    assert [type(event) for event in again if isinstance(event, kinds)] == [
        type(event) for event in events if isinstance(event, kinds)
    ]
    assert [error.type for error in of(again, Error)] == [error.type for error in of(events, Error)]
    assert text_of(again) == text_of(events)


async def test_what_was_known_before_asking_is_known_again():
    refusal = json.dumps(
        {
            "error": {
                "message": "Unsupported value: 'stream' does not support true",
                "param": "stream",
                "type": "invalid_request_error",
                "code": "unsupported_value",
            }
        }
    ).encode()
    answers = InTurn(
        head("400 Bad Request", kind="application/json") + refusal, head(kind="application/json") + whole()
    )
    async with serving(answers) as server:
        workflow = workflow_for(server)
        await events_of(live(workflow))
        run = live(workflow)
        events = await events_of(run)
    assert only(events, Fallback).source == "remembered"
    again = await told_by(workflow, run.log_path)
    assert gist(again) == gist(events)
    assert only(again, Fallback) == msgspec.structs.replace(
        only(events, Fallback), run=again[0].run, at=only(again, Fallback).at
    )


@pytest.mark.parametrize("known", [True, False])
async def test_stream_options_that_were_known_to_be_refused_are_left_out_again(known):
    refusal = json.dumps(
        {
            "error": {
                "message": "Unrecognized request argument supplied: stream_options",
                "type": "invalid_request_error",
                "param": None,
                "code": None,
            }
        }
    ).encode()
    refused = head("400 Bad Request", kind="application/json") + refusal
    async with serving(InTurn(refused, head() + b"".join(pieces("x")))) as server:
        workflow = workflow_for(server)
        run = live(workflow)
        events = await events_of(run)
        if known:
            run = live(workflow)
            events = await events_of(run)
    assert len(of(events, AttemptStarted)) == 2 - known
    assert gist(await told_by(workflow, run.log_path)) == gist(events)


async def test_a_broken_connection_breaks_again():
    long = head("200 OK", "content-length: 9999") + piece("half ")
    workflow, log, events = await recorded(InTurn(long))
    assert only(events, Error).type == "disconnected"
    again = await told_by(workflow, log)
    assert (only(again, Error).type, text_of(again)) == ("disconnected", "half ")


@pytest.mark.parametrize("speed", [1, INSTANT])
async def test_a_body_that_stayed_open_stays_open_again(speed):
    async def script(peer):
        await peer.request()
        await peer.send(head() + b"".join(pieces("Hello ", "world")))
        await peer.until_gone()

    workflow, log, events = await recorded(script)
    assert [lint.code for lint in of(events, Lint)] == ["body_not_ended", "usage_missing"]
    again = await told_by(workflow, log, speed=speed)
    assert gist(again) == gist(events)
    assert [lint.code for lint in of(again, Lint)] == [lint.code for lint in of(events, Lint)]


async def test_a_connection_that_never_came_never_comes_again():
    workflow = workflow_for(NOWHERE)
    run = live(workflow)
    assert only(await events_of(run), Error).type == "connect_failed"
    again = await told_by(workflow, run.log_path)
    assert only(again, Error).type == "connect_failed"


async def test_a_log_that_was_cut_answers_as_far_as_it_goes(tmp_path):
    workflow, log, _ = await recorded(InTurn(head() + b"".join(pieces("one ", "two "))))
    cut = tmp_path / "cut.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    upto = next(n for n, line in enumerate(lines) if line.startswith(b'{"kind":"chunk"')) + 1
    cut.write_bytes(b"".join(lines[:upto]).replace(b"[DONE]", b"[GONE]"))
    error = only(await told_by(workflow, cut), Error)
    assert error.type == "disconnected"
    assert "the recording ends here" in error.message


async def test_today_s_patience_counts(tmp_path):
    log = one_step_log(tmp_path, sixty_three(), STALLED)
    workflow = workflow_for(NOWHERE, {"id": "s", "timeout": {"idle": 0.01}})
    fit_request(log, workflow)
    error = only(await told_by(workflow, log, speed=10), Error)
    assert error.type == "idle_timeout"
    workflow = workflow_for(NOWHERE, {"id": "s", "timeout": {"first_byte": 0.0001}})
    error = only(await told_by(workflow, log, speed=1), Error)
    assert error.type == "first_byte_timeout"


# --- strictness -------------------------------------------------------------------------------------------


async def test_another_request_fails_the_step_and_says_what_differs():
    _, log, _ = await recorded(InTurn(head() + b"".join(pieces("x"))))
    events = await told_by(workflow_for(NOWHERE, {"prompt": "goodbye", "max_tokens": 5}), log)
    error = only(events, Error)
    assert error.type == "not_recorded"
    assert error.message == (
        f"request 1 of step 's1' is not the one in the cassette {log.name}: "
        'body.messages[0].content: recorded "hello", now "goodbye"; body.max_tokens: recorded nothing, now 5'
    )
    assert error.cure == "mend the request, or record it anew: --record missing"
    assert not of(events, Retry)


async def test_each_request_answers_once_and_in_order():
    reply = head() + b"".join(pieces("x"))
    failing = head("529 Overloaded") + b"{}"
    workflow, log, _ = await recorded(InTurn(failing, reply), {"retry": {"attempts": 2, "backoff": 0.01}})
    events = await told_by(workflow, log)
    assert [event.attempt for event in of(events, AttemptStarted)] == [1, 2]
    lines = [line for line in log.read_bytes().splitlines(keepends=True) if b'"attempt":2' not in line]
    log.write_bytes(b"".join(lines))
    error = only(await told_by(workflow, log), Error)
    assert error.message == f"request 2 of step 's1' is not in the cassette {log.name}"


async def test_steps_side_by_side_have_answers_of_their_own():
    async def script(peer):
        _, body = await peer.request()
        await peer.send(head() + b"".join(pieces(json.loads(body)["messages"][-1]["content"].upper())))

    steps = [{"id": f"s{n}", "prompt": f"say {n}", "needs": []} for n in range(8)]
    workflow, log, _ = await recorded(script, *steps)
    events = await told_by(workflow, log)
    assert [text_of(events, f"s{n}") for n in range(8)] == [f"SAY {n}" for n in range(8)]


def test_what_is_no_cassette_is_refused(tmp_path):
    workflow = workflow_for(NOWHERE)
    with pytest.raises(InputError, match="there is no cassette"):
        cassette_setting(workflow, tmp_path / "none.jsonl", environ={})
    (tmp_path / "x.jsonl").write_text("{}\n")
    with pytest.raises(RunLogError, match="not a run log"):
        cassette_setting(workflow, tmp_path / "x.jsonl", environ={})


async def test_a_key_is_in_neither_the_cassette_nor_the_message():
    workflow, log, _ = await recorded(
        InTurn(head() + b"".join(pieces("x"))), {"prompt": ENVIRON["LOCAL_KEY"]}
    )
    assert ENVIRON["LOCAL_KEY"] not in log.read_text()
    same = await told_by(workflow, log, environ=ENVIRON)
    assert steps_of(same) == {"s1": "ok"}
    other = await told_by(
        workflow_for(NOWHERE, {"prompt": f"{ENVIRON['LOCAL_KEY']} more"}), log, environ=ENVIRON
    )
    assert ENVIRON["LOCAL_KEY"] not in only(other, Error).message


# --- recording what is missing ----------------------------------------------------------------------------


class Echo:
    """Answers with what was asked, in capitals, and counts."""

    def __init__(self):
        self.asked = []

    async def __call__(self, peer):
        _, body = await peer.request()
        asked = json.loads(body)
        self.asked.append(asked["messages"][-1]["content"])
        answer = self.asked[-1].upper()
        if asked.get("stream"):
            await peer.send(head() + b"".join(pieces(*(f"{word} " for word in answer.split()))))
        else:
            await peer.send(head(kind="application/json") + whole(answer))


def steps(*prompts):
    return [{"id": f"s{n}", "prompt": prompt} for n, prompt in enumerate(prompts, 1)]


async def record(server, path, *given, environ=ENVIRON):
    """One run that records what is missing; its events, and how many requests were recorded."""
    run, cassette = taped(workflow_for(server, *given), path, record="missing", environ=environ)
    events = await events_of(run)
    return events, cassette.save(run.log_path)


async def test_a_cassette_is_made_by_recording_into_nothing(tmp_path):
    path, echo = tmp_path / "made" / "tape.jsonl", Echo()
    async with serving(echo) as server:
        events, number = await record(server, path, *steps("one two", "three"))
    assert number == 2
    assert steps_of(events) == {"s1": "ok", "s2": "ok"}
    again = await told_by(workflow_for(NOWHERE, *steps("one two", "three")), path)
    assert gist(again) == gist(events)
    check_run(replayed := [event async for event in ReplayRun(path, speed=INSTANT)])
    assert text_of(replayed) == "ONE TWO THREE "


async def test_only_what_is_missing_or_has_changed_is_asked_and_the_rest_stays(tmp_path):
    path, echo = tmp_path / "tape.jsonl", Echo()
    async with serving(echo) as server:
        await record(server, path, *steps("one", "two"))
        then = {line.step: line for line in RunLog(path).lines() if isinstance(line, ChunkLine)}
        events, number = await record(server, path, *steps("one", "TWO changed", "three"))
    assert echo.asked == ["one", "two", "TWO changed", "three"]
    assert number == 2
    assert text_of(events) == "ONE TWO CHANGED THREE "
    now = {line.step: line for line in RunLog(path).lines() if isinstance(line, ChunkLine)}
    assert now["s1"] == then["s1"]
    log = list(RunLog(path).events())
    check_run(log)
    assert [text_of(log, f"s{n}") for n in (1, 2, 3)] == ["ONE ", "TWO CHANGED ", "THREE "]
    assert log[-1].status == "ok"
    assert {event.run for event in log} == {RunLog(path).header.run}
    again = await told_by(workflow_for(NOWHERE, *steps("one", "TWO changed", "three")), path)
    assert text_of(again) == text_of(events)


async def test_with_nothing_missing_nothing_is_asked_and_nothing_written(tmp_path):
    path = tmp_path / "tape.jsonl"
    async with serving(Echo()) as server:
        await record(server, path, *steps("one"))
    before = path.stat()
    events, number = await record(NOWHERE, path, *steps("one"), environ={})
    assert (steps_of(events), number) == ({"s1": "ok"}, 0)
    assert path.stat() == before


async def test_an_answer_that_failed_is_not_kept(tmp_path):
    path = tmp_path / "tape.jsonl"
    async with serving(Echo()) as server:
        await record(server, path, *steps("one"))
    before = path.read_bytes()
    async with serving(InTurn(head("401 Unauthorized") + b"{}")) as server:
        events, number = await record(server, path, *steps("one", "two"))
    assert (steps_of(events), number) == ({"s1": "ok", "s2": "failed"}, 0)
    assert path.read_bytes() == before


async def test_a_step_that_did_not_run_keeps_its_answers(tmp_path):
    path = tmp_path / "tape.jsonl"
    async with serving(Echo()) as server:
        await record(server, path, *steps("one", "two"))
        await record(server, path, *steps("other one"))
    log = list(RunLog(path).events())
    check_run(log)
    assert [text_of(log, f"s{n}") for n in (1, 2)] == ["OTHER ONE ", "TWO "]


async def test_a_cassette_keeps_its_permissions_and_its_link(tmp_path):
    path, link = tmp_path / "tape.jsonl", tmp_path / "link.jsonl"
    link.symlink_to(path)
    async with serving(Echo()) as server:
        await record(server, path, *steps("one"))
        path.chmod(0o644)
        await record(server, link, *steps("other"))
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o644
    assert sorted(file.name for file in tmp_path.glob(".*")) == []
    assert text_of(list(RunLog(path).events())) == "OTHER "


async def test_a_run_whose_own_log_broke_leaves_the_cassette_alone(tmp_path):
    path = tmp_path / "tape.jsonl"
    async with serving(Echo()) as server:
        run, cassette = taped(workflow_for(server, *steps("one")), path, record="missing", environ=ENVIRON)
        await events_of(run)
    lines = run.log_path.read_bytes().splitlines(keepends=True)
    run.log_path.write_bytes(b"".join(lines[:-1]))
    with pytest.raises(RunLogError, match="not whole"):
        cassette.save(run.log_path)
    assert not path.exists()


async def test_many_chunks_at_once_leave_turns_to_others(tmp_path):
    count = 40_000
    log = one_step_log(tmp_path, [b": keepalive\n\n"] * count + [piece("x"), DONE], range(1, count + 3))
    workflow = workflow_for(NOWHERE, {"id": "s"})
    fit_request(log, workflow)
    run, _ = taped(workflow, log)
    turns = 0

    async def count_turns():
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    counting = asyncio.create_task(count_turns())
    finished = await run.wait()
    counting.cancel()
    await asyncio.wait([counting])
    assert finished.status == "ok"
    assert turns > 20


async def test_recording_needs_the_key_and_says_which(tmp_path):
    events, number = await record(NOWHERE, tmp_path / "tape.jsonl", *steps("one"), environ={})
    assert number == 0
    error = only(events, Error)
    assert error.message.endswith(
        "is not in the cassette tape.jsonl, and cannot be recorded: LOCAL_KEY is not set"
    )
    assert error.cure == "export LOCAL_KEY=..."


def fit_request(log, workflow):
    """Make a log that was written by hand ask what this workflow's step asks."""
    from pipeline_runtime.protocols import get_protocol
    from pipeline_runtime.protocols.base import Endpoint
    from pipeline_runtime.workflow.request import model_request

    step = workflow.steps[0]
    request = model_request(step, step.prompt, None)
    http = get_protocol("openai-chat").build(request, Endpoint("local", "openai-chat", NOWHERE, "k"))
    headers = json.dumps([["content-type", "application/json"]])
    text = log.read_text().replace(
        '"headers":[],"body":{}', f'"headers":{headers},"body":{http.body.decode()}'
    )
    log.write_text(text)
