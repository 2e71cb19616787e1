"""The items of a Responses answer: how each kind is opened, named in events, and closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from pipeline_runtime.simulator.answer import Answer, Spoken
    from pipeline_runtime.simulator.dialect import Identity

_ID_LENGTH = 50


class Item(Struct, frozen=True):
    """One item of the output, and the words of the events that build it."""

    pieces: tuple[str, ...]
    opened: dict[str, Any]
    closed: dict[str, Any]
    stem: str
    """The events of its text are `response.<stem>.delta` and `.done`."""
    key: str
    """Where `.done` and the part hold the whole text."""
    part: str | None = None
    """The events of its part are `response.<part>.added` and `.done`; a call has no parts."""
    empty_part: dict[str, Any] = {}
    place: dict[str, int] = {}
    extra: dict[str, Any] = {}
    """What the events of its text carry besides."""


def items_of(answer: Answer, ids: Identity) -> list[Item]:
    """An item for each part of the answer; the last is incomplete where the limit of tokens fell in it."""
    last = len(answer.parts) - 1
    return [
        _make(part, ids, "incomplete" if answer.finish == "length" and index == last else "completed")
        for index, part in enumerate(answer.parts)
    ]


def _make(part: Spoken, ids: Identity, status: str) -> Item:
    if part.lane == "thinking":
        return _reasoning(part, ids)
    if part.lane == "tool_input":
        return _call(part, ids, status)
    return _message(part, ids, status)


def _reasoning(part: Spoken, ids: Identity) -> Item:
    opened = {"id": "rs_" + ids.hex(_ID_LENGTH), "type": "reasoning", "summary": []}
    empty = {"type": "summary_text", "text": ""}
    return Item(
        part.pieces,
        opened,
        opened | {"summary": [empty | {"text": part.text}]},
        stem="reasoning_summary_text",
        key="text",
        part="reasoning_summary_part",
        empty_part=empty,
        place={"summary_index": 0},
    )


def _call(part: Spoken, ids: Identity, status: str) -> Item:
    opened = {
        "id": "fc_" + ids.hex(_ID_LENGTH),
        "type": "function_call",
        "status": "in_progress",
        "arguments": "",
        "call_id": ids.token("call_", 24),
        "name": part.tool,
    }
    closed = opened | {"status": status, "arguments": part.text}
    return Item(part.pieces, opened, closed, stem="function_call_arguments", key="arguments")


def _message(part: Spoken, ids: Identity, status: str) -> Item:
    opened = {
        "id": "msg_" + ids.hex(_ID_LENGTH),
        "type": "message",
        "status": "in_progress",
        "content": [],
        "role": "assistant",
    }
    refusal = part.lane == "refusal"
    key = "refusal" if refusal else "text"
    empty: dict[str, Any] = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}
    if refusal:
        empty = {"type": "refusal", "refusal": ""}
    return Item(
        part.pieces,
        opened,
        opened | {"status": status, "content": [empty | {key: part.text}]},
        stem="refusal" if refusal else "output_text",
        key=key,
        part="content_part",
        empty_part=empty,
        place={"content_index": 0},
        extra={} if refusal else {"logprobs": []},
    )
