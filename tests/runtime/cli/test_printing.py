"""What is written where, when text and notes share one terminal or not."""

from __future__ import annotations

import io
import os

from pipeline_runtime import Delta, Done, Error, Lint, Response, Retry, RunFinished, Stall, ToolCall
from pipeline_runtime.cli.notes import run_note, step_note
from pipeline_runtime.cli.printing import TextPrinter
from pipeline_runtime.events import StepFinished, Timings

AT = ("r", "a", 1, 0, 0)


def delta(text: str, step: str = "a") -> Delta:
    return Delta("r", step, 1, 0, 0, content=text, lane="text", index=0, frame=0)


def stall() -> Stall:
    return Stall(*AT, phase="began", after=1, gap=1_200_000_000, median=20_000_000)


def finished(step: str) -> StepFinished:
    return StepFinished("r", step, None, 0, 0, status="ok", elapsed=0, attempts=1)


def test_a_note_inside_a_line_begins_its_own_where_both_go_to_one_place():
    screen = io.StringIO()
    TextPrinter(screen, screen).take([delta("half a "), stall(), delta("line")])
    assert screen.getvalue() == "half a \na: stalled after delta 1, no event for 1.2 s\nline"


def test_two_descriptors_of_one_file_are_one_place(tmp_path):
    with (tmp_path / "both").open("w") as out, os.fdopen(os.dup(out.fileno()), "w") as notes:
        TextPrinter(out, notes).take([delta("half a "), stall(), delta("line")])
    assert (tmp_path / "both").read_text() == "half a \na: stalled after delta 1, no event for 1.2 s\nline"


def test_a_note_leaves_piped_text_alone():
    out, notes = io.StringIO(), io.StringIO()
    TextPrinter(out, notes).take([delta("half a "), stall(), delta("line"), finished("a")])
    assert out.getvalue() == "half a line"
    assert notes.getvalue() == "a: stalled after delta 1, no event for 1.2 s\n"


def test_a_handlers_error_does_not_break_the_line():
    out = io.StringIO()
    broken = Error(*AT, type="handler_error", message="it raised", cure="mend it", fatal=False)
    TextPrinter(out, io.StringIO()).take([delta("half a "), broken, delta("line")])
    assert out.getvalue() == "half a line"


def test_steps_wait_for_their_turn_in_the_order_of_their_first_word():
    out = io.StringIO()
    printer = TextPrinter(out, io.StringIO())
    printer.take([delta("a1 ", "a"), delta("b1 ", "b"), delta("c1 ", "c"), delta("a2 ", "a"), finished("c")])
    assert out.getvalue() == "a1 a2 "
    printer.take([finished("a"), delta("b2 ", "b")])
    assert out.getvalue() == "a1 a2 b1 b2 "
    printer.take([finished("b")])
    assert out.getvalue() == "a1 a2 b1 b2 c1 "


def test_notes_are_lines_whatever_the_server_says():
    lint = Lint(*AT, code="x", message="two\nlines \x1b[31m", cure="")
    assert step_note(lint) == "a: two␊lines ␛[31m"
    error = Error(*AT, type="api_error", message="no", cure="try later", status=500, request_id="req_1")
    assert step_note(error) == "a: api_error: no (status 500, request req_1)\n  try later"
    assert step_note(delta("text")) is None


def test_a_change_of_form_is_no_wait():
    again = Retry(*AT, reason="stream_options was refused", delay=0, change="drop_stream_options")
    assert step_note(again) == "a: asking again without stream_options: stream_options was refused"


def test_tool_calls_are_told_with_the_answer():
    calls = (
        ToolCall(0, "t1", "get_weather", '{"city": "Lisbon"}', {"city": "Lisbon"}),
        ToolCall(1, "t2", "find_trains", '{"from": "Por', complete=False),
    )
    timings = Timings(total=1_000_000_000)
    response = Response("", "stream", timings, finish_reason="tool_use", tool_calls=calls)
    assert step_note(Done(*AT, response)) == (
        "a: STREAM · total 1.0 s · finish tool_use\n"
        '  tool get_weather {"city": "Lisbon"}\n'
        '  tool find_trains {"from": "Por (cut)'
    )


def test_an_end_says_where_the_log_is_and_that_a_partial_is_kept():
    ok = RunFinished("r", None, None, 9, 0, status="ok", elapsed=1_500_000_000, log="/logs/r.jsonl")
    assert run_note(ok) == "run ok in 1.5 s\nrun log: /logs/r.jsonl"
    cancelled = RunFinished(
        "r", None, None, 9, 0, status="cancelled", elapsed=15_000_000, log="/logs/r.jsonl"
    )
    assert run_note(cancelled) == "run cancelled in 15 ms, what had come is kept\nrun log: /logs/r.jsonl"
