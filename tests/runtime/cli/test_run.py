"""`run`: text, notes, events, modes, frames."""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from helpers_cli import ANSWER, ESCAPE, cli, on_terminal
from pipeline_runtime import (
    AttemptStarted,
    Delta,
    Done,
    Error,
    Fallback,
    FrameReceived,
    Retry,
    RunFinished,
    RunLog,
    RunStarted,
    Stall,
    StepStarted,
)
from pipeline_runtime.simulator import Simulator

pytestmark = pytest.mark.streaming
KEY = "sk-ant-planted-0123456789abcdef"


def test_text_on_stdout_and_notes_on_stderr(flows):
    ran = cli("run", flows / "quick.yaml", "--mode", "mock")
    assert (ran.code, ran.out) == (0, ANSWER + "\n")
    assert "── say · claude/some-model\n" in ran.notes
    assert "say: STREAM · first delta" in ran.notes
    assert "run ok in" in ran.notes
    log = re.search(r"^run log: (.*)$", ran.notes, re.MULTILINE)
    assert log is not None
    assert [event.response.text for event in RunLog(Path(log[1])).events() if isinstance(event, Done)] == [
        ANSWER
    ]


def test_json_is_whole_events_and_nothing_else(flows):
    ran = cli("run", flows / "quick.yaml", "--mode", "mock", "--json")
    events = ran.events
    assert (ran.code, ran.notes) == (0, "")
    assert [event.seq for event in events] == list(range(len(events)))
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunFinished)
    assert "".join(event.content for event in ran.of(Delta)) == ANSWER
    assert [event.response.delivery for event in ran.of(Done)] == ["stream"]


def test_json_is_what_the_run_log_gives_back(flows):
    ran = cli("run", flows / "pair.yaml", "--json")
    assert list(RunLog(Path(ran.events[-1].log)).events()) == ran.events


def test_without_a_key_it_is_mock_and_says_so(flows):
    for words in ([], ["--json"]):
        ran = cli("run", flows / "quick.yaml", *words)
        assert ran.code == 0
        assert ran.notes.startswith("mode mock: ANTHROPIC_API_KEY is not set")


def test_test_mode_is_honoured_and_mode_wins_over_it(flows):
    live = cli("run", flows / "quick.yaml", "--json", env={"TEST_MODE": "live"})
    assert live.code == 1
    assert live.of(RunStarted)[0].mode == "live"
    assert "ANTHROPIC_API_KEY" in live.of(Error)[0].message
    mock = cli("run", flows / "quick.yaml", "--json", "--mode", "mock", env={"TEST_MODE": "live"})
    assert (mock.code, mock.of(RunStarted)[0].mode) == (0, "mock")


def test_inputs_reach_the_prompt(flows):
    ran = cli("run", flows / "greet.yaml", "--input", "who=Ada=Lovelace", "-i", "times=3", "--mode", "mock")
    assert (ran.code, ran.out) == (0, "Greet Ada=Lovelace 3 times\n")
    missing = cli("run", flows / "greet.yaml", "--mode", "mock")
    assert missing.code == 2
    assert "`who` is required" in missing.notes


@pytest.mark.parametrize(
    ("flow", "option", "asked", "delivery"),
    [
        ("quick", "--no-stream", "sync", "sync"),
        ("sync", "--stream", "stream", "stream"),
        ("sync", None, "sync", "sync"),
    ],
)
def test_stream_may_be_overridden(flows, flow, option, asked, delivery):
    ran = cli("run", flows / f"{flow}.yaml", "--json", *([option] if option else []))
    assert [event.asked for event in ran.of(AttemptStarted)] == [asked]
    assert [event.response.delivery for event in ran.of(Done)] == [delivery]
    assert ran.of(Done)[0].response.fallback is None


def test_a_failed_run_exits_1_and_names_the_cure(flows):
    ran = cli("run", flows / "failing.yaml", "--mode", "mock")
    assert (ran.code, ran.out) == (1, "")
    assert "status 400" in ran.notes
    assert "run failed in" in ran.notes
    assert "Traceback" not in ran.notes


def test_a_retry_is_noted(flows):
    ran = cli("run", flows / "overloaded.yaml", "--mode", "mock")
    assert (ran.code, ran.out) == (0, ANSWER + "\n")
    assert re.search(r"^say: trying again in \d+ ms: overloaded_error", ran.notes, re.MULTILINE)


@pytest.mark.parametrize("turned_on", [("--debug", None), (None, "1")], ids=["option", "variable"])
def test_frames_go_to_stderr(flows, turned_on):
    option, variable = turned_on
    env = {"PIPELINE_STREAM_DEBUG": variable} if variable else {}
    ran = cli("run", flows / "quick.yaml", "--mode", "mock", *([option] if option else []), env=env)
    assert ran.out == ANSWER + "\n"
    assert re.search(r"say#1 frame 0 message_start \d+B '\{", ran.notes)
    assert "message_stop" in ran.notes


def test_frames_are_not_shown_unasked(flows):
    ran = cli("run", flows / "quick.yaml", "--mode", "mock", env={"PIPELINE_STREAM_DEBUG": "0"})
    assert "message_start" not in ran.notes


def test_frames_beside_json_leave_stdout_clean(flows):
    ran = cli("run", flows / "quick.yaml", "--mode", "mock", "--json", "--debug")
    assert len(ran.of(FrameReceived)) == len(re.findall(r"say#1 frame \d+ ", ran.notes))


def test_steps_that_run_at_once_print_one_after_the_other(flows):
    ran = cli("run", flows / "pair.yaml", "--mode", "mock")
    lines = ran.out.splitlines()
    assert [set(line.split()) for line in lines] == [{"left"}, {"right"}, {"after"}]
    assert [len(line.split()) for line in lines] == [60, 60, 1]
    headings = re.findall(r"^── (\w+)", ran.notes, re.MULTILINE)
    assert headings == ["left", "right", "after"]


def test_a_pipe_gets_the_models_bytes_and_a_terminal_sees_marks(flows):
    piped = cli("run", flows / "escapes.yaml", "--mode", "mock")
    assert piped.out == "red \x1b[31m and a title \x1b]0;taken\x07 end\n"
    assert ESCAPE not in piped.notes
    code, screen = on_terminal("run", flows / "escapes.yaml", "--mode", "mock")
    assert code == 0
    assert ESCAPE not in screen
    assert "red ␛[31m and a title ␛]0;taken␇ end\r\n" in screen


def test_no_colour_is_printed_whatever_is_asked(flows):
    for env in ({"FORCE_COLOR": "1", "COLORTERM": "truecolor"}, {"NO_COLOR": "1"}):
        code, screen = on_terminal("run", flows / "quick.yaml", env=env)
        assert code == 0
        assert ESCAPE not in screen
        assert ESCAPE not in on_terminal("--help", env=env)[1]


def test_a_terminal_without_unicode_gets_the_text_escaped(flows):
    (flows / "wide.yaml").write_text((flows / "quick.yaml").read_text().replace(ANSWER, "naïve ☕"))
    ran = cli("run", flows / "wide.yaml", "--mode", "mock", env={"PYTHONIOENCODING": "ascii"})
    assert (ran.code, ran.out) == (0, "na\\xefve \\u2615\n")


def test_a_bundled_name_wins_over_a_folder_but_not_over_a_file(flows):
    (flows / "draft").mkdir()
    (flows / "cut").write_text((flows / "quick.yaml").read_text())
    assert cli("run", "draft", "--input", "words=x", cwd=flows).notes.count("`words` must be") == 1
    assert cli("run", "cut", cwd=flows).out == ANSWER + "\n"


def test_live_needs_only_the_key(flows, tmp_path):
    with Simulator(time_scale=0) as server:
        env = {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": server.base_url("draft", "anthropic")}
        text = cli("run", flows / "quick.yaml", "--debug", env=env)
        events = cli("run", flows / "quick.yaml", "--json", env=env)
    assert (text.code, events.code) == (0, 0)
    assert text.out.startswith("Report: ")
    assert events.of(RunStarted)[0].mode == "live"
    assert not text.notes.startswith("mode ")
    assert_not_shown(KEY, tmp_path, text, events)


def test_a_key_that_the_server_echoes_is_shown_nowhere(flows, tmp_path):
    with echoing_server() as base_url:
        env = {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": base_url}
        text = cli("run", flows / "quick.yaml", "--debug", env=env)
        events = cli("run", flows / "quick.yaml", "--json", env=env)
    assert (text.code, events.code) == (1, 1)
    assert "Wrong key: ****" in text.notes
    assert "environment variable" in text.notes
    assert_not_shown(KEY, tmp_path, text, events)


def assert_not_shown(secret, tmp_path, *runs):
    logs = [path.read_text() for path in (tmp_path / "state" / "runs").iterdir()]
    assert len(logs) == len(runs)
    assert [shown for run in runs for shown in (run.out, run.notes) if secret in shown] == []
    assert [log for log in logs if secret in log] == []


class _Echo(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        message = f"Wrong key: {self.headers['x-api-key']}"
        body = json.dumps(
            {"type": "error", "error": {"type": "authentication_error", "message": message}}
        ).encode()
        self.send_response(401)
        self.send_header("content-length", str(len(body)))
        self.send_header("x-debug", self.headers["x-api-key"])
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def echoing_server():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_a_stall_is_told_while_it_lasts_and_named_at_the_end():
    ran = cli("run", "stall", "--json")
    began, ended = ran.of(Stall)
    assert (began.phase, ended.phase, began.after) == ("began", "ended", ended.after)
    assert 1e9 <= began.gap < ended.gap
    assert ended.gap > 2e9
    assert began.at < ended.at
    (stall,) = ran.of(Done)[0].response.timings.stalls
    assert (stall.after, stall.duration) == (ended.after, ended.gap)


def test_the_fallback_ends_in_sync_with_its_reason():
    ran = cli("run", "fallback", "--json")
    (fallback,) = ran.of(Fallback)
    (done,) = ran.of(Done)
    assert ran.code == 0
    assert (done.response.delivery, done.response.fallback.source) == ("sync", "server")
    assert done.response.fallback.reason == fallback.reason
    assert fallback.seq < ran.of(Delta)[0].seq


def test_a_step_knows_its_retry(flows):
    ran = cli("run", flows / "overloaded.yaml", "--json")
    assert [event.status for event in ran.of(Retry)] == [529]
    assert [event.attempt for event in ran.of(AttemptStarted)] == [1, 2]
    assert [event.model for event in ran.of(StepStarted)] == ["some-model"]
