"""Gemini's parts that are no text and no call, its sources and its usage."""

from __future__ import annotations

import pytest

from helpers_gemini import answer, call, candidate, decode, unknowns

pytestmark = pytest.mark.streaming


def test_other_parts_are_blocks_as_sent():
    code = {"executableCode": {"language": "PYTHON", "code": "1"}, "thoughtSignature": "s"}
    picture = {"inlineData": {"mimeType": "image/png", "data": "AA=="}}
    _, events, response = decode(answer(candidate(code, picture, finish="STOP")))
    assert response.blocks == ({"type": "executableCode", **code}, {"type": "inlineData", **picture})
    assert unknowns(events) == []


def test_signatures_are_kept_with_what_they_sign():
    _, _, response = decode(
        answer(
            candidate(
                {"text": "a", "thoughtSignature": "s1"},
                call("f", args={"x": 1}) | {"thoughtSignature": "s2"},
                finish="STOP",
            )
        )
    )
    assert response.blocks == (
        {"type": "thoughtSignature", "thoughtSignature": "s1"},
        {
            "type": "thoughtSignature",
            "thoughtSignature": "s2",
            "functionCall": {"name": "f", "args": {"x": 1}},
        },
    )


def test_what_is_not_known_is_told_wherever_it_stands():
    _, events, response = decode(
        answer(candidate({"hologram": {"a": 1}}, finish="STOP", mood="good"), weather="fine", modelStatus={})
    )
    assert unknowns(events) == [
        ("part.hologram", {"hologram": {"a": 1}}),
        ("candidate.mood", {"mood": "good"}),
        ("weather", {"weather": "fine"}),
    ]
    assert response.blocks == ({"type": "hologram", "hologram": {"a": 1}},)


def test_sources_that_are_repeated_count_once():
    web, more = {"web": {"uri": "u"}}, {"web": {"uri": "v"}}
    quoted = {"citationMetadata": {"citationSources": [{"uri": "w"}]}}
    _, _, response = decode(
        answer(candidate({"text": "a"}, groundingMetadata={"groundingChunks": [web]}, **quoted)),
        answer(candidate({"text": "b"}, groundingMetadata={"groundingChunks": [web]})),
        answer(candidate(finish="STOP", groundingMetadata={"groundingChunks": [web, more]})),
    )
    assert response.citations == (web, {"uri": "w"}, more)
    assert [block["groundingChunks"] for block in response.blocks] == [[web], [web, more]]


def test_the_last_usage_that_counts_wins_whole():
    _, _, response = decode(
        answer(
            candidate({"text": "a"}),
            usageMetadata={"promptTokenCount": 9, "thoughtsTokenCount": 5, "totalTokenCount": 14},
        ),
        answer(
            candidate({"text": "b"}, finish="STOP"),
            usageMetadata={
                "promptTokenCount": 7,
                "candidatesTokenCount": 2,
                "cachedContentTokenCount": 3,
                "totalTokenCount": 9,
            },
        ),
        {"usageMetadata": {"trafficType": "ON_DEMAND"}},
    )
    usage = response.usage
    assert (usage.input, usage.output, usage.reasoning, usage.cached, usage.total) == (7, 2, None, 3, 9)
    assert usage.raw["trafficType"] == "ON_DEMAND"


def test_thoughts_are_part_of_the_output():
    _, _, response = decode(
        answer(candidate(finish="STOP"), usageMetadata={"candidatesTokenCount": 2, "thoughtsTokenCount": 5})
    )
    assert (response.usage.output, response.usage.reasoning) == (7, 5)
