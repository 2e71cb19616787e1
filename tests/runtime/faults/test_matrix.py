"""Every fault in every protocol, made by the simulator, before the simulator, and before a recording."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

import pytest

from helpers_core import ENVIRON, PATIENCE, check_run, mocked, of, only, text_of
from pipeline_runtime.cli.watching import Watch
from pipeline_runtime.engine.run import Run
from pipeline_runtime.engine.setting import Setting
from pipeline_runtime.events import (
    Delta,
    Error,
    FrameReceived,
    Lint,
    ResponseOpened,
    RunFinished,
    RunStarted,
    StepStarted,
)
from pipeline_runtime.replay import INSTANT, HandlerPlan
from pipeline_runtime.replay.cassette import cassette_setting
from pipeline_runtime.replay.faulted import FaultedReplay
from pipeline_runtime.runlog.reader import RunLog
from pipeline_runtime.simulator import parse_scenario
from pipeline_runtime.workflow import load_workflow_text

PROVIDERS = {
    "anthropic": "claude",
    "openai-chat": "openai",
    "openai-responses": "openai-responses",
    "gemini": "gemini",
    "ollama": "ollama",
}
WORDS = ["zero", " one", " two", " three", " four", " für", " six", " seven", " eight", " nine"]
ALL = "".join(WORDS)
SILENCE = 60_000_000_000
"""How long silences are in this table: whoever waits them out has not noticed."""


def upto(count: int) -> str:
    return "".join(WORDS[:count])


@dataclass(frozen=True)
class Row:
    """What must come of a fault: the error's type (`None`: none, `*`: the server's own word), and what is kept."""

    fault: str
    error: str | None
    kept: str
    status: int | None = 200
    numbered: str | None = None
    """What is kept instead where frames are numbered, so that a second one of a number is known as such."""

    @property
    def timeout(self) -> dict[str, float]:
        """Short only for what this row waits for: a busy machine may be late with all else."""
        short = {"idle_timeout": {"idle": 1.0}, "first_byte_timeout": {"first_byte": 0.4}}
        return {"idle": 30.0, "first_byte": 30.0} | short.get(self.error or "", {})

    def kept_in(self, protocol: str) -> str:
        return self.numbered if self.numbered is not None and protocol == "openai-responses" else self.kept


TABLE = (
    Row("disconnect@0", "disconnected", ""),
    Row("disconnect@3", "disconnected", upto(3)),
    Row("disconnect@-1", "disconnected", upto(9)),
    Row("disconnect@byte:1", "disconnected", ""),
    Row("truncate@3", "truncated", upto(3)),
    Row("truncate@byte:1", "truncated", ""),
    Row("error@3", "*", upto(3)),
    Row("stall@3:60s", "idle_timeout", upto(3)),
    Row("stall@byte:1:60s", "idle_timeout", ""),
    Row("endless@3", "frame_too_large", upto(3)),
    Row("status:529", "*", "", 529),
    Row("status:429:retry-after=1", "*", "", 429),
    Row("slow-headers:60s", "first_byte_timeout", "", None),
    Row("content-type:application/vnd.amazon.eventstream", "not_a_stream", ""),
    Row("malform@3", None, upto(3) + "".join(WORDS[4:])),
    Row("drop@3", None, upto(3) + "".join(WORDS[4:])),
    Row("drop@2-4", None, upto(2) + "".join(WORDS[5:])),
    Row("duplicate@3", None, upto(4) + "".join(WORDS[3:]), numbered=ALL),
    Row("reorder@3", None, upto(3) + WORDS[4] + WORDS[3] + "".join(WORDS[5:])),
    Row("unknown@3", None, ALL),
    Row("stall@3:10ms", None, ALL),
    Row("delay@2-4:1ms", None, ALL),
    Row("jitter:2ms", None, ALL),
    Row("coalesce@2-5", None, ALL),
    Row("split@4:3", None, ALL),
    Row("split@byte:40", None, ALL),
    Row("split-utf8@2", None, ALL),
    Row("slow-headers:10ms", None, ALL),
    Row("content-type:text/plain", None, ALL),
)
EVERY = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.fault)
EACH = pytest.mark.parametrize("protocol", PROVIDERS)


def workflow_text(protocol, row, *faults):
    scenario = {"reply": ALL, "timing": {"first_token": 0, "rate": 0}, "faults": list(faults)}
    step = {
        "id": "s1", "prompt": "Say it.", "provider": PROVIDERS[protocol], "retry": {"attempts": 1},
        "timeout": row.timeout, "scenario": scenario,
    }  # fmt: skip
    return f"steps: [{json.dumps(step)}]"


class Keeper:
    """Keeps what it is to print."""

    def __init__(self):
        self.events = []

    def take(self, events):
        self.events += events


async def followed(run):
    """Run it as the command does; gives its events and its exit code."""
    keeper = Keeper()
    async with asyncio.timeout(PATIENCE):
        code = await Watch([keeper]).follow(run)
    check_run(keeper.events)
    assert list(RunLog(run.log_path).events()) == keeper.events
    return keeper.events, code


def check(events, code, row):
    """The verdict, the partial that was kept, the exit code, and that it was noticed before it was over."""
    failed = row.error is not None
    finished = only(events, RunFinished)
    assert (finished.status, code) == (("failed", 1) if failed else ("ok", 0))
    kept = row.kept_in(only(events, StepStarted).protocol)
    assert text_of(events) == kept
    assert finished.at < SILENCE
    errors = of(events, Error)
    assert len(errors) == failed
    if failed:
        (error,) = errors
        assert row.error in ("*", error.type)
        assert error.status == row.status
        assert (error.response.text if error.response else "") == kept
        deltas = of(events, Delta)
        assert all(delta.seq < error.seq for delta in deltas)
        assert [event for event in events if event.attempt and event.seq > error.seq] == []


async def nothing_open(simulator):
    """The server has seen that its client is gone."""
    assert await asyncio.to_thread(simulator.wait_for_streams, 0)


@EACH
@EVERY
async def test_made_by_the_simulator(simulator, tmp_path, protocol, row):
    run = mocked(workflow_text(protocol, row, row.fault), simulator, logs=tmp_path)
    check(*await followed(run), row)
    await nothing_open(simulator)


def marked(events, row):
    started = only(events, RunStarted)
    assert started.faults == (row.fault,)
    assert row.fault in started.note
    for opened in of(events, ResponseOpened):
        assert ("x-injected-faults", row.fault) in opened.headers


def workflow_of(protocol, row):
    return load_workflow_text(
        "defaults: {provider: claude, model: m, stream: true}\n" + workflow_text(protocol, row), "test"
    )


@EACH
@EVERY
async def test_made_on_the_way(simulator, tmp_path, protocol, row):
    workflow = workflow_of(protocol, row)
    options = {"mode": "mock", "simulator": simulator, "console": None, "logs": tmp_path}
    events, code = await followed(Run(workflow, {}, Setting.of(workflow, faults=[row.fault], **options)))
    check(events, code, row)
    marked(events, row)
    await nothing_open(simulator)


def no_terminator(protocol):
    """Where nothing else says that the answer is whole, it is not."""
    return Row("no_terminator", None if protocol in {"anthropic", "openai-chat"} else "truncated", ALL)


@EACH
@pytest.mark.parametrize("by_simulator", [True, False], ids=["simulator", "way"])
async def test_what_ends_a_stream_is_missing(simulator, tmp_path, protocol, by_simulator):
    row = no_terminator(protocol)
    if by_simulator:
        run = mocked(workflow_text(protocol, row, row.fault), simulator, logs=tmp_path)
    else:
        workflow = workflow_of(protocol, row)
        options = {"mode": "mock", "simulator": simulator, "console": None, "logs": tmp_path}
        run = Run(workflow, {}, Setting.of(workflow, faults=[row.fault], **options))
    events, code = await followed(run)
    check(events, code, row)
    assert only(events, Lint).code == "missing_terminator"
    await nothing_open(simulator)


@EACH
async def test_silences_are_broken_by_keepalives(simulator, tmp_path, protocol):
    row = Row("keepalive:100ms", None, ALL)
    run = mocked(workflow_text(protocol, row, row.fault, "stall@3:950ms"), simulator, logs=tmp_path)
    events, code = await followed(run)
    check(events, code, row)
    signs = [frame for frame in of(events, FrameReceived) if frame.event == "ping" or frame.data is None]
    expected = {"anthropic": 10, "ollama": 0}.get(protocol, 9)  # anthropic's streams have a ping anyway
    assert len(signs) == expected
    await nothing_open(simulator)


LIVE = [row for row in TABLE if row.fault.partition("@")[0].partition(":")[0] in {
    "disconnect", "truncate", "error", "stall", "status", "slow-headers", "malform", "split-utf8", "duplicate",
}]  # fmt: skip


@EACH
async def test_made_before_a_live_provider(simulator, tmp_path, protocol):
    """A real server on loopback that breaks nothing, called as a provider is."""
    key = simulator.add(parse_scenario({"reply": ALL, "timing": {"first_token": 0, "rate": 0}}, "whole"))
    for row in LIVE:
        provider = {
            "protocol": protocol,
            "base_url": simulator.base_url(key, protocol),
            "api_key_env": "LOCAL_KEY",
        }
        step = {
            "id": "s1", "prompt": "Say it.", "provider": "local", "model": "m", "stream": True,
            "retry": {"attempts": 1}, "timeout": row.timeout,
        }  # fmt: skip
        text = json.dumps({"providers": {"local": provider}, "steps": [step]})
        workflow = load_workflow_text(text, "test")
        setting = Setting.of(
            workflow, mode="live", environ=ENVIRON, console=None, logs=tmp_path, faults=[row.fault]
        )
        events, code = await followed(Run(workflow, {}, setting))
        assert only(events, RunStarted).mode == "live"
        check(events, code, row)
        marked(events, row)
        await nothing_open(simulator)


@EACH
async def test_made_before_a_recording(simulator, tmp_path, protocol):
    workflow = workflow_of(protocol, TABLE[0])
    setting = Setting.of(workflow, mode="mock", simulator=simulator, console=None, logs=tmp_path)
    recorded = Run(workflow, {}, setting)
    await followed(recorded)
    for row in [*TABLE, no_terminator(protocol)]:
        workflow = workflow_of(protocol, row)
        plan = HandlerPlan(workflow)
        events, code = await followed(
            FaultedReplay(recorded.log_path, [row.fault], speed=INSTANT, handlers=plan)
        )
        check(events, code, row)
        marked(events, row)
        taped, _ = cassette_setting(
            workflow,
            recorded.log_path,
            speed=INSTANT,
            environ={},
            console=None,
            logs=tmp_path,
            faults=[row.fault],
        )
        events, code = await followed(Run(workflow, {}, taped))
        check(events, code, row)
        marked(events, row)
