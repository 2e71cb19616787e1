"""Every recorded Chat Completions stream, OpenAI's and its kin's, decodes to what a reader sees in it."""

from __future__ import annotations

import pytest

from helpers_corpus import Expect, check

pytestmark = [pytest.mark.conformance, pytest.mark.streaming]

STOP = ("stop", "stop")
TOOL = ("tool_calls", "tool_use")


def usage(given: int, made: int, total: int, **more: int) -> dict[str, int]:
    return {"input": given, "output": made, "total": total, **more}


RECORDINGS = [
    Expect(
        "openai-chat/azure-first-chunk-empty-choices.sse", 32, STOP, None, "gpt-35-turbo",
        "chatcmpl-9HpbbsSaH8U6amSDAwdA2WzMeDdLB",
        text="Why did the OpenTelemetry project become a stand-up comedian?\n\nBecause it wanted to trace its steps and "
        "observe its laughter-per-minute rate!",
    ),
    Expect(
        "openai-chat/azure-grok-tool.sse", 4, TOOL, usage(205, 18, 223, cached=159, reasoning=0),
        "grok-4-1-fast-non-reasoning", "97d16ee6-9859-4f6d-b4d3-0495cea4c13f",
        tools=((0, "call_39096608", "best_language_to_learn", {}),),
    ),
    Expect(
        "openai-chat/azure-model-router.sse", 9, STOP, usage(15, 78, 93, cached=0, reasoning=64), "gpt-5-nano-2025-08-07",
        "chatcmpl-CYPS1lijGoK8gd9lYzY3r9Sx50nbt",
        text="Capital of Denmark.",
    ),
    Expect(
        "openai-chat/long-gpt4.sse", 175, STOP, None, "gpt-4-0613", "chatcmpl-9jn1ZwX0gO8q1lUspfmVKVK2KNduV",
        text=(868, "Colorful socks are a fun way to express personal style", "After all, life is too short for boring socks."),
    ),
    Expect(
        "openai-chat/moderation-field.sse", 7, STOP, usage(13, 11, 24, cached=0, reasoning=0), "gpt-5-2025-08-07",
        "chatcmpl-E4Rjs6IxaJVge9Ntk5keJsaeDy6vS",
        text="Paris.", unknown=(("moderation", 5),),
    ),
    Expect(
        "openai-chat/openrouter-tool-no-finish-reason.sse", 5, None, usage(57, 17, 74, cached=0, reasoning=0),
        "moonshotai/kimi-k2", "gen-1753242299-QZRAt5HJHd1ptY8sdS0s",
        tools=((0, "0", "llm_version", {}),), lints=(("no_finish_reason", None),),
    ),
    Expect(
        "openai-chat/openrouter-tool-variant-a.sse", 6, None, usage(57, 17, 74, cached=0, reasoning=0),
        "moonshotai/kimi-k2", "gen-1753242299-QZRAt5HJHd1ptY8sdS0s",
        tools=((0, "0", "llm_version", {}),), lints=(("no_finish_reason", None),),
    ),
    Expect(
        "openai-chat/openrouter-tool-variant-c.sse", 6, TOOL, usage(56, 12, 68, cached=0, reasoning=0),
        "moonshotai/kimi-k2", "gen-1753248108-FGOxpkEzFEwhNKSPpI4a",
        tools=((0, "llm_version:0", "llm_version", {}),), lints=(("unknown_field", 0),),
    ),
    Expect(
        "openai-chat/refusal-delta.sse", 15, ("stop", "refusal"), usage(49, 12, 61, cached=0, reasoning=0),
        "gpt-4o-2024-08-06", "chatcmpl-REDACTED_1",
        refusal="I'm very sorry, but I can't assist with that.", verdict="refused",
    ),
    Expect(
        "openai-chat/tool-call-usage-chunk.sse", 9, TOOL, usage(53, 15, 68, cached=0, reasoning=0),
        "gpt-4o-mini-2024-07-18", "chatcmpl-Dx0XpqH8w09uBXwq1zFGYdETjtnEl",
        tools=((0, "call_ZR5UUuTt3pf61kjwAJIYdVMj", "get_capital", {"country": "UK"}),),
    ),
    Expect(
        "openai-chat/tool-index-starts-at-1.sse", 9, TOOL, None, "claude-haiku-4-5-20251001", "msg_sanitized",
        text="Reading it.", tools=((1, "toolu_sanitized", "read_file", {"path": "a.txt"}),),
        lints=(("incomplete_frame", 8),),
    ),
    Expect(
        "compat/groq-event-error-after-text.sse", 86, None, None, "openai/gpt-oss-120b",
        "chatcmpl-fd87720a-9b48-4161-bcd7-6127bd0d3696",
        text="maybe",
        thinking=(361, 'The user says: "dont make a tool call, just return', "no tool call. So just plain text: maybe."),
        verdict="error", failure=("invalid_request_error", "Tool choice is required, but model did not", False),
    ),
    Expect(
        "compat/groq-event-error-mid-stream.sse", 95, None, None, "openai/gpt-oss-120b",
        "chatcmpl-4f39f3af-3267-4ac1-a0cf-6aa7451877dc",
        thinking=(412, "We need to call the tool with invalid parameters", 'call with name: "test". Let\'s do that.'),
        verdict="error", failure=("invalid_request_error", "Tool call validation failed: tool call validation", False),
    ),
    Expect(
        "compat/openrouter-reasoning-o3.sse", 110, STOP, usage(9, 104, 113, cached=0, reasoning=0), "openai/o3",
        "gen-1762141316-q3fB64DDMstJO0ZakdSK",
        text=(446, "I\u2019m ChatGPT, a large-language-model assistant created by Ope", "you\u2019d like help with, just let me know!"),
        blocks=("reasoning.encrypted",),
    ),
    Expect(
        "compat/perplexity-crlf.sse", 6, STOP, usage(8, 5, 13), "sonar", "aced166e-c42e-42ea-941e-24477b147dac",
        text="1 2 3", citations=8, lints=(("missing_terminator", None),),
    ),
    Expect(
        "compat/ollama-v1-sse-reasoning.sse", 103, TOOL, usage(195, 140, 335), "qwen3", "chatcmpl-732",
        thinking=(439, "Okay, the user is asking for the weather in Berlin", "as strings. Alright, that should do it.\n"),
        tools=((0, "call_blqyt530", "weather", {"latitude": "52.5200", "longitude": "13.4050"}),),
    ),
    Expect(
        "compat/llamacpp-toolcall-cut.sse", 10, ("length", "length"), usage(165, 20, 185, cached=164),
        "/REDACTED_PATH/Qwen3-8B-Q4_K_M.gguf", "chatcmpl-REDACTED_1",
        tools=((0, "call_REDACTED_1", "record", None),), verdict="cut_by_limit", lints=(("cut_tool_input", None),),
    ),
    Expect(
        "compat/copilot.sse", 85, STOP, usage(35, 82, 117, cached=0, reasoning=0), "gpt-4o-2024-11-20",
        "chatcmpl-REDACTED_1",
        text=(409, "A solar eclipse occurs when the Moon passes between", "from specific regions along the Moon's shadow path."),
    ),
    Expect(
        "compat/snowflake-cortex.sse", 4, None, usage(22, 5, 27, cached=0, reasoning=0), "claude-sonnet-4-6", None,
        text="4", lints=(("no_finish_reason", None),),
    ),
    Expect(
        "compat/azure-ai-foundry-basic.sse", 11, STOP, usage(7, 8, 15, cached=161, reasoning=0),
        "grok-4-1-fast-non-reasoning", "a4c12840-0156-4fad-9be6-cff6a42a5867",
        text="1, 2, 3.",
    ),
]  # fmt: skip

OTHER_PROTOCOLS = {
    "compat/bedrock-converse-stream.bin",
    "compat/cohere-v2-tools.sse",
    "compat/openai-assistants-thread-run.sse",
    "compat/openai-transcription-crlf.sse",
}


@pytest.mark.parametrize("expect", RECORDINGS, ids=lambda expect: expect.file)
def test_a_recording_decodes_to_what_it_says(expect, wire_corpus):
    check(expect, "openai-chat", wire_corpus)


def test_no_recording_is_left_out(wire_corpus):
    there = {
        f"{folder}/{path.name}"
        for folder in ("openai-chat", "compat")
        for path in (wire_corpus / folder).iterdir()
    }
    assert there == {expect.file for expect in RECORDINGS} | OTHER_PROTOCOLS
