"""Every recorded Gemini stream, as SSE and as JSON array, decodes to what a reader of the recording sees in it."""

from __future__ import annotations

import pytest

from helpers_corpus import Expect, check
from helpers_wire import run_decoder
from pipeline_runtime.events import FrameReceived

pytestmark = [pytest.mark.conformance, pytest.mark.streaming]

STOP = ("STOP", "stop")
TOOL = ("STOP", "tool_use")
FLASH_3 = "gemini-3-flash-preview"
SIGNED = ("thoughtSignature",)


def usage(given: int, visible: int, total: int, thoughts: int | None = None) -> dict[str, int]:
    """`output` holds the thoughts, which Gemini counts apart from `candidatesTokenCount`."""
    reasoning = {} if thoughts is None else {"reasoning": thoughts}
    return {"input": given, "output": visible + (thoughts or 0), "total": total, **reasoning}


RECORDINGS = [
    Expect(
        "gemini/basic-crlf.sse", 3, STOP, usage(13, 8, 21), "gemini-2.0-flash-exp", "w1peaMz6INOvnvgPgYfPiQY",
        text="The capital of France is Paris.\n",
    ),
    Expect(
        "gemini/code-execution.sse", 6, STOP, usage(147, 108, 783, 168), FLASH_3, "n1P6abvRFaKdz7IPkcuQ2Aw",
        text="The result of $65465 - 6544 \\times 65464 - 6 + 1.02255$ is **-428,330,955.97745**.",
        blocks=("executableCode", "codeExecutionResult", "thoughtSignature"),
    ),
    Expect(
        "gemini/gemini3-thinking-utf8.sse", 29, STOP, usage(44, 608, 1554, 902), FLASH_3, "eb-FapqKAZ36nsEP49ya-As",
        text=(2671, "To see your future self in such a mirror, you must trap", "simply by choosing to change their mind."),
        thinking=(1464, "**Pondering Mirror Queries**\n\nI'm wrestling with the", "show pity, amusement, or warning.\n\n\n"),
        blocks=SIGNED,
    ),
    Expect(
        "gemini/json-array-no-alt-sse.json", 4, STOP, usage(11, 2, 304, 291), "gemini-3.6-flash", "IopyaseNCL-s-8YP7urOoAY",
        text="Scoop",
        thinking=(275, "**Considering the Constraint**\n\nI'm focusing intently", "This constraint is paramount.\n\n\n"),
        blocks=SIGNED,
    ),
    Expect(
        "gemini/json-array-tools.json", 3, TOOL, usage(60, 16, 108, 32), FLASH_3, "6XJFadi3PJOx-sAPgJ3S6Qs",
        tools=((0, None, "multiply", {"y": 3, "x": 5}),), blocks=SIGNED,
    ),
    Expect(
        "gemini/live-usage-each-chunk.sse", 3, STOP, usage(18, 80, 133, 35), "gemini-2.5-flash", "ru1garvBEoOiqtsP2fznmQw",
        text="\n".join(str(number) for number in range(1, 31)),
    ),
    Expect(
        "gemini/thinking.sse", 23, STOP, usage(34, 469, 1290, 787), "gemini-2.5-pro", "beHBaJfEMIi-qtsP3769-Q8",
        text=(1938, "This is a great question! Safely crossing the street", "Always assume a driver might not see you."),
        thinking=(1575, "**Clarifying User Goals**\n\nI'm currently focused", "specific circumstances or locations.\n\n\n"),
        blocks=SIGNED,
    ),
    Expect(
        "gemini/tool-call.sse", 1, TOOL, usage(52, 5, 57), "gemini-2.0-flash", "1lpeaMTxIpW1nvgP-O3vwQY",
        tools=((0, None, "get_capital", {"country": "France"}),),
    ),
    Expect(
        "gemini/url-context.sse", 2, STOP, usage(32, 25, 4704, 37), "gemini-2.5-flash", "oRIhaZOoA8L-jrEPzfDTmQc",
        text="Pydantic AI Gateway is now available!",
        blocks=("urlContextMetadata", "groundingMetadata"), citations=1,
    ),
    Expect(
        "gemini/vertex-basic.sse", 6, STOP, usage(8, 388, 2589, 2193), "gemini-2.5-flash", "vizpaJGEDvXZnvgPisGa2A0",
        text=(1564, "When systems hum, a silent, complex art,\n", "\nMakes complex software shine so bright."),
    ),
    Expect(
        "gemini/vertex-flex.sse", 1, STOP, usage(5, 1, 106, 100), FLASH_3, "a9--aa6MOKL4vdIPz7X2iQ4",
        text="OK", blocks=SIGNED,
    ),
    Expect(
        "gemini/web-search-grounding.sse", 10, STOP, usage(17, 241, 772, 412), "gemini-2.5-pro", "ftnJaMmAMcm-qtsPwvCCoAo",
        text=(926, "### Weather in San Francisco is Mild and Partly Cloudy", "rain remains low throughout the day."),
        blocks=("groundingMetadata",), citations=5,
    ),
]  # fmt: skip


@pytest.mark.parametrize("expect", RECORDINGS, ids=lambda expect: expect.file)
def test_a_recording_decodes_to_what_it_says(expect, wire_corpus):
    check(expect, "gemini", wire_corpus)


def test_no_recording_is_left_out(wire_corpus):
    there = {f"gemini/{path.name}" for path in (wire_corpus / "gemini").iterdir()}
    assert there == {expect.file for expect in RECORDINGS}


def test_an_element_of_the_array_is_out_with_its_last_byte(wire_corpus):
    body = (wire_corpus / "gemini" / "json-array-no-alt-sse.json").read_bytes()
    first = body.index(b"\n,\r\n")
    _, events, verdict = run_decoder("gemini", [body[:first]])
    frames = [event for event in events if isinstance(event, FrameReceived)]
    assert [(frame.offset, frame.size, frame.complete) for frame in frames] == [(0, first, True)]
    assert verdict == "truncated"


def test_usage_that_shrinks_is_that_of_the_last_frame(wire_corpus):
    body = (wire_corpus / "gemini" / "basic-crlf.sse").read_bytes()
    before, _, _ = run_decoder("gemini", [body[: body.rindex(b"data: ")]])
    after, _, _ = run_decoder("gemini", [body])
    assert (before.assembly.usage.input, after.assembly.usage.input) == (15, 13)
