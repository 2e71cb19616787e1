"""Every recorded Responses stream, OpenAI's and its kin's, decodes to what a reader of the recording sees in it."""

from __future__ import annotations

import pytest

from helpers_corpus import Expect, check
from helpers_wire import run_decoder
from pipeline_runtime.events import Delta

pytestmark = [pytest.mark.conformance, pytest.mark.streaming]

STOP = ("completed", "stop")
TOOL = ("completed", "tool_use")
LIMIT = ("max_output_tokens", "length")
REASONING = ("reasoning",)
BACKGROUND = "resp_0850765c843cca5300699cc47d93c0819089a181f5feeff8eb"


def usage(given: int, made: int, total: int, **more: int) -> dict[str, int]:
    """No server leaves out the cached and the reasoning tokens, even where there are none."""
    return {"input": given, "output": made, "total": total, "cached": 0, "reasoning": 0, **more}


RECORDINGS = [
    Expect(
        "openai-responses/azure-gpt5-nano.sse", 11, STOP, usage(18, 120, 138, cache_write=0, reasoning=64), "gpt-5-nano",
        "resp_082ac2a584945d9a016a85bf1998b48196a37c570bfff7c4ab",
        text="4", blocks=REASONING,
    ),
    Expect(
        "openai-responses/background-resume-after.sse", 16, STOP, usage(15, 9, 24), "gpt-4o-2024-08-06", BACKGROUND,
        text="2 + 2 equals 4.",
    ),
    Expect(
        "openai-responses/background-resume-start.sse", 17, STOP, usage(15, 9, 24), "gpt-4o-2024-08-06", BACKGROUND,
        text="2 + 2 equals 4.",
    ),
    Expect(
        "openai-responses/basic.sse", 9, STOP, usage(11, 5, 16), "gpt-5.5-2026-04-23",
        "resp_00592e63e61b66660169fab1b9f8e481a2b321356198d7ac1b",
        text="pong",
    ),
    Expect(
        "openai-responses/bedrock-mantle.sse", 7, TOOL, usage(88, 14, 102, cache_write=0), "openai.gpt-5.6-luna",
        "resp_yqqp3b5eoaaatwfitarja6yi42umok5glfymrqxbh4wwznmisz2q",
        tools=((0, "call_0", "first_tool", {}),),
    ),
    Expect(
        "openai-responses/code-interpreter-image.sse", 270, STOP, usage(2772, 1166, 3938, reasoning=896),
        "gpt-5-2025-08-07", "resp_06c1a26fd89d07f20068dd9367869c819788cb28e6f19eff9b",
        text="Here\u2019s the chart of y = x^2 for x from -5 to 5.  \nDownload the image: [Download the chart]"
        "(sandbox:/mnt/data/y_eq_x_squared_plot.png)",
        blocks=("reasoning", "code_interpreter_call"), citations=2,
    ),
    Expect(
        "openai-responses/copilot-id-rotation.sse", 69, STOP, usage(19, 105, 124, cache_write=0, reasoning=44),
        "gpt-5.3-codex", "capture-id-69",
        text=(138, "There are **3** letter **“r”**s in **“strawberry.”**\n\nBreakdown: **s t r ",
              "r a w b e r r y**  \nYou can see **r** at positions **3, 8, and 9**."),
        thinking="**Counting character occurrences**",
    ),
    Expect(
        "openai-responses/file-search.sse", 21, STOP, usage(1177, 37, 1214), "gpt-4o-2024-08-06",
        "resp_006dcb10dc68b990006931d756c6fc819ba28a90e19a504ee0",
        text="The capital of France is Paris.", blocks=("file_search_call",), citations=1,
    ),
    Expect(
        "openai-responses/function-call.sse", 17, TOOL, usage(58, 23, 81), "gpt-5.5-2026-04-23",
        "resp_00d64fa806f333310169fab1be69d081a08f8285661855594c",
        tools=((0, "call_sVidsfFJ6zlzRpelrPkTPlpd", "multiply", {"a": 1231, "b": 2331}),),
    ),
    Expect(
        "openai-responses/incomplete-max-output-tokens.sse", 5, LIMIT, usage(20, 32, 52, cache_write=0, reasoning=32),
        "gpt-5.6-sol", "resp_REDACTED_1", blocks=REASONING, verdict="cut_by_limit",
    ),
    Expect(
        "openai-responses/incomplete-reasoning-budget.sse", 5, LIMIT, usage(16, 0, 16, cache_write=0),
        "gpt-5-nano-2025-08-07", "resp_REDACTED_1", blocks=REASONING, verdict="cut_by_limit",
    ),
    Expect(
        "openai-responses/logprobs.sse", 17, STOP, usage(25, 10, 35), "gpt-4o-mini-2024-07-18",
        "resp_0ecff685e411ca7b0069e063569c7c819bbc74c80d853802e6",
        text="The capital of Minas Gerais is Belo Horizonte.",
    ),
    Expect(
        "openai-responses/mcp-tool.sse", 194, STOP, usage(1401, 480, 1881, reasoning=256), "o4-mini-2025-04-16",
        "resp_00b9cc7a23d047270068faa0e25934819f9c3bfdec80065bc4",
        text=(687, "pydantic-ai is a Python “agent” framework that brings Pydantic\u2019s type-safety and FastAPI-style",
              "n short, it\u2019s a turnkey, type-safe scaffold for AI agent development."),
        blocks=("mcp_list_tools", "reasoning", "mcp_call", "reasoning"),
    ),
    Expect(
        "openai-responses/phase-gpt5.5.sse", 33, TOOL, usage(63, 69, 132, cache_write=0, reasoning=26),
        "gpt-5.5-2026-04-23", "resp_0fabc13af1ee0049006a691dfdab8881a1a75f2db7ff78cb83",
        text="I\u2019ll check the capital lookup tool for “PotatoLand.”", blocks=REASONING,
        tools=((2, "call_LabG58Uhrq9kZvR52BYKjToD", "get_capital", {"country": "PotatoLand"}),),
    ),
    Expect(
        "openai-responses/web-search.sse", 61, STOP, usage(9463, 582, 10045, cached=8320, reasoning=512),
        "gpt-5-2025-08-07", "resp_00a60507bf41223d0068c9d2fbf93481a0ba2a7796ae2cab4c",
        text=(212, "San Francisco weather today (Tuesday, September 16, 2025): Mostly sunny an",
              "nd low around 58°F. A light jacket is useful for the cooler evening. "),
        blocks=("reasoning", "web_search_call", "reasoning"),
    ),
    Expect(
        "openai-responses/xai-keepalive-comments.sse", 36, STOP, usage(199, 82, 281, cached=192, reasoning=79),
        "grok-4.3", "req_REDACTED_1",
        text="stream identity probe",
        thinking='The user said: "Reply with exactly: stream identity probe"\n',
    ),
]  # fmt: skip


@pytest.mark.parametrize("expect", RECORDINGS, ids=lambda expect: expect.file)
def test_a_recording_decodes_to_what_it_says(expect, wire_corpus):
    check(expect, "openai-responses", wire_corpus)


def test_no_recording_is_left_out(wire_corpus):
    there = {f"openai-responses/{path.name}" for path in (wire_corpus / "openai-responses").iterdir()}
    assert there == {expect.file for expect in RECORDINGS}


def recorded(wire_corpus, name):
    decoder, events, verdict = run_decoder(
        "openai-responses", [(wire_corpus / "openai-responses" / name).read_bytes()]
    )
    return decoder, [event for event in events if isinstance(event, Delta)], verdict


def test_the_code_that_the_server_runs_is_shown_as_it_is_written(wire_corpus):
    _, deltas, _ = recorded(wire_corpus, "code-interpreter-image.sse")
    told = [event for event in deltas if event.lane == "tool_input"]
    assert {(event.index, event.tool) for event in told} == {(1, "code_interpreter")}
    code = "".join(event.content for event in told)
    assert code.startswith("import numpy as np\r\nimport matplotlib.pyplot as plt\r\n\r\n# Data\r\n")
    assert len([event for event in told if event.content]) == 212


def test_the_arguments_of_a_hosted_tool_are_shown_under_its_name(wire_corpus):
    _, deltas, _ = recorded(wire_corpus, "mcp-tool.sse")
    told = [event for event in deltas if event.lane == "tool_input" and event.content]
    assert [(event.index, event.tool, event.content) for event in told] == [
        (
            2,
            "ask_question",
            '{"repoName":"pydantic/pydantic-ai","question":"What is the pydantic/pydantic-ai repository about?"}',
        )
    ]


@pytest.mark.parametrize("name", ["background-resume-start.sse", "background-resume-after.sse"])
def test_both_legs_of_a_resumed_response_hold_its_text_in_eight_deltas(name, wire_corpus):
    _, deltas, _ = recorded(wire_corpus, name)
    assert [event.lane for event in deltas] == ["text"] * 8


def test_without_its_last_event_a_recording_is_cut(wire_corpus):
    body = (wire_corpus / "openai-responses" / "function-call.sse").read_bytes()
    decoder, _, verdict = run_decoder("openai-responses", [body[: body.index(b"event: response.completed")]])
    assert (verdict, decoder.assembly.usage) == ("truncated", None)
