"""Error bodies of every recorded shape, and of none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_runtime.protocols import PROTOCOL_NAMES, get_protocol
from pipeline_runtime.protocols.failures import failure_of, read_failure

RECORDED = {
    # file: status, type, beginning of the message, code, param, retryable
    "azure-401.json": (401, "authentication_error", "Access denied due to invalid", "401", None, False),
    "azure-429-ratelimit.json": (429, "rate_limit_error", "Your requests to grok-4-1", "RateLimitReached", None, True),
    "bedrock-400-input-too-long.json": (400, "invalid_request_error", "The model returned the", None, None, False),
    "bedrock-400-stream-invalid-model.json": (400, "invalid_request_error", "The provided model", None, None, False),
    "codex-401-detail.json": (401, "authentication_error", "Could not parse your authentication", None, None, False),
    "cohere-401.json": (401, "authentication_error", "Incorrect API key provided: ****", None, None, False),
    "doubleword-400-flat.json": (400, "Bad Request", "Validation: Temperature must be", "400", None, False),
    "gemini-429-retry-info.json": (429, "RESOURCE_EXHAUSTED", "You exceeded your current quota", "429", None, True),
    "groq-400-tool-use-failed.json": (400, "invalid_request_error", "Tool call validation failed", "tool_use_failed", None, False),
    "llamacpp-400-context-overflow-stream.json": (400, "exceed_context_size_error", "request (2009 tokens)", "400", None, False),
    "llamacpp-500-tools-without-jinja.json": (500, "server_error", "tools param requires --jinja", "500", None, True),
    "mistral-400-logprobs-stream.json": (400, "invalid_request_invalid_args", "Logprobs are not enabled", "3051", None, False),
    "mistral-401-detail.json": (401, "authentication_error", "Invalid API Key", None, None, False),
    "mustream-codex.json": (400, "invalid_request_error", "Stream must be set to true", None, None, False),
    "nostream-azure-gateway-403.json": (403, "permission_error", "Streaming requests are not yet", None, None, False),
    "nostream-groq-response-format.json": (400, "invalid_request_error", "response_format` does not", None, None, False),
    "nostream-openai-o1-default.json": (400, "invalid_request_error", "Unsupported value: 'stream'", "unsupported_value", "stream", False),
    "nostream-openai-o1-supported-values.json": (400, "invalid_request_error", "Unsupported value: 'stream'", "unsupported_value", "stream", False),
    "nostream-stream-options-mistral-422.json": (422, "invalid_request_error", "body.stream_options.include_usage: Extra inputs are not permitted", None, None, False),
    "nostream-vertex-claude.json": (400, "FAILED_PRECONDITION", "claude-sonnet-4 is not supported", "400", None, False),
    "ollama-cloud-401.json": (401, "api_error", "Unauthorized", None, None, False),
    "openai-400-context-length.json": (400, "invalid_request_error", "Your input exceeds the context", "context_length_exceeded", "input", False),
    "openai-400-responses-model.json": (400, "invalid_request_error", "The requested model 'this-", "model_not_found", "model", False),
    "openai-401-responses.json": (401, "invalid_request_error", "Incorrect API key provided", "invalid_api_key", None, False),
    "openai-401-text-plain.json": (401, "invalid_request_error", "Incorrect API key provided", "invalid_api_key", None, False),
    "openai-404-model.json": (404, "invalid_request_error", "The model `this-model-does-not", "model_not_found", None, False),
    "openrouter-400-too-long.json": (400, "invalid_request_error", "This endpoint's maximum context", "400", None, False),
    "openrouter-401.json": (401, "authentication_error", "Missing Authentication header", "401", None, False),
    "openrouter-429.json": (429, "rate_limit_error", "Provider returned error: google/gemini-2.0-flash-exp:free is temporarily rate-limited", "429", None, True),
    "vertex-400-too-long.json": (400, "INVALID_ARGUMENT", "The input token count (1250074)", "400", None, False),
}  # fmt: skip


@pytest.mark.conformance
@pytest.mark.parametrize("file", RECORDED)
def test_a_recorded_error_says_what_it_says(file, wire_corpus):
    status, kind, message, code, param, retryable = RECORDED[file]
    failure = read_failure(status, (wire_corpus / "errors" / file).read_bytes())
    assert (failure.type, failure.code, failure.param, failure.retryable) == (kind, code, param, retryable)
    assert failure.message.startswith(message)


@pytest.mark.conformance
def test_no_recorded_error_is_left_out(wire_corpus):
    assert {path.name for path in (wire_corpus / "errors").iterdir()} == set(RECORDED)


def test_the_provider_s_error_inside_a_gateway_s_is_unwrapped():
    body = (
        b'{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\\n \\"error\\": {\\"message\\": '
        b'\\"Your organization must be verified to stream this model.\\", \\"type\\": \\"invalid_request_error\\", '
        b'\\"param\\": \\"stream\\", \\"code\\": \\"unsupported_value\\"}}","provider_name":"OpenAI"}}}'
    )
    failure = read_failure(400, body)
    assert failure.message == "Your organization must be verified to stream this model."
    assert (failure.type, failure.code, failure.param) == (
        "invalid_request_error",
        "unsupported_value",
        "stream",
    )


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (502, b"", "HTTP 502 with an empty body"),
        (
            502,
            b"<html><head><title>502 Bad &amp; Gateway</title></head><body>nginx</body></html>",
            "502 Bad & Gateway",
        ),
        (503, b"<html><style>p {}</style><p>Down  for\nrepair</p></html>", "Down for repair"),
        (500, b"upstream connect error\n", "upstream connect error"),
        (400, b"{}", "HTTP 400 without a message"),
        (400, b'{"error":"model is required"}', "model is required"),
        (400, b'[{"error":{"message":"in a list"}}]', "in a list"),
        (400, b'{"error":[{"message":"a list in it"}]}', "a list in it"),
        (422, b'{"detail":[{"loc":["body","stream"],"msg":"bad"},"plain"]}', "body.stream: bad; plain"),
        (400, b'\xef\xbb\xbf{"message":"with a mark"}', "with a mark"),
        (400, b"x" * 5000, "x" * 600 + "\u2026"),
    ],
)
def test_other_bodies_give_a_message_too(status, body, message):
    assert read_failure(status, body).message == message


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (400, "invalid_request_error", False),
        (401, "authentication_error", False),
        (403, "permission_error", False),
        (404, "not_found_error", False),
        (408, "timeout_error", True),
        (409, "conflict_error", True),
        (418, "invalid_request_error", False),
        (429, "rate_limit_error", True),
        (500, "api_error", True),
        (503, "api_error", True),
        (529, "overloaded_error", True),
    ],
)
def test_a_status_alone_has_a_word_and_a_judgement(status, kind, retryable):
    failure = read_failure(status, b"no")
    assert (failure.type, failure.retryable) == (kind, retryable)


def test_no_wait_helps_against_an_empty_account():
    body = b'{"error":{"type":"insufficient_quota","code":"insufficient_quota","message":"You exceeded your quota"}}'
    assert not read_failure(429, body).retryable


@pytest.mark.parametrize("name", PROTOCOL_NAMES)
@settings(deadline=None)
@given(status=st.integers(400, 599), body=st.binary(max_size=60) | st.text(max_size=40).map(str.encode))
def test_no_body_makes_it_raise(name, status, body):
    failure = get_protocol(name).read_failure(status, body)
    assert failure.type
    assert failure.message


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        ({"details": [{"quotaId": "q"}, {"retryDelay": "34.4s"}], "message": "try again in 9s"}, 34.4),
        ({"details": [{"retryDelay": "soon"}], "message": "Please retry in 12.5s."}, 12.5),
        ({"message": "Rate limit reached. Please try again in 6m0s. See"}, 360.0),
        ({"message": "Please try again in 450ms"}, 0.45),
        ({"message": "Please try again in 1h2m3s"}, 3723.0),
        ({"message": "Please try again in a while"}, None),
        ({"details": ["x", None], "message": "no"}, None),
    ],
)
def test_the_wait_that_a_body_asks_for(error, seconds):
    assert read_failure(429, json.dumps({"error": error}).encode()).retry_after == seconds


@pytest.mark.conformance
def test_the_wait_in_a_recorded_body(wire_corpus):
    body = (wire_corpus / "errors" / "gemini-429-retry-info.json").read_bytes()
    assert read_failure(429, body).retry_after == 34.4


def test_an_error_in_a_stream_without_a_message_says_so():
    assert failure_of({"error": {}}).message == "an error without a message"
