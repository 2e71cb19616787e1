"""What a recording must come to, and the comparison with what was decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers_wire import run_decoder
from pipeline_runtime.events import Delta, FrameReceived, Lint, Timings, Unknown

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Expect:
    """Read from the recording by hand. A long text is given as (characters, beginning, end)."""

    file: str
    frames: int
    finish: tuple[str, str] | None
    """As sent, and normalised."""
    usage: dict[str, int] | None
    model: str | None
    id: str | None
    text: str | tuple[int, str, str] = ""
    thinking: str | tuple[int, str, str] = ""
    refusal: str = ""
    tools: tuple[tuple[int, str, str, object], ...] = ()
    """Index, id, name, parsed input (`None`: cut)."""
    blocks: tuple[str, ...] = ()
    citations: int = 0
    verdict: str = "complete"
    lints: tuple[tuple[str, int | None], ...] = ()
    unknown: tuple[tuple[str, int], ...] = ()
    failure: tuple[str, str, bool] | None = None
    """Type, beginning of the message, retryable."""


def check(expect: Expect, protocol: str, corpus: Path) -> None:
    """Decodes the recording and compares everything that is expected of it."""
    decoder, events, verdict = run_decoder(protocol, [(corpus / expect.file).read_bytes()])
    response = decoder.assembly.response(
        delivery="stream", timings=Timings(0), verdict=verdict, request_id="req_1"
    )
    check_text(response.text, expect.text)
    check_text(response.thinking, expect.thinking)
    assert response.refusal == expect.refusal
    assert response.verdict == expect.verdict
    raw, normalised = expect.finish or (None, None)
    assert (response.finish_reason_raw, response.finish_reason) == (raw, normalised)
    assert counts(response.usage) == expect.usage
    assert (response.model, response.id) == (expect.model, expect.id)
    calls = tuple((call.index, call.id, call.name, call.input) for call in response.tool_calls)
    assert calls == expect.tools
    assert all(call.complete == (call.input is not None) for call in response.tool_calls)
    assert tuple(block["type"] for block in response.blocks) == expect.blocks
    assert len(response.citations) == expect.citations
    assert response.choices == ()
    check_events(expect, events)
    if expect.failure is None:
        assert decoder.failure is None
    else:
        kind, message, retryable = expect.failure
        assert decoder.failure is not None
        assert (decoder.failure.type, decoder.failure.retryable) == (kind, retryable)
        assert decoder.failure.message.startswith(message)


def check_events(expect: Expect, events: list) -> None:
    """The events have no holes, tell the frames and findings, and their deltas make the texts."""
    assert [event.seq for event in events] == list(range(len(events)))
    assert [event.n for event in events if isinstance(event, FrameReceived)] == list(range(expect.frames))
    assert tuple((e.code, e.frame) for e in events if isinstance(e, Lint)) == expect.lints
    assert tuple((e.type, e.frame) for e in events if isinstance(e, Unknown)) == expect.unknown
    deltas = [event for event in events if isinstance(event, Delta)]
    check_text("".join(e.content for e in deltas if e.lane == "text"), expect.text)
    check_text("".join(e.content for e in deltas if e.lane == "thinking"), expect.thinking)
    assert all(e.content for e in deltas if e.lane != "tool_input")
    for index, _, name, _ in expect.tools:
        of_tool = [e for e in deltas if e.lane == "tool_input" and e.index == index]
        assert of_tool
        assert {e.tool for e in of_tool} == {name}


def check_text(text: str, expected: str | tuple[int, str, str]) -> None:
    """The text, whole or by its length and its two ends."""
    if isinstance(expected, str):
        assert text == expected
        return
    length, start, end = expected
    assert len(text) == length
    assert text.startswith(start)
    assert text.endswith(end)


def counts(usage: object) -> dict[str, int] | None:
    """The counts that the server gave."""
    if usage is None:
        return None
    names = ("input", "output", "cached", "cache_write", "reasoning", "total")
    return {name: count for name in names if (count := getattr(usage, name)) is not None}
