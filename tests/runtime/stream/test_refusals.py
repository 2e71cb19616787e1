"""Which error is a refusal to stream, and which is not: recorded bodies, quoted ones, and whole calls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from helpers_core import InTurn, events_of, head, mocked, of, only, pieces, play, replying, whole
from pipeline_runtime.events import AttemptStarted, Done, Error, Fallback, Lint, Retry
from pipeline_runtime.simulator.refusals import REFUSALS
from pipeline_runtime.stream.refusals import MAX_EVIDENCE, read_refusal

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_runtime.simulator import Simulator

O1 = "Unsupported value: 'stream' does not support true with this model. Only the default (false) value is supported."
VERIFY = (
    "Your organization must be verified to stream this model. Please go to: https://example.test/settings."
)
BEDROCK = {"x-amzn-errortype": "ValidationException:http://internal.example.test/"}

RECORDED: dict[str, tuple[int, str | None]] = {
    "azure-401.json": (401, None),
    "azure-429-ratelimit.json": (429, None),
    "bedrock-400-input-too-long.json": (400, None),
    "bedrock-400-stream-invalid-model.json": (400, None),
    "codex-401-detail.json": (401, None),
    "cohere-401.json": (401, None),
    "doubleword-400-flat.json": (400, None),
    "gemini-429-retry-info.json": (429, None),
    "groq-400-tool-use-failed.json": (400, None),
    "llamacpp-400-context-overflow-stream.json": (400, None),
    "llamacpp-500-tools-without-jinja.json": (500, None),
    "mistral-400-logprobs-stream.json": (400, None),
    "mistral-401-detail.json": (401, None),
    "mustream-codex.json": (400, None),
    "nostream-azure-gateway-403.json": (403, "sync"),
    "nostream-groq-response-format.json": (400, "sync"),
    "nostream-openai-o1-default.json": (400, "sync"),
    "nostream-openai-o1-supported-values.json": (400, "sync"),
    "nostream-stream-options-mistral-422.json": (422, "drop_stream_options"),
    "nostream-vertex-claude.json": (400, "sync"),
    "ollama-cloud-401.json": (401, None),
    "openai-400-context-length.json": (400, None),
    "openai-400-responses-model.json": (400, None),
    "openai-401-responses.json": (401, None),
    "openai-401-text-plain.json": (401, None),
    "openai-404-model.json": (404, None),
    "openrouter-400-too-long.json": (400, None),
    "openrouter-401.json": (401, None),
    "openrouter-429.json": (429, None),
    "vertex-400-too-long.json": (400, None),
}


def change(
    status: int, body: object, *, streamed: bool = True, option: bool = True, **headers: str
) -> str | None:
    raw = (
        body
        if isinstance(body, bytes)
        else body.encode()
        if isinstance(body, str)
        else json.dumps(body).encode()
    )
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    found = read_refusal(status, named, raw, streamed=streamed, option_sent=option)
    return found.change if found else None


@pytest.mark.conformance
def test_every_recorded_error_body(wire_corpus: Path) -> None:
    bodies = {file.name: file.read_bytes() for file in (wire_corpus / "errors").iterdir()}
    assert bodies.keys() == RECORDED.keys()
    found = {name: change(RECORDED[name][0], body) for name, body in bodies.items()}
    assert found == {name: expected for name, (_, expected) in RECORDED.items()}


@pytest.mark.conformance
def test_asked_sync_only_the_must_stream_body_changes_anything(wire_corpus: Path) -> None:
    files = (wire_corpus / "errors").iterdir()
    changed = {
        file.name: found
        for file in files
        if (found := change(RECORDED[file.name][0], file.read_bytes(), streamed=False, option=False))
    }
    assert changed == {"mustream-codex.json": "stream"}


def openai_error(message: str, **more: object) -> dict:
    return {"error": {"message": message, "type": "invalid_request_error", **more}}


REFUSED = {
    "1 o1": (400, openai_error(O1, param="stream", code="unsupported_value")),
    "2 azure with a callstack": (
        400,
        openai_error("Unsupported value: 'stream' … Supported values are: false.", callstack="at x"),
    ),
    "2 by its code alone": (400, openai_error("No.", param="stream", code="unsupported_value")),
    "3 unverified": (400, openai_error(VERIFY, param="stream", code="unsupported_value")),
    "4 json in metadata.raw": (
        400,
        openai_error("Provider returned error", metadata={"raw": json.dumps(openai_error(VERIFY), indent=2)}),
    ),
    "5 request id glued on": (400, openai_error(f"{O1} (request id: 20240913abc)")),
    "6 python repr in the message": (
        400,
        openai_error(
            "litellm.BadRequestError: Error code: 400 - "
            + repr({"error": {"message": O1, "param": "stream"}})
        ),
    ),
    "6 a repr with a backslash": (400, openai_error("Error: {'message': \"\\d 'stream' is unsupported\"}")),
    "10 groq": (400, openai_error("response_format` does not support streaming")),
    "11 llama.cpp, wrapped": (500, {"error": {"code": 500, "message": "Cannot use tools with stream"}}),
    "11 llama.cpp, flat": (
        500,
        {"code": 500, "message": "Cannot use tools with stream", "type": "server_error"},
    ),
    "12 vertex": (400, openai_error("claude-x is not supported in the streamGenerateContent API.")),
    "14 gateway": (403, {"message": "Streaming requests are not yet allowed."}),
    "14 as a python repr": (403, "{'message': 'Streaming requests are not yet allowed.'}"),
    "as plain text": (501, "streaming is not supported here"),
    "behind a byte order mark": (400, b"\xef\xbb\xbf" + json.dumps(openai_error(O1)).encode()),
    "with invalid UTF-8": (400, b'{"error": {"message": "\xff streaming is not supported"}}'),
}


@pytest.mark.parametrize("form", REFUSED)
def test_forms_that_fall_back(form: str) -> None:
    status, body = REFUSED[form]
    assert change(status, body) == "sync"
    assert change(status, body, streamed=False, option=False) is None


@pytest.mark.parametrize(
    "message",
    ["The model is unsupported for streaming.", "This model doesn't support tool use in streaming mode."],
)
def test_bedrock_says_it_with_a_header(message: str) -> None:
    assert change(400, {"message": message}, x_amzn_errortype=BEDROCK["x-amzn-errortype"]) == "sync"
    validation = {"message": "Malformed input request: stream"}
    assert change(400, validation, x_amzn_errortype=BEDROCK["x-amzn-errortype"]) == "sync"
    assert change(400, validation) is None


OPTION = {
    "mistral": (422, {"message": {"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs"}]}}),
    "azure": (400, openai_error("Validation error at #/stream_options: Extra inputs are not permitted")),
    "relay": (400, openai_error("Unknown parameter: 'stream_options'.")),
}


@pytest.mark.parametrize("form", OPTION)
def test_forms_that_drop_stream_options(form: str) -> None:
    status, body = OPTION[form]
    assert change(status, body) == "drop_stream_options"
    assert change(status, body, option=False) is None


@pytest.mark.parametrize(
    "message",
    [
        "Stream must be set to true",
        "This model only support stream mode, please enable the stream parameter.",
        "parameter.enable_thinking must be set to false for non-streaming calls",
        "Streaming is required for operations that may take longer than 10 minutes.",
    ],
)
def test_forms_that_must_stream(message: str) -> None:
    assert change(400, {"detail": message}, streamed=False, option=False) == "stream"
    assert change(400, {"detail": message}) is None


OTHER: dict[str, tuple[int, object]] = {
    "a status that is none of theirs: 401": (401, openai_error(O1)),
    "429": (429, openai_error(O1)),
    "529": (529, openai_error(O1)),
    "502 upstream": (502, "upstream does not support this"),
    "500 upstream": (500, "the upstream is not supported by this gateway"),
    "13 gemini, the same text for a wrong name": (
        404,
        openai_error("models/x is not supported for generateContent."),
    ),
    "16 ollama": (400, openai_error('"x" does not support tools')),
    "context length": (400, openai_error("This model's maximum context length is 8192 tokens.")),
    "the prompt sent back": (
        422,
        {"detail": [{"loc": ["body", "messages"], "msg": "too long", "input": "streaming is not supported"}]},
    ),
    "the answer sent back": (400, openai_error("Invalid value", failed_generation="stream_options")),
    "empty": (400, b""),
    "no text": (400, b"\xff\xfe\x00"),
    "nested without end": (400, b"[" * 60_000),
    "open braces": (400, b"{'" * 30_000),
    "a deep repr": (400, b"{'a': " * 9_000 + b"}"),
}


@pytest.mark.parametrize("name", OTHER)
def test_other_errors_stay_errors(name: str) -> None:
    status, body = OTHER[name]
    assert change(status, body) is None
    assert change(status, body, streamed=False, option=False) is None


def test_the_reason_and_the_evidence_are_told() -> None:
    verify = read_refusal(400, {}, json.dumps(openai_error(VERIFY)).encode(), streamed=True, option_sent=True)
    assert verify is not None
    assert "verified" in verify.reason
    assert verify.evidence == VERIFY
    tools = {"message": "This model doesn't support tool use in streaming mode."}
    found = read_refusal(400, BEDROCK, json.dumps(tools).encode(), streamed=True, option_sent=True)
    assert found is not None
    assert found.reason == "the model does not stream when tools are given"
    long = openai_error("streaming is not supported " + "x" * 9999)
    cut = read_refusal(400, {}, json.dumps(long).encode(), streamed=True, option_sent=True)
    assert cut is not None
    assert len(cut.evidence) == MAX_EVIDENCE


# --- whole calls ------------------------------------------------------------------------------------------


def refusing(simulator: Simulator, name: str, *, stream: bool) -> str:
    return (
        f"steps: [{{id: s, prompt: hi, provider: openai, stream: {str(stream).lower()}, "
        f"scenario: {{reply: 'one two three', refuse_stream: {name}}}}}]"
    )


@pytest.mark.streaming
@pytest.mark.parametrize("name", [name for name, form in REFUSALS.items() if form.group == "A"])
async def test_refused_streams_are_answered_sync(name: str, simulator: Simulator) -> None:
    events = await events_of(mocked(refusing(simulator, name, stream=True), simulator))
    response = only(events, Done).response
    assert (response.text, response.delivery) == ("one two three", "sync")
    assert response.fallback is not None
    assert response.fallback.source == "server"
    told = only(events, Fallback)
    assert (told.reason, told.evidence) == (response.fallback.reason, response.fallback.evidence)
    assert told.status == REFUSALS[name].status
    assert [(event.asked, event.why) for event in of(events, AttemptStarted)] == [
        ("stream", "first"),
        ("sync", "fallback"),
    ]
    assert "stream" not in of(events, AttemptStarted)[1].request.body
    assert not of(events, Retry)


@pytest.mark.streaming
@pytest.mark.parametrize("name", [name for name, form in REFUSALS.items() if form.group == "B"])
async def test_refused_stream_options_are_dropped(name: str, simulator: Simulator) -> None:
    events = await events_of(mocked(refusing(simulator, name, stream=True), simulator))
    response = only(events, Done).response
    assert (response.text, response.delivery, response.fallback) == ("one two three", "stream", None)
    assert only(events, Retry).change == "drop_stream_options"
    bodies = [event.request.body for event in of(events, AttemptStarted)]
    assert ["stream_options" in body for body in bodies] == [True, False]
    assert [body["stream"] for body in bodies] == [True, True]


@pytest.mark.streaming
@pytest.mark.parametrize("name", [name for name, form in REFUSALS.items() if form.group == "D"])
async def test_who_must_stream_streams(name: str, simulator: Simulator) -> None:
    events = await events_of(mocked(refusing(simulator, name, stream=False), simulator))
    response = only(events, Done).response
    assert (response.text, response.delivery, response.fallback) == ("one two three", "stream", None)
    assert only(events, Retry).change == "stream"
    assert [event.asked for event in of(events, AttemptStarted)] == ["sync", "stream"]


@pytest.mark.streaming
async def test_a_server_that_contradicts_itself_is_an_error_not_a_loop() -> None:
    refusal = head("400 Bad Request", kind="application/json") + json.dumps(openai_error(O1)).encode()
    must = head("400 Bad Request", kind="application/json") + b'{"detail":"Stream must be set to true"}'
    script = InTurn(refusal, must, refusal)
    events = await play(script)
    assert only(events, Error).type == "refused"
    assert "stream" in only(events, Error).message
    assert [body.get("stream") for body in script.bodies] == [True, None, True]


@pytest.mark.streaming
async def test_one_change_after_the_other() -> None:
    json_head = head("400 Bad Request", kind="application/json")
    option = json_head + json.dumps(openai_error("Unknown parameter: 'stream_options'.")).encode()
    refusal = json_head + json.dumps(openai_error(O1)).encode()
    events = await play(InTurn(option, refusal, head(kind="application/json") + whole()))
    assert only(events, Done).response.delivery == "sync"
    assert [event.why for event in of(events, AttemptStarted)] == ["first", "retry", "fallback"]


@pytest.mark.streaming
async def test_must_stream_after_a_refusal_is_no_fallback() -> None:
    json_head = head("400 Bad Request", kind="application/json")
    refusal = json_head + json.dumps(openai_error(O1)).encode()
    must = json_head + b'{"detail":"Stream must be set to true"}'
    events = await play(InTurn(refusal, must, head() + b"".join(pieces("yes"))))
    response = only(events, Done).response
    assert (response.delivery, response.fallback) == ("stream", None)


def test_a_refusal_is_found_however_often_it_was_wrapped() -> None:
    body: object = {"error": {"message": O1, "param": "stream", "code": "unsupported_value"}}
    for _ in range(3):
        body = {"error": {"message": "Provider returned error", "metadata": {"raw": json.dumps(body)}}}
        assert change(400, body) == "sync"


@pytest.mark.parametrize("quote", ["'", "\u2019"])
def test_a_python_repr_whose_text_has_an_apostrophe(quote: str) -> None:
    inner = {"error": {"message": f"The model doesn{quote}t support streaming", "param": None}}
    assert (
        change(400, {"error": {"message": f"litellm.BadRequestError: Error code: 400 - {inner!r}"}}) == "sync"
    )


@pytest.mark.parametrize(
    "message", ["does not support stream_options", "You cannot stream more than 5 answers at once"]
)
def test_words_about_streams_that_refuse_none(message: str) -> None:
    assert change(400, {"error": {"message": message}}, option=False) is None


UNSUPPORTED = {"error": {"message": O1, "param": "stream", "code": "unsupported_value"}}
UNKNOWN_OPTION = {"error": {"message": "Unknown parameter: 'stream_options'."}}


def bad_request(body: object) -> bytes:
    return head("400 Bad Request", kind="application/json") + json.dumps(body).encode()


@pytest.mark.streaming
async def test_a_sync_request_keeps_no_params_that_belong_to_a_stream() -> None:
    script = InTurn(bad_request(UNSUPPORTED), head(kind="application/json") + whole())
    params = {"stream": True, "stream_options": {"include_usage": True}, "seed": 7}
    events = await play(script, {"params": params})
    assert only(events, Done).response.delivery == "sync"
    assert [body.keys() & {*params} for body in script.bodies] == [{*params}, {"seed"}]


@pytest.mark.streaming
async def test_a_refused_option_is_dropped_from_params_too() -> None:
    script = InTurn(bad_request(UNKNOWN_OPTION), head() + b"".join(pieces("fine")))
    events = await play(script, {"params": {"stream_options": {"include_usage": True}}})
    assert only(events, Done).response.text == "fine"
    assert ["stream_options" in body for body in script.bodies] == [True, False]
    assert [lint.code for lint in of(events, Lint)] == ["usage_refused"]


@pytest.mark.streaming
@pytest.mark.parametrize(
    ("code", "cure"),
    [
        ("context_length_exceeded", "the prompt is longer"),
        ("model_not_found", "check the model's name"),
        (None, "the server does not accept"),
    ],
)
async def test_a_code_that_says_more_than_the_status_has_a_cure_of_its_own(
    code: str | None, cure: str
) -> None:
    events = await play(replying(bad_request({"error": {"message": "no", "code": code}})))
    assert only(events, Error).cure.startswith(cure)
    assert not of(events, Fallback)
