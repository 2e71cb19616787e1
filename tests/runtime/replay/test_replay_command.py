"""`replay`, and `run --cassette`: as a user has them."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from helpers_cli import ANSWER, ESCAPE, FLOWS, Session, cli
from helpers_replay import STALLED, one_step_log, sixty_three
from pipeline_runtime import Delta, Error, FrameReceived, RunFinished, RunStarted

LOUD = "def handle_event(event):\n    print('heard', type(event).__name__)\n"


@pytest.fixture
def quick(tmp_path: Path) -> Path:
    path = tmp_path / "quick.yaml"
    path.write_text(FLOWS["quick"])
    return path


@pytest.fixture
def recorded(quick):
    ran = cli("run", quick, "--mode", "mock", "--json")
    assert ran.code == 0
    return ran


def test_it_prints_what_the_run_printed_and_says_what_it_is(recorded):
    ran = cli("replay", "last", "--speed", "instant")
    assert (ran.code, ran.out) == (0, ANSWER + "\n")
    name = recorded.events[0].run
    assert ran.notes.startswith(f"mode replay: a replay of {name} (mock, ")
    assert "say: STREAM · first delta" in ran.notes


def test_as_json_it_gives_the_recorded_events_and_the_mark(recorded):
    ran = cli("replay", recorded.events[0].run, "--speed", "20", "--json")
    assert ran.events[1:] == recorded.events[1:]
    assert (ran.events[0].mode, recorded.events[0].mode) == ("replay", "mock")
    assert "a replay of" in ran.notes


def test_it_writes_no_log(recorded, pipeline_state):
    before = sorted(pipeline_state.rglob("*"))
    cli("replay", "last", "--speed", "instant")
    assert sorted(pipeline_state.rglob("*")) == before


def test_a_failed_run_fails_again(tmp_path):
    (tmp_path / "failing.yaml").write_text(FLOWS["failing"])
    assert cli("run", tmp_path / "failing.yaml", "--mode", "mock").code == 1
    ran = cli("replay", "last", "--speed", "instant")
    assert ran.code == 1
    assert "say: invalid_request_error" in ran.notes


def test_no_key_and_no_network_are_needed(tmp_path):
    log = one_step_log(tmp_path, sixty_three(), STALLED)
    ran = cli("replay", log, "--speed", "instant", "--json")
    assert len(ran.of(FrameReceived)) == 63
    assert ran.events[0].note.endswith("(live, 2026-11-21T00:00:00.000+00:00), all at once")


def test_a_cut_log_is_played_and_told(tmp_path):
    log = one_step_log(tmp_path, sixty_three(), STALLED)
    log.write_bytes(log.read_bytes()[:4_000])
    ran = cli("replay", log, "--speed", "instant")
    assert ran.code == 1
    assert ran.out.startswith("w0 w1 ")
    assert "the recording ends here: the run was killed, or its log was cut" in ran.notes
    assert "Traceback" not in ran.notes


def test_it_can_be_interrupted(tmp_path):
    log = one_step_log(tmp_path, sixty_three(), [n * 60_000_000_000 for n in range(1, 64)])
    with Session("replay", log, "--json", env={"PYTHONUNBUFFERED": "1"}) as session:
        session.read_until('"kind":"response_opened"')
        session.signal(signal.SIGINT)
        ran = session.end()
    assert ran.code == 130
    assert isinstance(ran.events[-1], RunFinished)
    assert ran.events[-1].status == "cancelled"
    assert "Traceback" not in ran.notes


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nosuch",), "there is no run 'nosuch'"),
        (("none.jsonl",), "there is no run log none.jsonl"),
        (("last", "--speed", "0"), "argument --speed: 0 is no speed"),
        (("last", "--speed", "fast"), "fast is no speed: give 1, 0.5, 10 or instant"),
        (("last", "--speed", "nan"), "nan is no speed"),
    ],
)
def test_mistakes_are_one_line(words, told):
    ran = cli("replay", *words)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.notes
    assert ran.notes.count("\n") == 1


def test_a_newer_log_is_refused_kindly(tmp_path):
    log = one_step_log(tmp_path, sixty_three(), STALLED)
    log.write_bytes(log.read_bytes().replace(b'"schema":1', b'"schema":7'))
    ran = cli("replay", log)
    assert ran.code == 2
    assert "written by a newer version (pipeline-tui 0.1.0) (update pipeline-tui to read it)" in ran.notes


def test_frames_and_escapes_are_shown_not_obeyed(tmp_path):
    (tmp_path / "escapes.yaml").write_text(FLOWS["escapes"])
    cli("run", tmp_path / "escapes.yaml", "--mode", "mock")
    ran = cli("replay", "last", "--speed", "instant", "--debug")
    assert ESCAPE not in ran.notes
    assert "frame 0 message_start" in ran.notes


# --- handlers ---------------------------------------------------------------------------------------------


def test_handlers_run_on_it(recorded, quick):
    text = quick.read_text()
    quick.write_text(text.replace("stream: true", "stream: true\n    stream_handler: counting:handle_event"))
    (quick.parent / "counting.py").write_text(LOUD)
    env = {"PYTHONPATH": str(quick.parent)}
    ran = cli("replay", "last", "--speed", "instant", "--json", "--handlers", env=env)
    assert ran.code == 0
    assert ran.notes.count("heard Delta") == len(ran.of(Delta)) > 1
    assert ran.notes.count("heard Done\n") == 1
    named = cli("replay", "last", "--speed", "instant", "--handler", "counting:handle_event", env=env)
    assert "heard Done\n" in named.out


def test_a_handler_that_fails_fails_the_command(recorded):
    ran = cli("replay", "last", "--speed", "instant", "--handler", "nosuch", "--json")
    assert ran.code == 1
    assert [error.message for error in ran.of(Error)] == ["there is no handler 'nosuch'"]
    assert ran.events[-1].status == "ok"


def test_the_handlers_of_a_workflow_that_is_gone_cannot_be_run(recorded, quick):
    quick.unlink()
    ran = cli("replay", "last", "--handlers")
    assert ran.code == 2
    assert f"{quick} is not there (name them: --handler NAME)" in ran.notes


# --- cassettes --------------------------------------------------------------------------------------------


def test_a_recorded_run_answers_for_the_provider(recorded, quick):
    words = ("run", quick, "--mode", "replay", "--cassette", "last", "--speed", "instant")
    ran = cli(*words, "--json")
    assert ran.code == 0
    assert [delta.content for delta in ran.of(Delta)] == [delta.content for delta in recorded.of(Delta)]
    assert only_mode(ran) == "replay"
    quick.write_text(quick.read_text().replace("Say something.", "Say nothing."))
    ran = cli("run", quick, "--cassette", recorded.events[0].run, "--speed", "instant")
    assert (ran.code, ran.out) == (1, "")
    assert 'body.messages[0].content: recorded "Say something.", now "Say nothing."' in ran.notes


def test_what_is_missing_is_recorded_when_asked(quick, simulator_url, tmp_path):
    tape = tmp_path / "tape.jsonl"
    env = {"ANTHROPIC_API_KEY": "sk-planted-for-this-test", "ANTHROPIC_BASE_URL": simulator_url}
    words = ("run", quick, "--cassette", tape, "--speed", "instant")
    made = cli(*words, "--record", "missing", env=env)
    assert made.code == 0
    assert made.notes.endswith(f"1 request recorded into {tape}\n")
    assert "sk-planted" not in tape.read_text()
    again = cli(*words)
    assert (again.code, again.out) == (0, made.out)
    assert cli("replay", tape, "--speed", "instant").out == made.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--mode", "replay"), "--mode replay wants a cassette (give --cassette FILE)"),
        (("--record", "missing"), "--record wants a cassette"),
        (("--speed", "2"), "--speed wants a cassette"),
        (("--mode", "mock", "--cassette", "last"), "--mode mock and --cassette"),
        (("--cassette", "none.jsonl"), "there is no cassette none.jsonl (record one: --record missing)"),
        (("--cassette", "nosuch"), "there is no cassette nosuch"),
    ],
)
def test_options_that_do_not_fit_are_told(quick, words, told):
    ran = cli("run", quick, *words)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.notes
    assert ran.notes.count("\n") == 1


@pytest.fixture
def simulator_url(simulator):
    return simulator.base_url(None, "anthropic")


def test_a_mode_of_the_environment_that_wants_a_cassette_says_so(quick):
    ran = cli("run", quick, env={"TEST_MODE": "replay"})
    assert ran.code == 2
    assert "TEST_MODE is `replay`, which wants a cassette (run --cassette FILE)" in ran.notes


def only_mode(ran):
    (begun,) = ran.of(RunStarted)
    return begun.mode
