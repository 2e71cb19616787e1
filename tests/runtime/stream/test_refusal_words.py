"""Refusals that users of other projects met, by rule and not by list, and what only looks like one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline_runtime.stream.refusals import Refusal, read_refusal

JsonObject = dict[str, Any]


def said(message: str, **more: object) -> JsonObject:
    return {"error": {"message": message, "type": "invalid_request_error", **more}}


def read(status: int, body: object, *, streamed: bool = True, option: bool = True) -> Refusal | None:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return read_refusal(status, {}, raw, streamed=streamed, option_sent=option)


FORBIDDEN = {"type": "extra_forbidden", "msg": "Extra inputs are not permitted", "input": True}
SYNC: dict[str, tuple[int, object]] = {
    "stulzq/azure-openai-proxy#63": (
        400,
        {
            "message": "Streaming completion is not support yet, please remove 'stream' key value in the "
            "request payload."
        },
    ),
    "huggingface/chat-ui#296": (
        400,
        {"error": ["Error in `stream`: `stream` is not supported for this model"]},
    ),
    "QwenLM/Qwen-VL#398": (400, {"detail": "Stream request is not supported currently."}),
    "sankalp-happy/switchboard#30": (
        400,
        {"error": {"message": "Send the request again.", "type": "unsupported_parameter", "param": "stream"}},
    ),
    "cloudflare/agents#1685": (
        400,
        {
            "errors": [
                {"message": "AiError: JSON Schema mode is not supported with stream mode.", "code": 5023}
            ],
            "success": False,
        },
    ),
    "ggml-org/llama.cpp#28478": (400, said("logprobs is not supported with tools + stream", code=400)),
    "a code alone": (501, {"error": {"message": "Ask otherwise.", "code": "streaming_not_supported"}}),
    "a code and its words": (
        501,
        {"error": {"message": "Use stream=false.", "code": "streaming_not_supported"}},
    ),
    "FastAPI": (400, {"detail": "stream=True is not supported."}),
    "an adapter": (400, said("stream=true is not supported by this adapter yet")),
    "a local server": (
        400,
        {"detail": "tools + stream=true is not supported yet (non-streaming tool calling only); retry"},
    ),
    "Home Assistant": (400, said("stream=true is not supported; omit stream or set stream=false")),
    "an image route": (400, said("stream must be false for asynchronous image generation")),
    "a must in other words": (400, said("'stream' has to be set to false for this model")),
    "parallel calls": (
        400,
        said("parallel_tool_calls:true is not supported with stream:true; use a buffered request"),
    ),
    "a key": (400, said("Idempotency-Key is not supported with stream: true")),
    "schemas": (400, said("Output schemas are not supported with streaming responses")),
    "tools": (400, said("Built-in tools cannot be used with stream=true.")),
    "Go": (500, "Streaming not supported\n"),
    "a model": (400, said("selected model does not support streaming")),
    "OpenAI, of any parameter": (400, said("Unsupported parameter: 'stream'.", code="unknown_parameter")),
    "Azure, of any parameter": (
        400,
        said("Unrecognized request argument supplied: stream. Please contact us through an Azure request."),
    ),
    "Azure, of any place": (400, said("Validation error at #/stream: Extra inputs are not permitted")),
    "pydantic": (422, {"detail": [{**FORBIDDEN, "loc": ["body", "stream"]}]}),
    "Fireworks, of any field": (
        400,
        said("Extra inputs are not permitted, field: 'stream', value: True"),
    ),
    "Bedrock, of any key": (
        400,
        {"message": "Malformed input request: extraneous key [stream] is not permitted"},
    ),
    "in Chinese": (400, said("\u8be5\u6a21\u578b\u4e0d\u652f\u6301\u6d41\u5f0f\u8f93\u51fa")),
}


@pytest.mark.parametrize("source", SYNC)
def test_these_refuse_a_stream(source: str) -> None:
    status, body = SYNC[source]
    found = read(status, body)
    assert found is not None
    assert found.change == "sync"
    assert found.evidence
    assert read(status, body, streamed=False, option=False) is None


OPTION: dict[str, tuple[int, object]] = {
    "BerriAI/litellm#9916": (500, {"message": "extraneous key [include_usage] is not permitted"}),
    "songquanpeng/one-api#1423": (
        400,
        said("Unrecognized request argument supplied: stream_options. Please contact us (request id: 20)"),
    ),
    "a model without it": (400, said("This model does not support stream_options.include_usage")),
}


@pytest.mark.parametrize("source", OPTION)
def test_these_refuse_the_option_alone(source: str) -> None:
    status, body = OPTION[source]
    found = read(status, body)
    assert found is not None
    assert found.change == "drop_stream_options"
    assert read(status, body, option=False) is None


STREAM: dict[str, tuple[int, object]] = {
    "musistudio/claude-code-router#948": (
        400,
        said(
            "Error from provider(modelscope: 400): "
            + json.dumps(said("enable thinking can not be support when `stream=False`."))
            + "Error: at the provider"
        ),
    ),
    "alibaba/spring-ai-alibaba#867": (
        400,
        said(
            "parameter.enable_thinking\u5fc5\u987b\u8bbe\u7f6e\u4e3afalse\u624d\u80fd\u8fdb\u884c\u975e\u6d41\u5f0f\u8c03\u7528"
        ),
    ),
    "PDFMathTranslate#911": (
        400,
        {
            "message": "400 This model only support stream mode, please enable the stream parameter (aiproxy: )"
        },
    ),
    "a model": (400, said("selected model does not support non-streaming responses")),
    "an adapter": (501, said("OpenAIServingTTS does not support non-streaming requests")),
    "a server": (400, said("Non-streaming is not yet supported")),
    "a route": (400, said("this route only supports streaming")),
    "a must": (400, said("`stream` must be `true` for this model")),
    "audio": (400, said("Audio output requires stream: true")),
    "in Chinese": (400, said("\u8be5\u6a21\u578b\u4ec5\u652f\u6301\u6d41\u5f0f\u8f93\u51fa")),
}


@pytest.mark.parametrize("source", STREAM)
def test_these_insist_on_a_stream(source: str) -> None:
    status, body = STREAM[source]
    found = read(status, body, streamed=False, option=False)
    assert found is not None
    assert found.change == "stream"


LOOKS_LIKE: dict[str, tuple[int, object]] = {
    "a proxy": (
        500,
        "upstream connect error or disconnect/reset before headers. reset reason: not supported",
    ),
    "another parameter": (400, said("Unknown parameter: 'streaming_mode'.", param="streaming_mode")),
    "a nested parameter": (
        400,
        said("Extra inputs are not permitted, field: 'tools[0].eager_input_streaming', value: True"),
    ),
    "a parameter in a stream": (400, said("Unknown parameter: 'seed' in a stream request.", param="seed")),
    "a model's name": (404, said("The model 'stream-1' does not exist", param="model")),
    "a beta header": (
        400,
        said("The header fine-grained-tool-streaming-2025-05-14 is not supported", code="bad_header"),
    ),
    "a broken stream": (500, said("stream error: INTERNAL_ERROR; the tool is not supported")),
    "a failed stream": (500, said("Streaming failed: image input is not supported")),
    "two sentences": (400, said("Got a stream request. This endpoint does not support image input.")),
    "a stream that was closed": (500, said("Stream closed before the response was complete")),
    "an overloaded server": (500, said("Streaming is temporarily unavailable, please try again")),
    "context length": (
        400,
        said("This model's maximum context length is 8192 tokens; streaming or not, shorten the messages."),
    ),
    "no such route": (404, {"detail": "Not Found"}),
    "no such model": (404, said("models/x is not found, or is not supported for generateContent.")),
    "tools": (400, said("`tools` is not supported in this model.", param="tools", code="unsupported_value")),
    "a format": (400, said("response_format json_schema is not supported with this model")),
    "thinking": (400, said("Thinking mode does not support this tool_choice")),
    "a temperature": (
        400,
        said("Unsupported value: 'temperature' does not support 0.2 with this model.", param="temperature"),
    ),
    "a voice": (400, said("voice is not available when audio format is mp3", param="audio.voice")),
    "no credit": (403, said("Streaming quota used up", code="insufficient_quota")),
    "a field with the word": (400, {"prompt": "streaming is not supported", "message": "too long"}),
    "a code of another thing": (400, said("No.", code="upstream_not_supported_here", param="streams")),
    "a limit": (400, said("You can stream at most 3 answers; n=5 is more than is supported")),
    "a path that is none": (422, {"msg": "too far", "loc": 7}),
    "a download": (400, said("The file stream could not be read: unsupported file type")),
}


@pytest.mark.parametrize("name", LOOKS_LIKE)
@pytest.mark.parametrize("option", [True, False])
def test_these_only_look_like_a_refusal(name: str, option: bool) -> None:
    status, body = LOOKS_LIKE[name]
    assert read(status, body, option=option) is None
    assert read(status, body, streamed=False, option=False) is None


def test_the_mirror_of_the_option_does_not_ask_for_a_stream() -> None:
    body = said("stream_options requires stream: true; it is only allowed when 'stream' is enabled")
    assert read(400, body, streamed=False, option=False) is None
