"""Every recorded Anthropic stream decodes to what a reader of the recording sees in it."""

from __future__ import annotations

import pytest

from helpers_corpus import Expect, check

pytestmark = [pytest.mark.conformance, pytest.mark.streaming]

STOP = ("end_turn", "stop")
TOOL = ("tool_use", "tool_use")
SONNET_45 = "claude-sonnet-4-5-20250929"
HAIKU_45 = "claude-haiku-4-5-20251001"


def usage(given: int, made: int, cached: int = 0, **more: int) -> dict[str, int]:
    return {"input": given, "output": made, "cached": cached, "cache_write": 0, **more}


RECORDINGS = [
    Expect(
        "anthropic/basic-text.sse", 10, STOP, usage(17, 10), SONNET_45, "msg_017A4s3HAsrqf5d2WvBmrpLr",
        text="- Captain\n- Scoop",
    ),
    Expect(
        "anthropic/citations-delta.sse", 8, STOP, usage(672, 39), HAIKU_45, "msg_011CeCGmnUdBeAXErTKPb4sn",
        text="The Ruby programming language was created by Yukihiro Matsumoto in 1993.", citations=1,
    ),
    Expect(
        "anthropic/code-execution.sse", 35, STOP, usage(4714, 304), "claude-sonnet-4-6", "msg_01Js8aWE7YbmiaUPneGiCskE",
        text=(501, "I'll calculate that expression for you right away!Following the standard", "**-428,330,955.97745**"),
        thinking="Let me calculate this mathematical expression.",
        blocks=("thinking", "server_tool_use", "bash_code_execution_tool_result"),
    ),
    Expect(
        "anthropic/error-overloaded-first-event.sse", 1, None, None, None, None,
        verdict="error", failure=("overloaded_error", "Overloaded", True),
    ),
    Expect(
        "anthropic/gateway-openrouter-done.sse", 10, ("max_tokens", "length"), usage(32, 16, reasoning=0),
        "anthropic/claude-haiku-4.5", "msg_REDACTED_1",
        text="A solar eclipse occurs when the Moon passes directly between the Earth and the Sun,",
        verdict="cut_by_limit", lints=(("unexpected_done", 9),),
    ),
    Expect(
        "anthropic/haiku3-old-wire.sse", 76, STOP, {"input": 17, "output": 171}, "claude-3-haiku-20240307",
        "msg_01MXWxhWoPSgrYhjTuMDM6F1",
        text=(689, "Here's an OpenTelemetry-themed joke for you:\n\nWhy did", "hear any other tech-themed jokes!"),
    ),
    Expect(
        "anthropic/mcp-server-tool.sse", 63, STOP, usage(3042, 354), SONNET_45, "msg_01Xf6SmUVY1mDrSwFc5RsY3n",
        text=(806, "**Pydantic-AI** is a framework for building", "away provider-specific complexities."),
        thinking=(192, "The user is asking about the pydantic/pydantic-ai repository.", "about this repository."),
        blocks=("thinking", "mcp_tool_use", "mcp_tool_result"),
    ),
    Expect(
        "anthropic/model-fallback.sse", 9, STOP, usage(412, 264), "claude-fable-5", "msg_01FallbackStreamAbcdefghij",
        text="The printing press was invented by Johannes Gutenberg around 1440.", blocks=("fallback",),
    ),
    Expect(
        "anthropic/pause-turn-web-search.sse", 168, ("pause_turn", "pause"), usage(404500, 943, reasoning=261),
        SONNET_45, "msg_01SC6GnkBDsmEDqyXQpQ2ipm",
        text=(166, "I'll run these searches one at a time as requested.", "Now continuing with the remaining searches:"),
        thinking=(1051, "The user wants me to run a series of web searches.", "one at a time as requested. Let me start."),
        blocks=("thinking", *("server_tool_use", "web_search_tool_result") * 10, "server_tool_use"),
    ),
    Expect(
        "anthropic/pause-turn-continuation.sse", 240, STOP, usage(482529, 1310, reasoning=0), SONNET_45,
        "msg_013mC5haw9RdyWfQwbMANFXj",
        text=(3064, "Let me continue with the remaining searches as requested:", "All searches have been completed as requested."),
        blocks=("web_search_tool_result", *("server_tool_use", "web_search_tool_result") * 4), citations=19,
    ),
    Expect(
        "anthropic/prompt-cache.sse", 46, STOP, usage(4, 221, cached=1165), "claude-3-5-sonnet-20240620",
        "msg_01XQRA3bs4SB4yTBMwD3dbUi",
        text=(1016, "Here are concise summaries of the three articles:", "software development and pays off in the long run."),
    ),
    Expect(
        "anthropic/refusal-mid-stream.sse", 14, ("refusal", "refusal"), usage(28, 106, reasoning=67), "claude-fable-5",
        "msg_fixture_a_0001",
        text="Hi",
        thinking=(212, "Simple educational question about what a solar eclipse is.", "or just roll with it politely."),
        blocks=("thinking",), verdict="refused",
    ),
    Expect(
        "anthropic/refusal-after-server-tool.sse", 18, ("refusal", "refusal"), usage(28, 106, reasoning=67),
        "claude-fable-5", "msg_fixture_atool_0001",
        text="Here's a summary of this year's solar eclipses and how",
        blocks=("server_tool_use", "web_search_tool_result"), verdict="refused",
    ),
    Expect(
        "anthropic/sync-request-upgraded-to-stream.sse", 7, STOP, usage(20, 5), SONNET_45, "msg_018E1hg8GoVTGEKQY3ovMcSJ",
        text="2",
    ),
    Expect(
        "anthropic/thinking-signature.sse", 118, STOP, usage(43, 282), "claude-sonnet-4-20250514",
        "msg_01ALwQ87pTS7hH1PjSdC9wJD",
        text=(1021, "Here are the basic steps for safely crossing the street:\n\n**At intersections", "when crossing streets."),
        thinking=(202, "This is a straightforward question about pedestrian safety.", "could help prevent accidents."),
        blocks=("thinking",),
    ),
    Expect(
        "anthropic/thinking-unicode.sse", 17, STOP, usage(46, 133), HAIKU_45, "msg_01Eg56TYRnKCEgWtZu2yjR1t",
        text='1. **Pouch** - references their iconic bill pouch\n2. **Pelé** - playful take on "pelican"',
        thinking=(289, "The user wants two names for a pet pelican,", "Let me give two brief, catchy names:"),
        blocks=("thinking",),
    ),
    Expect(
        "anthropic/tool-search.sse", 36, TOOL, usage(1591, 175), "claude-sonnet-4-6", "msg_01E3Wn1NynZw9FALZ68znj9S",
        text="Let me search for a tool that can provide current exchange rate information."
        "I found the right tool! Let me fetch the current USD to EUR exchange rate for you.",
        tools=((4, "toolu_01EFn5wTNBYA8Reni8rbmnHT", "get_exchange_rate", {"from_currency": "USD", "to_currency": "EUR"}),),
        blocks=("server_tool_use", "tool_search_tool_result"),
    ),
    Expect(
        "anthropic/tool-use-no-args.sse", 7, TOOL, usage(579, 41), HAIKU_45, "msg_011CeCGohvqUXY416tg1SEid",
        tools=((0, "toolu_01EcJNDtgucTvxugUxuGcJmF", "best_language_to_learn", {}),),
    ),
    Expect(
        "anthropic/tool-use-parallel.sse", 35, TOOL, usage(506, 153), "claude-3-5-sonnet-20240620",
        "msg_0138UNF3YbNp49KkqZtUBWqz",
        text="Certainly! I can help you with that information. To get the weather and current time in San Francisco, "
        "I'll need to use two separate functions. Let me fetch that data for you.",
        tools=(
            (1, "toolu_014x5X91kx3fvdhpLvwXZWE2", "get_weather", {"location": "San Francisco, CA", "unit": "celsius"}),
            (2, "toolu_0121kXsENLvoDZ72LCuAnCCz", "get_time", {"timezone": "America/Los_Angeles"}),
        ),
    ),
    Expect(
        "anthropic/tool-use-single.sse", 13, TOOL, usage(633, 75), HAIKU_45, "msg_011CeCGpBQa4v1oPovDvN4gx",
        tools=((0, "toolu_01MKSN7NHsBVKr7Jvw5pqCQq", "weather", {"latitude": "52.5200", "longitude": "13.4050"}),),
    ),
    Expect(
        "anthropic/web-fetch.sse", 52, STOP, usage(7244, 153), "claude-sonnet-4-20250514", "msg_015eAVGKhBrs95jUkYb2BaDt",
        text="Pydantic AI is a Python agent framework designed to help you quickly, confidently, and painlessly build "
        "production grade applications and workflows with Generative AI.",
        thinking="The user wants me to fetch the content from the URL https://ai.pydantic.dev and provide only the first "
        "sentence from that page. I need to use the web_fetch tool to get the content from this URL.",
        blocks=("thinking", "server_tool_use", "web_fetch_tool_result"),
    ),
    Expect(
        "anthropic/web-search-citations.sse", 120, STOP, usage(10423, 341), "claude-opus-4-1-20250805",
        "msg_01TRpkkgb2QsnyjsGSVdRtGr",
        text=(650, "Based on the search results, here's the current weather in San Francisco:\n\nToday (November 15, 2025)",
              "a Level 1 storm system bringing periods of rain this weekend."),
        blocks=("server_tool_use", "web_search_tool_result"), citations=5,
    ),
]  # fmt: skip


@pytest.mark.parametrize("expect", RECORDINGS, ids=lambda expect: expect.file)
def test_a_recording_decodes_to_what_it_says(expect, wire_corpus):
    check(expect, "anthropic", wire_corpus)


def test_no_recording_is_left_out(wire_corpus):
    there = {f"anthropic/{path.name}" for path in (wire_corpus / "anthropic").iterdir()}
    assert there == {expect.file for expect in RECORDINGS}
