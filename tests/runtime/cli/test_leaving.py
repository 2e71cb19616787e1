"""Signals, pipes that close, outputs that are not there: no traceback, the right code, nothing lost."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from helpers_cli import ANSWER, Session, cli, shell
from pipeline_runtime import Error, RunFinished, RunLog

pytestmark = pytest.mark.streaming
ENDINGS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]


@pytest.mark.parametrize(("number", "code"), ENDINGS)
def test_an_interrupted_run_keeps_the_partial_answer_and_says_where(flows, number, code):
    with Session("run", flows / "endless.yaml", "--mode", "mock") as session:
        session.read_until("more more")
        session.signal(number)
        ran = session.end()
    assert ran.code == code
    assert "Traceback" not in ran.notes
    assert "what had come is kept" in ran.notes
    log = re.search(r"^run log: (.*)$", ran.notes, re.MULTILINE)
    assert log is not None
    (error,) = [event for event in RunLog(Path(log[1])).events() if isinstance(event, Error)]
    assert (error.type, error.response.text) == ("cancelled", ran.out.removesuffix("\n"))


@pytest.mark.parametrize(("number", "code"), ENDINGS)
def test_an_interrupted_json_run_ends_with_its_last_event(flows, number, code):
    with Session("run", flows / "endless.yaml", "--mode", "mock", "--json") as session:
        session.read_until('"kind":"delta"')
        session.signal(number)
        ran = session.end()
    assert ran.code == code
    assert isinstance(ran.events[-1], RunFinished)
    assert ran.events[-1].status == "cancelled"
    assert f"run log: {ran.events[-1].log}\n" in ran.notes


def test_a_second_interrupt_ends_a_run_whose_handler_hangs(flows):
    (flows / "stuck.py").write_text(
        "import asyncio\nasync def handle_event(event):\n    await asyncio.Event().wait()\n"
    )
    text = (
        (flows / "endless.yaml")
        .read_text()
        .replace("stream: true", "stream: true\n    stream_handler: stuck:handle_event")
    )
    (flows / "endless.yaml").write_text(text)
    with Session("run", flows / "endless.yaml", "--json", env={"PYTHONPATH": str(flows)}) as session:
        session.read_until('"kind":"delta"')
        session.signal(signal.SIGINT)
        session.read_until('"type":"cancelled"')
        session.signal(signal.SIGINT)
        assert session.end().code == -signal.SIGINT


def test_a_handlers_prints_stay_out_of_the_json(flows):
    (flows / "loud.py").write_text("def handle_event(event):\n    print('loud', type(event).__name__)\n")
    text = (
        (flows / "quick.yaml")
        .read_text()
        .replace("stream: true", "stream: true\n    stream_handler: loud:handle_event")
    )
    (flows / "quick.yaml").write_text(text)
    env = {"PYTHONPATH": str(flows)}
    told = cli("run", flows / "quick.yaml", "--mode", "mock", "--json", env=env)
    assert isinstance(told.events[-1], RunFinished)
    assert told.notes.endswith("loud Done\n")
    assert "loud Done\n" in cli("run", flows / "quick.yaml", "--mode", "mock", env=env).out


def test_an_ignored_interrupt_stays_ignored(flows):
    ran = shell('trap "" INT; "$@" & kill -INT $!; wait $!', "run", flows / "quick.yaml", "--mode", "mock")
    assert (ran.code, ran.out) == (0, ANSWER + "\n")


@pytest.mark.parametrize("words", [(), ("--json",)], ids=["text", "json"])
def test_a_reader_that_leaves_ends_the_run(flows, words):
    with Session("run", flows / "endless.yaml", "--mode", "mock", *words) as session:
        session.read_until("more")
        session.close_output()
        ran = session.end()
    assert ran.code == 141
    assert "Traceback" not in ran.notes
    assert "Error" not in ran.notes


@pytest.mark.parametrize("command", ["list", "validate", "run"])
def test_head_gets_its_line_and_no_traceback(flows, command):
    ran = shell('"$@" --json 2>&1 | head -n 1', command, flows / "quick.yaml")
    assert ran.out.count("\n") == 1
    assert ran.notes == ""


def test_closed_inputs_and_outputs(flows):
    assert shell('"$@" <&-', "run", flows / "quick.yaml", "--mode", "mock").out == ANSWER + "\n"
    assert shell('"$@" 2>&-', "run", flows / "quick.yaml", "--mode", "mock").out == ANSWER + "\n"
    closed = shell('"$@" >&-', "run", flows / "quick.yaml", "--mode", "mock")
    assert closed.code == 0
    assert "Traceback" not in closed.notes
    assert shell('"$@" <&- >&- 2>&-', "run", flows / "quick.yaml").code == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", [(), ("--json",)], ids=["text", "json"])
def test_a_full_disk_is_one_clear_line(flows, words):
    ran = shell('"$@" >/dev/full', "run", flows / "quick.yaml", "--mode", "mock", *words)
    assert ran.code == 1
    assert ran.notes.splitlines()[-1] == "pipeline-tui: No space left on device"
    assert "Traceback" not in ran.notes


def test_the_log_folder_may_be_unwritable(flows, tmp_path):
    (tmp_path / "file").write_text("")
    env = {"PIPELINE_STATE_DIR": str(tmp_path / "file" / "state")}
    ran = cli("run", flows / "quick.yaml", "--mode", "mock", env=env)
    assert (ran.code, ran.out) == (0, ANSWER + "\n")
    assert "the run log cannot be written" in ran.notes
    assert "PIPELINE_STATE_DIR" in ran.notes
