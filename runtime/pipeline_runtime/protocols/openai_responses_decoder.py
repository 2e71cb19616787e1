"""OpenAI Responses and its kin: frames and sync bodies to events (PROTOCOLS.md, section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.protocols.base import WireFailure
from pipeline_runtime.protocols.decoding import FrameDecoder, kind_of
from pipeline_runtime.protocols.jsontext import UNREADABLE, as_index, as_list, as_object, as_text, encode
from pipeline_runtime.protocols.openai_fields import read_usage
from pipeline_runtime.protocols.openai_responses_fields import (
    INPUT_EVENTS,
    PART_EVENTS,
    PENDING,
    PROGRESS_EVENTS,
    STARTED_EVENTS,
    TERMINAL_EVENTS,
    TEXT_EVENTS,
    failure_in,
    finish_of,
    verdict_of,
)
from pipeline_runtime.protocols.openai_responses_items import ResponseItems
from pipeline_runtime.protocols.openai_responses_texts import PartTexts

if TYPE_CHECKING:
    from pipeline_runtime.events import Verdict
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.jsontext import JsonObject
    from pipeline_runtime.wire.frames import Frame

_HOT = "response.output_text.delta"


class _HotEvent(msgspec.Struct, gc=False):
    type: str
    delta: str
    output_index: int
    content_index: int
    sequence_number: int


_decode_hot = msgspec.json.Decoder(_HotEvent).decode


class OpenAIResponsesDecoder(FrameDecoder):
    """One attempt's decoder (implements `base.Decoder`).

    Functions and custom tools, which the caller must answer, are tool calls, numbered by `output_index`.
    Tools that the server runs are shown in lane `tool_input` and kept in `blocks` as sent; so is reasoning
    with encrypted content, which the next turn must send back.
    """

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._choice = self.assembly.choice()
        self._texts = PartTexts(self)
        self._items = ResponseItems(self, self._texts)
        self._status = ""
        self._first: int | None = None
        self._number = -1
        self._stepped_back = False
        self._seen: dict[int, int] = {}

    @property
    def sequence(self) -> int | None:
        """The last `sequence_number`; `None` while there is none, or all events have the same."""
        if self._first is None or (self._stepped_back and self._number == self._first):
            return None
        return self._number

    # --- frames ---

    def interpret(self, frame: Frame, data: str) -> None:
        """Dispatches on the data's `type`; gateways may leave the event's name out, and add `[DONE]`."""
        if frame.event == _HOT and self._hot(data):
            return
        if data.strip() == "[DONE]":
            self.terminated = True
            return
        event = self.read_object(frame, data)
        if event is None:
            return
        kind = kind_of(frame.event, event)
        if frame.event not in ("message", kind):
            self.lint("event_name_mismatch", event=frame.event, type=kind)
        number = as_index(event.get("sequence_number"))
        if number is not None and self._is_repeat(number, kind, data):
            return
        self._dispatch(kind, event, data)

    def _hot(self, data: str) -> bool:
        """The usual text delta, typed; anything unusual is left to the general way."""
        try:
            event = _decode_hot(data)
        except UNREADABLE:
            return False
        number = event.sequence_number
        index = event.output_index
        if event.type != _HOT or self._first is None or number != self._number + 1:
            return False
        if index < 0 or event.content_index < 0:
            return False
        self._number = number
        self._seen[number] = hash(data)
        self._texts.piece(self._items.place(index), "text", event.content_index, event.delta)
        return True

    def _is_repeat(self, number: int, kind: str, data: str) -> bool:
        """Whether the same event has come before: it counts once. Gaps and steps back are told.

        Servers that send one number for all events repeat nothing.
        """
        if self._first is None:
            self._first = number
            self._texts.is_resumed = number > 0 and kind != "response.created"
            if number > 0 and kind not in STARTED_EVENTS:
                self.lint("sequence_start", number=number)
        elif number > self._number + 1:
            self.lint("sequence_gap", number=number, last=self._number)
        elif number <= self._number:
            self._stepped_back = True
            self.lint_once("sequence_repeat", number=number, last=self._number)
            if self._number > self._first and self._seen.get(number) == hash(data):
                return True
        self._number = max(number, self._number)
        self._seen[number] = hash(data)
        return False

    def _dispatch(self, kind: str, event: JsonObject, data: str) -> None:
        stem, _, phase = kind.rpartition(".")
        if stem in TEXT_EVENTS and phase in ("delta", "done"):
            self._text_event(stem, event, kind)
        elif stem in INPUT_EVENTS:
            self._input_event(stem, event, kind)
        elif stem in PART_EVENTS or stem == "response.output_item":
            self._whole_event(event, kind)
        elif kind in STARTED_EVENTS:
            self._identify(as_object(event.get("response")))
        elif kind in TERMINAL_EVENTS:
            self._end(as_object(event.get("response")), kind)
        elif kind == "error":
            self.fail(failure_in(event))
        elif kind == "keepalive":
            self.keepalives += 1
        elif kind not in PROGRESS_EVENTS and not self._extra_event(kind, event):
            self.unknown(kind, data)

    # --- events ---

    def _text_event(self, stem: str, event: JsonObject, kind: str) -> None:
        part = TEXT_EVENTS[stem]
        index = self._items.index_of(event)
        number = as_index(event.get("summary_index" if part == "summary" else "content_index")) or 0
        if kind.endswith(".delta"):
            self._texts.piece(index, part, number, as_text(event.get("delta")))
            return
        whole = event.get("refusal" if part == "refusal" else "text")
        if isinstance(whole, str):
            self._texts.whole_text(index, part, number, whole, kind)

    def _input_event(self, stem: str, event: JsonObject, kind: str) -> None:
        item, field = INPUT_EVENTS[stem]
        index = self._items.index_of(event)
        whole = event.get(field)
        command = as_index(event.get("command_index")) or 0
        if kind.endswith(".delta"):
            self._items.input_piece(index, item, field, as_text(event.get("delta")), command=command)
        elif kind.endswith(".done") and isinstance(whole, str):
            self._items.whole_input(index, item, field, whole, kind, command=command)

    def _whole_event(self, event: JsonObject, kind: str) -> None:
        """The start or the end of an item or of a part of it."""
        if kind == "response.output_item.added":
            self._items.add(event)
        elif kind == "response.output_item.done":
            self._items.close(self._items.index_of(event), as_object(event.get("item")), kind)
        else:
            number = as_index(event.get("content_index", event.get("summary_index"))) or 0
            part = as_object(event.get("part"))
            self._texts.whole_part(self._items.index_of(event), number, part, kind)

    def _extra_event(self, kind: str, event: JsonObject) -> bool:
        if kind == "response.output_text.annotation.added":
            number = as_index(event.get("content_index")) or 0
            self._texts.cite_one(self._items.index_of(event), number, event.get("annotation"))
        elif kind == "response.image_generation_call.partial_image":
            self._items.partial_image(event)
        else:
            return False
        return True

    # --- the response ---

    def _identify(self, response: JsonObject) -> None:
        self.assembly.identify(model=response.get("model"), response_id=response.get("id"))

    def _end(self, response: JsonObject, kind: str) -> None:
        """The terminal event, or a sync answer: what it repeats is compared; usage and status are taken."""
        self._identify(response)
        status = as_text(response.get("status")) or TERMINAL_EVENTS[kind]
        self._items.finish(as_list(response.get("output")), completed=status == "completed", told_by=kind)
        usage = as_object(response.get("usage"))
        if usage:
            self.assembly.merge_usage(usage, read_usage)
        if status == "failed":
            self.fail(failure_in(response))
        elif status in PENDING:
            self.fail(WireFailure("not_ready", f"the response runs in the background and is {status}"))
        self._finish(status, response.get("incomplete_details"))
        self.terminated = True

    def _finish(self, status: str, details: object) -> None:
        raw, reason = finish_of(status, details)
        if reason == "stop" and self._choice.refusal:
            reason = "refusal"
        elif reason == "stop" and self._choice.tools:
            reason = "tool_use"
        self._status = status
        self._choice.finish(raw, reason)

    def judge(self) -> Verdict:
        """Whole is what has its terminal event, whose status says how it ended; cut is what has none."""
        if self.failure is not None:
            return "error"
        reason = self._choice.finish_reason
        if reason is not None:
            return verdict_of(reason, self._status)
        if not self.terminated:
            if self.data_frames and not self.is_sync:
                self.lint("missing_terminator", terminator="response.completed")
            return "truncated"
        self.lint("no_finish_reason")
        return "refused" if self._choice.refusal else "complete"

    def interpret_sync(self, message: JsonObject) -> None:
        """A `response` object, which holds what its stream would have told."""
        if message.get("object") == "response" or isinstance(message.get("output"), list):
            self._end(message, "response.completed")
        elif message.get("error") or message.get("type") == "error":
            self.fail(failure_in(message))
        else:
            self.unknown(as_text(message.get("object")) or "object", encode(message))
