"""The forms in which Gemini answers: events, an array, a sync body, wrapped, and errors inside them."""

from __future__ import annotations

import json

import pytest

from helpers_gemini import answer, call, candidate, codes, decode, deltas, result, sse, unknowns
from helpers_wire import run_decoder
from pipeline_runtime.origin import Origin
from pipeline_runtime.protocols import get_protocol

pytestmark = pytest.mark.streaming


ERROR = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}


@pytest.mark.parametrize(
    ("tail", "lints"),
    [
        (b"data: " + json.dumps(ERROR).encode() + b"\r\n\r\n", []),
        (json.dumps(ERROR).encode() + b"\r\n\r\n", ["unknown_field"]),
        (json.dumps(ERROR, indent=2).encode(), ["unknown_field", "incomplete_frame"]),
        (b"event: error\r\ndata: " + json.dumps(ERROR["error"]).encode() + b"\r\n\r\n", []),
    ],
)
def test_an_error_in_the_stream_is_read_with_and_without_its_field(tail, lints):
    decoder, events, response = result(*run_decoder("gemini", [sse(answer(candidate({"text": "a"}))) + tail]))
    assert (response.text, response.verdict, codes(events)) == ("a", "error", lints)
    failure = decoder.failure
    assert (failure.type, failure.message, failure.retryable) == (
        "UNAVAILABLE",
        "The model is overloaded.",
        True,
    )


def test_the_array_form_decodes_the_same_and_holds_errors_too():
    responses = [answer(candidate({"text": "a"})), answer(candidate({"text": "b"}, finish="STOP"))]
    _, _, as_sse = decode(*responses)
    body = b"[" + b"\n,\r\n".join(json.dumps(one, indent=2).encode() for one in responses) + b"\n]"
    _, events, as_array = result(*run_decoder("gemini", [body]))
    assert (as_array, codes(events)) == (as_sse, [])
    decoder, _, failed = result(*run_decoder("gemini", [json.dumps([*responses[:1], ERROR]).encode()]))
    assert (failed.text, failed.verdict, decoder.failure.type) == ("a", "error", "UNAVAILABLE")


def test_a_gateway_s_done_is_passed_over():
    _, events, verdict = run_decoder(
        "gemini", [sse(answer(candidate({"text": "a"}, finish="STOP"))) + b"data: [DONE]\n\n"]
    )
    assert (codes(events), verdict) == (["unexpected_done"], "complete")


def test_a_wrapped_response_is_unwrapped():
    _, events, response = decode(
        {"response": answer(candidate({"text": "a"}, finish="STOP")), "traceId": "t"}
    )
    assert (response.text, response.model, response.verdict) == ("a", "g", "complete")
    assert unknowns(events) == []


def test_a_stray_line_that_is_no_json_is_no_data():
    _, events, verdict = run_decoder(
        "gemini", [b"hello\r\n\r\n" + sse(answer(candidate({"text": "a"}, finish="STOP")))]
    )
    assert (codes(events), verdict) == (["unknown_field"], "complete")


def sync(message):
    decoder = get_protocol("gemini").decoder(Origin.of_run("r"))
    events = decoder.decode_sync(json.dumps(message, indent=1).encode(), 5)
    verdict, rest = decoder.finish(6)
    return result(decoder, [*events, *rest], verdict)


def test_a_sync_answer_is_one_delta_a_part():
    decoder, events, response = sync(
        answer(
            candidate(
                {"text": "hm", "thought": True}, {"text": "so"}, call("f", args={"a": 1}), finish="STOP"
            )
        )
    )
    assert deltas(events) == [
        ("thinking", "hm", 0),
        ("text", "so", 0),
        ("tool_input", "", 0),
        ("tool_input", '{"a":1}', 0),
    ]
    assert all(event.frame is None for event in events)
    assert (response.finish_reason, response.verdict, codes(events)) == ("tool_use", "complete", [])
    assert decoder.terminated is True


@pytest.mark.parametrize(
    ("message", "verdict", "lints"),
    [
        (answer(candidate({"text": "a"})), "complete", ["no_finish_reason"]),
        ({"promptFeedback": {"blockReason": "SAFETY"}}, "refused", []),
        (ERROR, "error", []),
        ({"hello": 1}, "truncated", []),
    ],
)
def test_other_sync_answers(message, verdict, lints):
    decoder, events, response = sync(message)
    assert (response.verdict, codes(events)) == (verdict, lints)
    assert (decoder.failure is not None) == (verdict == "error")


def test_types_that_are_wrong_are_no_trouble():
    bad = [None, 1, "x", [], {}, [None], [1], [[]], {"parts": 1}, {"parts": [None, 3, "x"]}]
    for value in bad:
        for key in (
            "candidates",
            "promptFeedback",
            "usageMetadata",
            "modelVersion",
            "responseId",
            "response",
        ):
            run_decoder("gemini", [sse({key: value})])
        for key in ("content", "index", "finishReason", "groundingMetadata", "citationMetadata"):
            run_decoder("gemini", [sse(answer({key: value}))])
        for key in ("text", "functionCall", "thought", "thoughtSignature"):
            run_decoder("gemini", [sse(answer(candidate({key: value})))])
        for key in ("name", "args", "partialArgs", "id", "willContinue"):
            run_decoder("gemini", [sse(answer(candidate({"functionCall": {key: value}})))])
