"""Ollama's lines and sync answers: what no recording has, and what must not be lost."""

from __future__ import annotations

import json

import pytest

from helpers_wire import run_decoder
from pipeline_runtime.events import Delta, Lint, Timings, Unknown
from pipeline_runtime.origin import Origin
from pipeline_runtime.protocols import get_protocol

pytestmark = pytest.mark.streaming

BASE = {"model": "m", "created_at": "2026-01-01T00:00:00Z"}
DONE = {"done": True, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 5, "eval_duration": 7}


def chat(content="", done=False, **more):
    message = {"role": "assistant", "content": content, **more}
    return BASE | {"message": message, "done": done}


def end(**more):
    return chat() | DONE | more


def lines(*objects):
    return b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in objects)


def result(decoder, events, verdict):
    return decoder, events, decoder.assembly.response(delivery="stream", timings=Timings(0), verdict=verdict)


def decode(*objects):
    return result(*run_decoder("ollama", [lines(*objects)]))


def codes(events):
    return [event.code for event in events if isinstance(event, Lint)]


def deltas(events):
    return [(event.lane, event.content, event.index) for event in events if isinstance(event, Delta)]


def unknowns(events):
    return [(event.type, json.loads(event.data)) for event in events if isinstance(event, Unknown)]


def call(name="f", arguments=None, **more):
    return {"function": {"name": name, "arguments": arguments or {}, **more}}


def test_chat_and_generate_say_the_same_in_other_fields():
    _, chat_events, of_chat = decode(chat(thinking="hm"), chat("so"), end())
    _, generate_events, of_generate = decode(
        BASE | {"response": "", "thinking": "hm", "done": False},
        BASE | {"response": "so", "done": False},
        BASE | {"response": "", "context": [1, 2], **DONE},
    )
    assert of_chat == of_generate
    assert deltas(chat_events) == deltas(generate_events) == [("thinking", "hm", 0), ("text", "so", 0)]
    assert (codes(generate_events), unknowns(generate_events)) == ([], [])
    usage = of_chat.usage
    assert (usage.input, usage.output, usage.cached, usage.total) == (3, 5, None, None)
    assert usage.raw["eval_duration"] == 7
    assert (of_chat.model, of_chat.id, of_chat.finish_reason, of_chat.verdict) == (
        "m",
        None,
        "stop",
        "complete",
    )


def test_counts_that_are_not_there_are_not_zero():
    _, _, response = decode(
        chat("a"), BASE | {"done": True, "done_reason": "stop", "prompt_eval_cached_count": 2}
    )
    assert (response.usage.input, response.usage.output, response.usage.cached) == (None, None, 2)


@pytest.mark.parametrize(
    ("raw", "reason", "verdict"),
    [
        ("stop", "stop", "complete"),
        ("length", "length", "cut_by_limit"),
        ("load", "other", "complete"),
        ("unload", "other", "complete"),
        ("bored", "other", "complete"),
    ],
)
def test_every_done_reason(raw, reason, verdict):
    decoder, events, response = decode(chat() | {"done": True, "done_reason": raw})
    assert (response.finish_reason_raw, response.finish_reason, response.verdict) == (raw, reason, verdict)
    assert (decoder.terminated, codes(events), response.usage) == (True, [], None)


def test_an_old_version_gives_no_reason():
    _, events, response = decode(chat("a"), chat("", done=True))
    assert (response.finish_reason, response.verdict, codes(events)) == (
        None,
        "complete",
        ["no_finish_reason"],
    )


def test_no_last_line_is_a_cut():
    decoder, events, response = decode(chat("a"), chat("b"))
    assert (response.text, response.verdict, codes(events)) == ("ab", "truncated", ["missing_terminator"])
    assert decoder.terminated is False


def test_a_last_line_without_its_end_is_used_and_told():
    _, events, verdict = run_decoder("ollama", [lines(chat("a"), end()).removesuffix(b"\n")])
    assert (verdict, codes(events)) == ("complete", ["incomplete_frame"])


def test_an_error_line_at_status_200():
    decoder, events, response = decode(
        chat("a"), {"error": "an error was encountered while running the model: EOF"}
    )
    assert (response.text, response.verdict, codes(events), unknowns(events)) == ("a", "error", [], [])
    assert (decoder.failure.type, decoder.failure.retryable) == ("api_error", False)
    assert decoder.failure.message.startswith("an error was encountered")


def test_calls_come_whole_and_change_the_reason():
    _, events, response = decode(
        chat(tool_calls=[call("a", {"x": "é"}, index=0) | {"id": "c0"}, call("b", index=1)]),
        chat(tool_calls=[call("c", {"y": [1]})]),
        end(),
    )
    assert [(c.index, c.id, c.name, c.input) for c in response.tool_calls] == [
        (0, "c0", "a", {"x": "é"}),
        (1, None, "b", {}),
        (2, None, "c", {"y": [1]}),
    ]
    assert deltas(events) == [
        ("tool_input", '{"x":"é"}', 0),
        ("tool_input", "", 1),
        ("tool_input", '{"y":[1]}', 2),
    ]
    assert (response.finish_reason_raw, response.finish_reason, codes(events)) == ("stop", "tool_use", [])


def test_one_index_for_two_calls_keeps_both():
    _, events, response = decode(
        chat(tool_calls=[call("a", index=0)]), chat(tool_calls=[call("b", {"z": 1}, index=0)]), end()
    )
    assert [(c.index, c.name, c.input) for c in response.tool_calls] == [(0, "a", {}), (1, "b", {"z": 1})]
    assert codes(events) == ["tool_index_reused"]


def test_a_cap_that_cuts_calls_stays_a_cap():
    _, _, response = decode(chat(tool_calls=[call("a")]), end(done_reason="length"))
    assert (response.finish_reason, response.verdict) == ("length", "cut_by_limit")


def test_pictures_are_kept_and_other_fields_told():
    _, events, response = decode(
        chat("a", images=["AA=="]),
        BASE | {"image": "BB==", "done": False},
        chat("b", mood="good") | {"weather": "fine"},
        end(),
    )
    assert response.blocks == ({"type": "images", "images": ["AA=="]}, {"type": "image", "image": "BB=="})
    assert unknowns(events) == [("message.mood", {"mood": "good"}), ("weather", {"weather": "fine"})]
    assert response.text == "ab"


def test_lines_of_another_endpoint_are_unknown():
    _, events, verdict = run_decoder("ollama", [b'{"status":"pulling manifest"}\n{"x":1}\n[1]\n\n'])
    assert [type_ for type_, *_ in unknowns_raw(events)] == ["status", "object", "array"]
    assert verdict == "truncated"


def unknowns_raw(events):
    return [(event.type, event.data) for event in events if isinstance(event, Unknown)]


def test_data_after_the_end_is_told_once():
    _, events, response = decode(end(), chat("a"), chat("b"))
    assert (response.text, response.verdict, codes(events)) == ("ab", "complete", ["after_end"])


def test_a_damaged_line_loses_itself_only():
    body = lines(chat("a")) + b'{"model":"m","messa\n' + lines(chat("b"), end())
    _, events, response = result(*run_decoder("ollama", [body]))
    assert (response.text, response.verdict, codes(events)) == ("ab", "complete", ["malformed_json"])


def sync(message):
    decoder = get_protocol("ollama").decoder(Origin.of_run("r"))
    events = decoder.decode_sync(json.dumps(message).encode(), 5)
    verdict, rest = decoder.finish(6)
    return result(decoder, [*events, *rest], verdict)


def test_a_sync_answer_is_one_line():
    _, events, response = sync(chat("so", thinking="hm", tool_calls=[call("f", {"a": 1})]) | DONE)
    assert deltas(events) == [("thinking", "hm", 0), ("text", "so", 0), ("tool_input", '{"a":1}', 0)]
    assert (response.finish_reason, response.verdict, codes(events)) == ("tool_use", "complete", [])
    assert all(event.frame is None for event in events)


@pytest.mark.parametrize(
    ("message", "verdict"),
    [({"error": "model 'x' not found"}, "error"), ({"hello": 1}, "truncated"), (chat("a"), "truncated")],
)
def test_other_sync_answers(message, verdict):
    decoder, _, response = sync(message)
    assert response.verdict == verdict
    assert (decoder.failure is not None) == (verdict == "error")


def test_types_that_are_wrong_are_no_trouble():
    bad = [None, 1, "x", [], {}, [None], [1], [[]], True]
    for value in bad:
        for key in ("message", "response", "thinking", "done", "done_reason", "eval_count", "error", "model"):
            run_decoder("ollama", [lines(end() | {key: value})])
        for key in ("content", "thinking", "tool_calls", "images", "role"):
            run_decoder("ollama", [lines(chat() | {"message": {key: value}})])
        for key in ("name", "arguments", "index"):
            run_decoder("ollama", [lines(chat(tool_calls=[{"function": {key: value}, "id": value}]))])


def test_the_model_is_that_of_the_first_line_even_when_the_stream_is_cut():
    _, _, response = decode(chat("a"), chat("b") | {"model": "other"})
    assert response.model == "m"


def test_an_error_under_its_own_words_is_an_error():
    told = {"error parsing tool call": "invalid character 'c' looking for beginning of value"}
    decoder, _, response = decode(chat("a"), told)
    assert (response.text, response.verdict) == ("a", "error")
    assert decoder.failure.message == (
        "error parsing tool call: invalid character 'c' looking for beginning of value"
    )
