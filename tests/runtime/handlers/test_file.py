"""The file handler and its sink: nothing lost, nothing mixed, the loop never waits for the disk."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

import helpers_handlers
from helpers_core import events_of, head, mocked, of, piece, play, replying, until
from helpers_handlers import RUN, Script, write_many
from pipeline_runtime.events import AnyEvent, Error
from pipeline_runtime.handlers import FileHandler
from pipeline_runtime.handlers.sink import FileSink, Rotation
from pipeline_runtime.simulator import Simulator


async def feed(handler: FileHandler, events: list[AnyEvent], *, close: bool = True) -> None:
    await handler.start(RUN)
    for event in events:
        waits = handler.handle_event(event)
        if waits is not None:
            await waits
    if close:
        await handler.close()


def whole(*texts: str) -> list[AnyEvent]:
    script = Script()
    return [*script.deltas(*texts), script.done()]


# --- what is written --------------------------------------------------------------------------------------


async def test_text_is_what_the_console_prints(tmp_path: Path) -> None:
    script = Script()
    events = [
        script.delta("hm", "thinking"),
        script.delta("ünï "),
        script.delta("x", choice=1),
        script.delta("code", "tool_input", 1),
        script.delta("end \ud800"),
        script.done(),
    ]
    await feed(FileHandler(str(tmp_path / "a/b/out.txt")), events)
    assert (tmp_path / "a/b/out.txt").read_bytes() == "ünï end ?\n".encode()
    await feed(FileHandler(str(tmp_path / "all.txt"), thinking=True), events)
    assert (tmp_path / "all.txt").read_text() == "hmünï end ?\n"


async def test_json_lines_are_those_of_run_json(tmp_path: Path) -> None:
    script = Script()
    events = [*script.deltas("one", "two\n"), script.failed(), script.done()]
    await feed(FileHandler(str(tmp_path / "out.jsonl")), events)
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert lines == [msgspec.json.encode(event).decode() for event in events]


async def test_only_the_kinds_that_were_asked_for(tmp_path: Path) -> None:
    handler = FileHandler(str(tmp_path / "out"), format="jsonl", kinds=["error"])
    assert handler.kinds == {"error", "done"}
    script = Script()
    await feed(handler, [script.failed(), script.done()])
    (line,) = (tmp_path / "out").read_text().splitlines()
    assert json.loads(line)["kind"] == "error"


@pytest.mark.parametrize(
    ("mode", "left"), [("append", "old\nnew\n"), ("replace", "new\n"), ("atomic", "new\n")]
)
async def test_modes(mode: Any, left: str, tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old\n")
    path.chmod(0o640)
    await feed(FileHandler(str(path), mode=mode), whole("new"))
    assert path.read_text() == left
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]  # noqa: ASYNC240 - a test's own files


async def test_an_atomic_file_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")
    handler = FileHandler(str(path), mode="atomic", flush_every=0)
    script = Script()
    await feed(handler, script.deltas("half"), close=False)
    await until(lambda: any("half" in one.read_text() for one in tmp_path.iterdir()))
    assert path.read_text() == "old"
    await handler.close()
    assert path.read_text() == "old"
    assert (tmp_path / "out.txt.partial").read_text() == "half"
    assert len(list(tmp_path.iterdir())) == 2  # noqa: ASYNC240 - a test's own files


async def test_what_came_is_soon_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    handler = FileHandler(str(path), flush_every=0.001)
    script = Script()
    for number, text in enumerate(["one ", "two "], 1):
        await feed(handler, script.deltas(text), close=False) if number == 1 else handler.handle_event(
            script.delta(text)
        )
        await until(lambda: path.read_text().endswith(text))  # noqa: B023
    await handler.close()
    assert path.read_text() == "one two "


async def test_a_full_buffer_is_written_at_once(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    handler = FileHandler(str(path), flush_every=3600, buffer_size="10")
    await handler.start(RUN)
    script = Script()
    assert handler.handle_event(script.delta("12345")) is None
    waits = handler.handle_event(script.delta("67890"))
    assert waits is not None
    await waits
    assert path.read_text() == "1234567890"
    await handler.close()


async def test_places_in_the_path(tmp_path: Path) -> None:
    await feed(FileHandler(str(tmp_path / "{workflow}/{step}-{run}.txt")), whole("x"))
    assert (tmp_path / "A-draft" / "s-run-1.txt").read_text() == "x\n"


def test_a_workflow_cannot_name_its_way_out(tmp_path: Path) -> None:
    from pipeline_runtime.handlers.contract import RunInfo

    run = RunInfo(id="r", workflow="../../etc", step="s", mode="mock")
    handler = FileHandler(str(tmp_path / "in" / "{workflow}.txt"))
    asyncio.run(handler.start(run))
    (made,) = (tmp_path / "in").iterdir()
    assert made.name == "..-..-etc.txt"


# --- rotation ---------------------------------------------------------------------------------------------


def test_rotation_by_size_and_count(tmp_path: Path) -> None:
    path = tmp_path / "log"
    sink = FileSink(path, rotation=Rotation(size=10, keep=2))
    sink.open()
    for number in range(6):
        sink.write([f"line {number}\n".encode()])
    assert path.read_text() == "line 5\n"
    assert (tmp_path / "log.1").read_text() == "line 4\n"
    assert (tmp_path / "log.2").read_text() == "line 3\n"
    assert len(list(tmp_path.iterdir())) == 3


def test_one_write_may_fill_several_files_and_never_cuts_a_piece(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "log", rotation=Rotation(size=8, keep=9))
    sink.open()
    sink.write([b"1234\n", b"56\n", b"a piece that is too long\n", b"7\n", b""])
    parts = [(tmp_path / name).read_bytes() for name in ("log.2", "log.1", "log")]
    assert parts == [b"1234\n56\n", b"a piece that is too long\n", b"7\n"]


def test_rotated_files_are_compressed(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "log", rotation=Rotation(size=4, keep=2, compress=True))
    sink.open()
    for text in (b"one\n", b"two\n", b"six\n", b"ten\n"):
        sink.write([text])
    assert sorted(one.name for one in tmp_path.iterdir()) == ["log", "log.1.gz", "log.2.gz"]
    assert gzip.decompress((tmp_path / "log.1.gz").read_bytes()) == b"six\n"
    assert gzip.decompress((tmp_path / "log.2.gz").read_bytes()) == b"two\n"


def test_compression_may_be_turned_on_and_off_between_runs(tmp_path: Path) -> None:
    for compress, text in (
        (False, b"one\n"),
        (True, b"two\n"),
        (False, b"six\n"),
        (True, b"ten\n"),
        (False, b"end\n"),
    ):
        sink = FileSink(tmp_path / "log", rotation=Rotation(4, 3, compress))
        sink.open()
        sink.write([text])
    kept = [
        gzip.decompress(one.read_bytes()) if one.suffix == ".gz" else one.read_bytes()
        for one in sorted(tmp_path.iterdir())
    ]
    assert kept == [b"end\n", b"ten\n", b"six\n", b"two\n"]


def test_keep_none(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "log", rotation=Rotation(size=4, keep=0))
    sink.open()
    sink.write([b"one\n", b"two\n"])
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"two\n"]


def test_a_failed_compression_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    sink = FileSink(tmp_path / "log", rotation=Rotation(4, 3, compress=True))
    sink.open()
    sink.write([b"one\n"])
    monkeypatch.setattr("shutil.copyfileobj", full)
    with pytest.raises(OSError, match="No space"):
        sink.write([b"two\n"])
    assert [one.name for one in tmp_path.iterdir()] == ["log.1"]
    assert (tmp_path / "log.1").read_bytes() == b"one\n"


def test_threads_and_processes_share_a_file_without_losing_or_cutting_a_line(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    path = folder / "log"
    program = f"from helpers_handlers import write_many; write_many({str(path)!r}, 3)"
    tests = Path(helpers_handlers.__file__).parent
    process = subprocess.Popen([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(tests)})
    threads = [threading.Thread(target=write_many, args=(str(path), who)) for who in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert process.wait(timeout=60) == 0
    lines = [line for one in folder.iterdir() for line in one.read_text().splitlines()]
    assert sorted(lines) == sorted(
        f"writer {who} line {number:03}" for who in range(4) for number in range(150)
    )
    assert all(one.stat().st_size <= 600 for one in folder.iterdir())


def test_a_file_that_was_taken_away_is_made_again(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "log")
    sink.open()
    (tmp_path / "log").unlink()
    sink.write([b"one"])
    assert (tmp_path / "log").read_bytes() == b"one"


def test_what_is_no_file_is_not_rotated() -> None:
    sink = FileSink(Path(os.devnull), rotation=Rotation(1, 1))
    sink.open()
    sink.write([b"one", b"two"])
    assert Path(os.devnull).is_char_device()


# --- in runs ----------------------------------------------------------------------------------------------


async def test_a_workflow_writes_its_text_and_rotates(simulator: Simulator, tmp_path: Path) -> None:
    opts = {"path": str(tmp_path / "{step}.jsonl"), "max_size": 400, "keep": 99}
    step = {"prompt": "hi", "stream_handler": "file", "stream_handler_opts": opts, "needs": []}
    steps = [{"id": name, **step, "scenario": {"reply": "one two three four five"}} for name in ("a", "b")]
    events = await events_of(mocked(f"steps: {json.dumps(steps)}", simulator))
    for name in ("a", "b"):
        files = list(tmp_path.glob(f"{name}.jsonl*"))  # noqa: ASYNC240 - a test's own files
        assert len(files) > 1
        written = [json.loads(line)["seq"] for file in files for line in file.read_text().splitlines()]
        wanted = [
            one.seq for one in events if one.step == name and one.__struct_config__.tag in ("delta", "done")
        ]
        assert sorted(written) == wanted


async def test_a_folder_that_cannot_be_made_is_told_and_the_run_goes_on(
    tmp_path: Path, simulator: Simulator
) -> None:
    (tmp_path / "taken").write_text("")
    handler = f"stream_handler: file, stream_handler_opts: {{path: '{tmp_path}/taken/out.txt'}}"
    events = await events_of(
        mocked(f"steps: [{{id: a, prompt: hi, {handler}, scenario: {{reply: x}}}}]", simulator)
    )
    (error,) = of(events, Error)
    assert "Error:" in error.message
    assert "taken" in error.message
    assert not error.fatal


async def test_a_disk_that_fills_up_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    handler = FileHandler(str(tmp_path / "out.txt"), flush_every=0)
    await handler.start(RUN)
    monkeypatch.setattr("pipeline_runtime.handlers.sink.os.write", full)
    script = Script()
    handler.handle_event(script.delta("x"))

    def told() -> bool:
        try:
            handler.handle_event(script.delta("y"))
        except OSError as error:
            return "No space" in str(error)
        return False

    await until(told)
    for _ in range(20):
        assert handler.handle_event(script.delta("z")) is None
        await asyncio.sleep(0)
    await handler.close()
    assert (tmp_path / "out.txt").read_text() == ""


async def test_a_failed_step_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")
    opts = {"path": str(path), "mode": "atomic"}
    await play(replying(head(), piece("half a")), {"stream_handler": "file", "stream_handler_opts": opts})
    assert path.read_text() == "old"
    assert (tmp_path / "out.txt.partial").read_text() == "half a\n"
