"""Errors in the forms of servers that no recording has, at status 200 and at others."""

from __future__ import annotations

import json

import pytest

from helpers_chat import DONE, chunk, decode, sync, unknown
from pipeline_runtime.protocols.failures import names_error, read_failure

pytestmark = pytest.mark.streaming

FORMS = {
    "MiniMax": (
        {
            "id": "x",
            "choices": None,
            "model": "m",
            "usage": {"total_tokens": 0},
            "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"},
        },
        "insufficient balance",
        "1008",
    ),
    "Zhipu": ({"code": 500, "msg": "404 NOT_FOUND", "success": False}, "404 NOT_FOUND", "500"),
    "Baidu": ({"error_code": 336003, "error_msg": "too long"}, "too long", "336003"),
    "Databricks": ({"error_code": "BAD_REQUEST", "message": "no"}, "no", "BAD_REQUEST"),
    "Cloudflare": (
        {"errors": [{"message": "AiError: no", "code": 5023}], "success": False, "result": {}},
        "AiError: no",
        "5023",
    ),
    "vLLM": (
        {"code": 404, "message": "no such model", "object": "error", "type": "NotFoundError"},
        "no such model",
        "404",
    ),
    "mlx": ({"error": "not with speculative decoding"}, "not with speculative decoding", None),
    "Hugging Face": ({"error": ["one", "two"]}, "one; two", None),
}


@pytest.mark.parametrize("vendor", FORMS)
def test_an_error_at_status_200_is_one_in_a_stream_and_as_a_whole_body(vendor):
    body, message, code = FORMS[vendor]
    decoder, events, verdict, _ = decode(body, DONE)
    assert (verdict, unknown(events)) == ("error", [])
    assert (decoder.failure.message, decoder.failure.code) == (message, code)
    decoder, events, verdict = sync(body)
    assert (verdict, unknown(events)) == ("error", [])
    assert (decoder.failure.message, decoder.failure.code) == (message, code)
    assert names_error(body)


@pytest.mark.parametrize("vendor", FORMS)
def test_an_error_under_a_status_says_the_same(vendor):
    body, message, code = FORMS[vendor]
    failure = read_failure(400, json.dumps(body).encode())
    assert (failure.message, failure.code) == (message, code)


def test_an_error_after_text_keeps_the_text():
    body, message, _ = FORMS["MiniMax"]
    decoder, _, verdict, response = decode(chunk({"content": "Hi"}), body)
    assert (response.text, verdict, decoder.failure.message) == ("Hi", "error", message)


@pytest.mark.parametrize(
    "more",
    [
        {"base_resp": {"status_code": 0, "status_msg": ""}},
        {"success": True},
        {"code": 0, "message": "Success", "sid": "s"},
        {"error": None, "error_code": 0},
    ],
)
def test_an_outcome_that_is_good_is_no_error(more):
    decoder, events, verdict, response = decode(
        chunk({"content": "Hi"}, **more), chunk({}, "stop", **more), DONE
    )
    assert (response.text, verdict, decoder.failure, unknown(events)) == ("Hi", "complete", None, [])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"message": "Invalid", "errors": {"name": ["too long"]}}, "Invalid"),
        ({"errors": [{"message": "first"}, {"message": "second"}]}, "first"),
        ({"error": {"message": "no", "http_code": "429"}}, "no"),
    ],
)
def test_other_bodies_keep_their_words(body, message):
    assert read_failure(400, json.dumps(body).encode()).message == message


@pytest.mark.parametrize(("status", "retryable"), [(500, True), (501, False), (503, True)])
def test_what_is_not_implemented_is_not_asked_for_again(status, retryable):
    body = {"error": {"message": "This server does not support reranking", "type": "not_supported_error"}}
    assert read_failure(status, json.dumps(body).encode()).retryable is retryable
