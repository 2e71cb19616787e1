"""`<think>…</think>` at the beginning of a text is thinking, where a provider is said to write so."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers_core import events_of, head, live, of, replying
from helpers_transport import serving
from helpers_wire import chunks_of, cut
from pipeline_runtime.events import Delta, Done, StepStarted
from pipeline_runtime.origin import Origin
from pipeline_runtime.protocols import get_protocol
from pipeline_runtime.protocols.think_tags import ThinkTags
from pipeline_runtime.workflow import load_workflow_text

CASES = [
    ("<think>why</think>because", "why", "because"),
    ("\n <think>why</think>\n\nbecause", "why", "\n\nbecause"),
    ("<think></think>because", "", "because"),
    ("<think>cut off", "cut off", ""),
    ("<think>a < b </thin b</think>c", "a < b </thin b", "c"),
    ("no tag at all", "", "no tag at all"),
    ("later <think>is text</think>", "", "later <think>is text</think>"),
    ("<thin", "", "<thin"),
    ("<thinker>x", "", "<thinker>x"),
    ("<think>a</think>b<think>c</think>", "a", "b<think>c</think>"),
    ("", "", ""),
]


def split(pieces: list[str]) -> dict[str, str]:
    """What each lane came to when the text arrived in these pieces."""
    tags = ThinkTags()
    lanes = {"thinking": "", "text": ""}
    for piece in [*(one for text in pieces for one in tags.feed(text)), *tags.rest()]:
        lanes[piece[0]] += piece[1]
    return lanes


@pytest.mark.parametrize(("text", "thinking", "answer"), CASES)
def test_whole(text, thinking, answer):
    assert split([text]) == {"thinking": thinking, "text": answer}


@pytest.mark.parametrize(("text", "thinking", "answer"), CASES)
def test_character_by_character(text, thinking, answer):
    assert split(list(text)) == {"thinking": thinking, "text": answer}


@given(st.text("<>/think ab\n", max_size=60), st.lists(st.integers(0, 60)))
def test_any_split_gives_the_same(text, places):
    borders = sorted({0, len(text), *(place for place in places if place < len(text))})
    pieces = [text[start:end] for start, end in itertools.pairwise(borders)]
    assert split(pieces) == split([text])


def chunk(content: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice]})}\n\n".encode()


BODY = (
    chunk("<thi")
    + chunk("nk>Two and two")
    + chunk(" is four.</th")
    + chunk("ink>4", "stop")
    + b"data: [DONE]\n\n"
)


@pytest.mark.streaming
@pytest.mark.parametrize(
    ("on", "thinking", "text"),
    [(True, "Two and two is four.", "4"), (False, "", "<think>Two and two is four.</think>4")],
    ids=["asked for", "not asked for"],
)
def test_in_a_stream(on, thinking, text):
    protocol = get_protocol("openai-chat", think_tags=on)
    decoder, framing = protocol.decoder(Origin.of_run("r").of_step("s").of_attempt(1)), protocol.framing()
    events = []
    for received in chunks_of(cut(BODY, range(0, len(BODY), 7))):
        for frame in framing.feed(received):
            events += decoder.decode(frame)
    verdict, rest = decoder.finish(9)
    deltas = [event for event in [*events, *rest] if isinstance(event, Delta)]
    assert verdict == "complete"
    assert "".join(event.content for event in deltas if event.lane == "thinking") == thinking
    assert "".join(event.content for event in deltas if event.lane == "text") == text
    assert decoder.assembly.choice().build(0).thinking == thinking


@pytest.mark.streaming
async def test_a_run_s_log_is_read_with_the_tags_as_the_run_was():
    async with serving(replying(head(), BODY)) as server:
        workflow = load_workflow_text(
            "providers:\n"
            f"  local: {{protocol: openai-chat, base_url: '{server.url('/v1')}', think_tags: true}}\n"
            "steps: [{id: a, provider: local, model: m, prompt: hi, stream: true}]\n",
            "test",
        )
        events = await events_of(live(workflow))  # which also compares them with what the log reads
    assert [event.think_tags for event in of(events, StepStarted)] == [True]
    assert [(event.response.thinking, event.response.text) for event in of(events, Done)] == [
        ("Two and two is four.", "4")
    ]
