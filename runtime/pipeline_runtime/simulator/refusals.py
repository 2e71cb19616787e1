"""Every known way in which a server refuses `stream`, refuses `stream_options`, or insists on `stream`.

Statuses, headers and bodies are those that users and maintainers quoted; each entry names where.
Three groups:

- `A`: a request with `stream: true` is refused; without it, it succeeds.
- `B`: `stream_options` is refused; `stream: true` without it succeeds.
- `D`: only `stream: true` succeeds.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

_JSON = "application/json"
_O1_DEFAULT = (
    "Unsupported value: 'stream' does not support true with this model. "
    "Only the default (false) value is supported."
)
_O1_VALUES = "Unsupported value: 'stream' does not support true with this model. Supported values are: false."
_UNVERIFIED = (
    "Your organization must be verified to stream this model. Please go to: "
    "https://platform.openai.com/settings/organization/general and click on Verify Organization. "
    "If you just verified, it can take up to 15 minutes for access to propagate."
)


class Refusal(Struct, frozen=True):
    """One real refusal: when it is given, and how it looks on the wire."""

    group: Literal["A", "B", "D"]
    status: int
    body: str
    source: str
    """Who reported it: repository and issue."""
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = _JSON

    def applies(self, *, stream: bool, stream_options: bool) -> bool:
        """Whether a request of this shape is refused."""
        if self.group == "A":
            return stream
        if self.group == "B":
            return stream_options
        return not stream


def _openai(message: str) -> str:
    """An OpenAI error body as it is sent: indented by two."""
    return (
        '{\n  "error": {\n    "message": "' + message + '",\n    "type": "invalid_request_error",\n'
        '    "param": "stream",\n    "code": "unsupported_value"\n  }\n}'
    )


def _escaped(text: str) -> str:
    """Text as it stands inside a JSON string."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


REFUSALS: dict[str, Refusal] = {
    "openai-o1-default": Refusal(
        "A", 400, _openai(_O1_DEFAULT), "animalnots/BetterChatGPT-PLUS#62, simonw/llm#570"
    ),
    "openai-o1-supported-values": Refusal(
        "A", 400, _openai(_O1_VALUES), "github/gh-models#31, Aider-AI/aider#2841, BerriAI/litellm#7693"
    ),
    "openai-unverified-org": Refusal(
        "A", 400, _openai(_UNVERIFIED), "chatboxai/chatbox#2263, charmbracelet/crush#422"
    ),
    "openrouter-wrapped": Refusal(
        "A",
        400,
        '{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"'
        + _escaped(_openai(_UNVERIFIED))
        + '","provider_name":"OpenAI"}}}',
        "BeehiveInnovations/pal-mcp-server#134",
    ),
    "relay-request-id": Refusal(
        "A",
        400,
        '{"error":{"message":"'
        + _O1_DEFAULT
        + ' (request id: 2024091304411522000000012345678)","type":"invalid_request_error",'
        '"param":"stream","code":"unsupported_value"}}',
        "RooCodeInc/Roo-Code#274, chathub-dev/chathub#1294",
    ),
    "litellm-repr": Refusal(
        "A",
        400,
        '{"error":{"message":"litellm.BadRequestError: OpenAIException - Error code: 400 - '
        "{'error': {'message': \\\""
        + _O1_DEFAULT
        + "\\\", 'type': 'invalid_request_error', 'param': 'stream', 'code': 'unsupported_value'}}"
        '","type":null,"param":null,"code":"400"}}',
        "Aider-AI/aider#2841, simonw/llm#599",
    ),
    "bedrock-model": Refusal(
        "A",
        400,
        '{"message":"The model is unsupported for streaming."}',
        "aws-samples/amazon-bedrock-client-for-mac#112, run-llama/llama_index#19655",
        headers=(
            (
                "x-amzn-errortype",
                "ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/",
            ),
        ),
    ),
    "bedrock-tools": Refusal(
        "A",
        400,
        '{"message":"This model doesn\'t support tool use in streaming mode."}',
        "n8n-io/n8n#14206, strands-agents/harness-sdk#393, langchain-ai/langchain-aws#140",
        headers=(
            (
                "x-amzn-errortype",
                "ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/",
            ),
        ),
    ),
    "groq-response-format": Refusal(
        "A",
        400,
        '{"error":{"message":"response_format` does not support streaming","type":"invalid_request_error"}}',
        "langchain-ai/langchain#23629, BerriAI/litellm#4804",
    ),
    "llamacpp-tools-500": Refusal(
        "A",
        500,
        '{"error":{"code":500,"message":"Cannot use tools with stream","type":"server_error"}}',
        "containers/ramalama#1431, danny-avila/LibreChat#7408",
        content_type="application/json; charset=utf-8",
    ),
    "vertex-partner": Refusal(
        "A",
        400,
        '{ "error": { "code": 400, '
        '"message": "claude-sonnet-4 is not supported in the streamGenerateContent API.", '
        '"status": "FAILED_PRECONDITION" } }',
        "egoist/chatwise-releases#1009",
        content_type="application/json; charset=UTF-8",
    ),
    "gateway-403": Refusal(
        "A", 403, '{"message":"Streaming requests are not yet allowed."}', "langgenius/dify#9591"
    ),
    "azure-proxy": Refusal(
        "A",
        400,
        '{"message":"Streaming completion is not support yet, please remove \'stream\' key value in the '
        'request payload."}',
        "stulzq/azure-openai-proxy#63, langgenius/dify#2897",
    ),
    "huggingface-list": Refusal(
        "A",
        400,
        '{"error":["Error in `stream`: `stream` is not supported for this model"]}',
        "huggingface/chat-ui#296, huggingface/chat-ui#426",
    ),
    "cloudflare-json-schema": Refusal(
        "A",
        400,
        '{"errors":[{"message":"AiError: JSON Schema mode is not supported with stream mode.","code":5023}],'
        '"success":false,"result":{},"messages":[]}',
        "cloudflare/agents#1685",
    ),
    "mistral-stream-options-422": Refusal(
        "B",
        422,
        '{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","stream_options",'
        '"include_usage"],"msg":"Extra inputs are not permitted","input":true}]},'
        '"type":"invalid_request_error","param":null,"code":null}',
        "openai/openai-agents-python#442",
    ),
    "azure-stream-options": Refusal(
        "B",
        400,
        '{"error":{"requestid":"5f6e1d3c-8a72-4d0b-9c1e-2b7a4f60d913","code":400,'
        '"message":"Validation error at #/stream_options: Extra inputs are not permitted"}}',
        "openai/openai-python#2296, microsoft/semantic-kernel#10510",
    ),
    "relay-unknown-parameter": Refusal(
        "B",
        400,
        '{"error":{"message":"Unknown parameter: \'stream_options\'.","type":"invalid_request_error",'
        '"param":"stream_options","code":"unknown_parameter"}}',
        "feiskyer/chatgpt-copilot#173",
    ),
    "bedrock-include-usage": Refusal(
        "B",
        500,
        '{"message":"extraneous key [include_usage] is not permitted"}',
        "BerriAI/litellm#9916, anomalyco/opencode#4698",
    ),
    "codex-must-stream": Refusal(
        "D", 400, '{"detail":"Stream must be set to true"}', "kryptobaseddev/cleo#1079, BYK/loreai#1597"
    ),
    "dashscope-must-stream": Refusal(
        "D",
        400,
        '{"error":{"code":"invalid_parameter_error","param":null,'
        '"message":"This model only support stream mode, '
        'please enable the stream parameter to access the model. ",'
        '"type":"invalid_request_error"},'
        '"id":"chatcmpl-4f1c9a52-7d1e-9f3b-8a64-1c0d5e7b2a90",'
        '"request_id":"4f1c9a52-7d1e-9f3b-8a64-1c0d5e7b2a90"}',
        "FoundationAgents/OpenManus#330, infiniflow/ragflow#5912",
    ),
    "modelscope-thinking": Refusal(
        "D",
        400,
        '{"error":{"code":"invalid_parameter_error",'
        '"message":"enable thinking can not be support when `stream=False`.","type":"invalid_request_error"},'
        '"request_id":"214720c8-be84-4841-bcd4-5ccbb30921e0"}',
        "musistudio/claude-code-router#948",
    ),
}
"""By the name that `refuse_stream` takes."""
