"""Every recorded Ollama stream decodes to what a reader of the recording sees in it."""

from __future__ import annotations

import pytest

from helpers_corpus import Expect, check
from helpers_wire import run_decoder

pytestmark = [pytest.mark.conformance, pytest.mark.streaming]

STOP = ("stop", "stop")
TOOL = ("stop", "tool_use")
QWEN = "qwen3:4b"


def usage(given: int, made: int) -> dict[str, int]:
    return {"input": given, "output": made}


RECORDINGS = [
    Expect(
        "ollama/chat-async.ndjson", 63, STOP, usage(17, 63), "llama3", None,
        text=(238, "Here's one:\n\nWhy did the OpenTelemetry collector g", '"spanner"...)\n\n(Do you want another one?)'),
    ),
    Expect(
        "ollama/chat-basic.ndjson", 50, STOP, usage(17, 50), "llama3", None,
        text=(212, "Why did the OpenTelemetry agent go to therapy?\n\n", "but I hope it brought a smile to your face!)"),
    ),
    Expect(
        "ollama/done-reason-length.ndjson", 65, ("length", "length"), usage(18, 64), QWEN, None,
        text=(306, "Hmm, the user just asked me to reply with exactly ", "words. \n\nI recall that in some contexts"),
        verdict="cut_by_limit",
    ),
    Expect(
        "ollama/generate-basic.ndjson", 71, STOP, usage(17, 71), "llama3", None,
        text=(291, "A joke about OpenTelemetry! Here's one:\n\nWhy did", "still in the early stages of development!)"),
    ),
    Expect(
        "ollama/generate-gemma-utf8.ndjson", 51, STOP, usage(16, 51), "gemma3:1b", None,
        text=(188, "Okay, here's a joke about OpenTelemetry:\n\nWhy did", "---\n\nWould you like to hear another one? 😊"),
    ),
    Expect(
        "ollama/parallel-tool-calls.ndjson", 436, TOOL, usage(262, 473), QWEN, None,
        text=(1904, "Okay, the user wants me to call both `lookup_harbo", "two tool_call blocks in sequence.\n</think>\n\n"),
        tools=(
            (0, "call_REDACTED_1", "lookup_harbor_label", {}),
            (1, "call_REDACTED_2", "lookup_orchard_label", {}),
        ),
    ),
    Expect(
        "ollama/qwen-smoke.ndjson", 289, STOP, usage(39, 289), QWEN, None,
        text=(1328, "Hmm, the user wants a concise explanation of what", "and casting a shadow on Earth's surface."),
    ),
    Expect(
        "ollama/structured-with-tools-turn2.ndjson", 1034, TOOL, usage(655, 1092), QWEN, None,
        text=(4036, "Okay, let's see. The user asked for the current we", "a single sentence. Looks good.\n</think>\n\n"),
        tools=(
            (
                0, "call_REDACTED_2", "final_result",
                {
                    "summary": "Tokyo's current weather is sunny with light clouds, 72°F (22°C), 45% humidity, "
                    "and a 8 mph northwest wind.",
                    "city": "Tokyo",
                },
            ),
        ),
    ),
    Expect(
        "ollama/thinking-tool-turn1.ndjson", 496, TOOL, usage(234, 517), QWEN, None,
        thinking=(2142, "Okay, the user is asking about the current weather", "the answer here is just the tool call.\n"),
        tools=((0, "call_REDACTED_1", "get_weather", {"city": "Tokyo"}),),
    ),
    Expect(
        "ollama/tools-smoke-turn1.ndjson", 298, TOOL, usage(237, 321), QWEN, None,
        text=(1067, "Okay, the user wants me to calculate 2 minus 5. Le", "is subtract with x=2 and y=5.\n</think>\n\n"),
        tools=((0, "call_REDACTED_1", "subtract", {"x": 2, "y": 5}),),
    ),
    Expect(
        "ollama/tools-smoke-turn2.ndjson", 192, STOP, usage(570, 192), QWEN, None,
        text=(692, "Okay, let me go through this step by step. The use", "</think>\n\nThe result of $ 2 - 5 $ is **-3**."),
    ),
]  # fmt: skip


@pytest.mark.parametrize("expect", RECORDINGS, ids=lambda expect: expect.file)
def test_a_recording_decodes_to_what_it_says(expect, wire_corpus):
    check(expect, "ollama", wire_corpus)


def test_no_recording_is_left_out(wire_corpus):
    there = {f"ollama/{path.name}" for path in (wire_corpus / "ollama").iterdir()}
    assert there == {expect.file for expect in RECORDINGS}


def test_durations_are_kept_beside_the_counts(wire_corpus):
    decoder, _, _ = run_decoder("ollama", [(wire_corpus / "ollama" / "chat-async.ndjson").read_bytes()])
    assert decoder.assembly.usage.raw == {
        "prompt_eval_count": 17,
        "eval_count": 63,
        "total_duration": 3722518334,
        "load_duration": 1534053125,
        "prompt_eval_duration": 179676000,
        "eval_duration": 2006086000,
    }


def test_a_body_without_its_last_line_is_cut_wherever_it_ends(wire_corpus):
    body = (wire_corpus / "ollama" / "chat-basic.ndjson").read_bytes()
    last = body.rindex(b'{"model"')
    ends = [place + 1 for place in range(last) if body[place] == 0x0A]
    verdicts = {run_decoder("ollama", [body[:end]])[2] for end in ends}
    assert (len(ends), verdicts) == (49, {"truncated"})
