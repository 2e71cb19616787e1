"""The file itself: whole lines, quickly on disk, private, and a failure that ends the log and not the run."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from helpers_core import (
    check_run,
    events_of,
    gather,
    head,
    live,
    mocked,
    of,
    only,
    pieces,
    play,
    replying,
    text_of,
    until,
    workflow_for,
)
from helpers_transport import serving
from pipeline_runtime.events import Delta, Error, RunFinished, RunStarted
from pipeline_runtime.origin import Origin
from pipeline_runtime.runlog.lines import BodyEndLine, ChunkLine, LogHeader
from pipeline_runtime.runlog.reader import RunLog
from pipeline_runtime.runlog.writer import FLUSH_BYTES, RunLogWriter
from pipeline_runtime.secrets import Masker
from pipeline_runtime.wire.frames import Chunk

if TYPE_CHECKING:
    from pipeline_runtime.simulator import Simulator

LONG = "steps: [{id: s, prompt: hi, scenario: {reply: 'word word word', timing: {first_token: 1, rate: 4, jitter: 0}}}]"
ORIGIN = Origin.of_run("r").of_step("s").of_attempt(1)


def fail(error: OSError) -> None:
    raise error


def writer(folder: Path) -> RunLogWriter:
    log = RunLogWriter(folder / "a.jsonl", Masker(()), on_failure=fail)
    log.header(LogHeader("r", "w", "mock", "2026", "test"))
    return log


async def test_files_are_private_and_never_overwritten(tmp_path: Path) -> None:
    log = writer(tmp_path / "new")
    log.close()
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.path.parent.stat().st_mode) == 0o700
    with pytest.raises(FileExistsError):
        RunLogWriter(log.path, Masker(()), on_failure=fail)


async def test_lines_come_to_disk_by_themselves(tmp_path: Path) -> None:
    log = writer(tmp_path)
    assert log.path.read_bytes() == b""
    await until(log.path.read_bytes)
    assert log.path.read_bytes().endswith(b"\n")
    log.close()


async def test_much_is_written_at_once(tmp_path: Path) -> None:
    log = writer(tmp_path)
    log.chunk(ORIGIN, Chunk(b"x" * FLUSH_BYTES, 1, 0))
    assert log.path.stat().st_size > FLUSH_BYTES
    log.close()
    log.close()
    log.body_end(ORIGIN, 1)
    assert log.path.read_bytes().count(b"\n") == 2


async def test_readers_in_other_threads_lose_no_line(tmp_path: Path) -> None:
    log = writer(tmp_path)
    stop = threading.Event()

    def read_on() -> None:
        while not stop.is_set():
            log.sync()

    readers = [threading.Thread(target=read_on) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(5000):
        log.body_end(ORIGIN, number)
    stop.set()
    for reader in readers:
        await asyncio.to_thread(reader.join)
    log.close()
    assert [line.at for line in RunLog(log.path).lines() if isinstance(line, BodyEndLine)] == list(
        range(5000)
    )


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b'data: {"a": "\xc3\xbc\xe2\x80\xa8"}\r\n\n', "text"),
        (b"\x00\x7f", "text"),
        (b"\xff\xfe\x00", "base64"),
        (b"\xc3", "base64"),
    ],
)
async def test_bytes_come_back_as_they_were(tmp_path: Path, data: bytes, field: str) -> None:
    log = writer(tmp_path)
    log.chunk(ORIGIN, Chunk(data, 7, 9))
    log.close()
    raw = json.loads(log.path.read_bytes().splitlines()[1])
    assert {"text", "base64"} & raw.keys() == {field}
    (line,) = RunLog(log.path).lines()
    assert isinstance(line, ChunkLine)
    assert line.chunk() == Chunk(data, 7, 9)


# --- failures ---------------------------------------------------------------------------------------------


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    async with serving(replying(head(), *pieces("fine"))) as server:
        run = live(workflow_for(server), logs=blocker / "runs")
        events = await events_of(run, logged=False)
    told = only(events, Error)
    assert (told.type, told.fatal, told.step) == ("log_failed", False, None)
    assert "PIPELINE_STATE_DIR" in told.cure
    assert text_of(events) == "fine"
    assert only(events, RunFinished).status == "ok"
    assert only(events, RunFinished).log is None
    assert list(run.history()) == []
    assert run.raw_bytes("s1", 1, 0, 10) == b""


FULL_DISK = """
import asyncio, resource, signal, sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from helpers_core import check_run, mocked, of
from pipeline_runtime.events import Error
from pipeline_runtime.simulator import Simulator

async def main():
    with Simulator(time_scale=0) as simulator:
        run = mocked("steps: [{id: s, prompt: hi, scenario: {reply: '%s'}}]" % ("many words " * 400), simulator)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
        events = [event async for event in run]
        check_run(events)
        print(run.result.status, [error.type for error in of(events, Error)], [e.message for e in of(events, Error)])

asyncio.run(main())
"""


@pytest.mark.parametrize("limit", [0, 100, 3000, 40_000])
def test_a_full_disk_ends_the_log_and_not_the_run(limit: int, repository: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PIPELINE_STATE_DIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(limit), str(repository / "tests")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.startswith("ok ['log_failed'] ['the run log cannot be written: File too large']"), done
    assert done.stderr == ""


KILLED = """
import asyncio, os, sys
sys.path[:0] = sys.argv[1:]
from helpers_core import mocked
from pipeline_runtime.events import Delta
from pipeline_runtime.simulator import Simulator

async def main():
    with Simulator() as simulator:
        run = mocked("steps: [{id: s, prompt: hi, scenario: {reply: '%s', timing: {first_token: 0.1, rate: 100}}}]" % ("word " * 999), simulator)
        async for batch in run.batches():
            for event in batch:
                if isinstance(event, Delta):
                    print(event.seq, event.at, flush=True)

asyncio.run(main())
"""


def test_kill_loses_the_last_moment_at_most(repository: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PIPELINE_STATE_DIR": str(tmp_path)}
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(repository / "tests")],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    printed = []
    with child.stdout:
        for line in child.stdout:
            printed.append(tuple(map(int, line.split())))
            if len(printed) == 200:
                child.send_signal(signal.SIGKILL)
        child.wait(60)
    (path,) = tmp_path.glob("runs/*.jsonl")
    log = RunLog(path)
    kept = {event.seq for event in log.events(close=False) if isinstance(event, Delta)}
    lost = [at for seq, at in printed if seq not in kept]
    # A tenth of a second where the machine has the time; ten times that where it has not.
    assert all(at > printed[-1][1] - 1_000_000_000 for at in lost), (len(lost), printed[-1][1] - min(lost))
    assert len(kept) >= 10
    assert log.finished is None


async def test_runs_at_once_have_files_of_their_own(simulator: Simulator) -> None:
    runs = [mocked(LONG, simulator) for _ in range(6)]
    told = await asyncio.gather(*(gather(run) for run in runs))
    assert len({run.log_path for run in runs}) == 6
    for run, events in zip(runs, told, strict=True):
        check_run(events)
        assert {event.run for event in events} == {run.id}
        assert run.log_path is not None
        assert list(RunLog(run.log_path).events()) == events
        assert stat.S_IMODE(run.log_path.stat().st_mode) == 0o600


async def test_no_log_is_kept_when_none_is_wanted(tmp_path: Path) -> None:
    events = await play(replying(head(), *pieces("x")), keep_log=False)
    assert only(events, RunFinished).log is None
    assert not (tmp_path / "state").exists()
    assert len(of(events, RunStarted)) == 1
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 0
