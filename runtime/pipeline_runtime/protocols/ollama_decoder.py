"""Ollama's `/api/chat` and `/api/generate`: lines and sync bodies to events (PROTOCOLS.md, section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.events import Usage
from pipeline_runtime.protocols.assembly import ToolDraft
from pipeline_runtime.protocols.decoding import FrameDecoder
from pipeline_runtime.protocols.failures import failure_of
from pipeline_runtime.protocols.jsontext import (
    UNREADABLE,
    as_count,
    as_index,
    as_list,
    as_object,
    as_text,
    encode,
)

if TYPE_CHECKING:
    from pipeline_runtime.events import FinishReason, Lane, Verdict
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.jsontext import JsonObject
    from pipeline_runtime.wire.frames import Frame

FINISH_REASONS: dict[str, FinishReason] = {"stop": "stop", "length": "length"}
"""`load` and `unload` answer an empty prompt: no text was asked for, and they are `other`."""

USAGE_FIELDS = (
    "prompt_eval_count",
    "prompt_eval_cached_count",
    "eval_count",
    "total_duration",
    "load_duration",
    "prompt_eval_duration",
    "eval_duration",
)
"""Counts and durations (ns) of the last line."""

_ANSWERS = frozenset({"message", "response", "thinking", "done", "image", "tool_calls"})
_KNOWN_LINE = frozenset(
    {
        *_ANSWERS,
        *USAGE_FIELDS,
        "completed",
        "context",
        "created_at",
        "done_reason",
        "error",
        "logprobs",
        "model",
        "remote_host",
        "remote_model",
        "total",
    }
)
_KNOWN_MESSAGE = frozenset({"content", "images", "role", "thinking", "tool_calls"})


class _HotMessage(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    content: str = ""
    role: str = ""
    thinking: str = ""


class _HotLine(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    model: str
    created_at: str
    done: bool
    message: _HotMessage | None = None
    response: str = ""
    thinking: str = ""


_decode_hot = msgspec.json.Decoder(_HotLine).decode


def read_usage(raw: JsonObject) -> Usage:
    """Ollama's counts; `raw` holds the durations too."""
    return Usage(
        input=as_count(raw.get("prompt_eval_count")),
        output=as_count(raw.get("eval_count")),
        cached=as_count(raw.get("prompt_eval_cached_count")),
        raw=raw,
    )


class OllamaDecoder(FrameDecoder):
    """One attempt's decoder (implements `base.Decoder`)."""

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._choice = self.assembly.choice()

    # --- lines ---

    def interpret(self, frame: Frame, data: str) -> None:
        """Takes a line: a piece of the answer, its end, or an error."""
        if not self.terminated and self._hot(data):
            return
        line = self.read_object(frame, data)
        if line is not None:
            self._take(line, data)

    def _hot(self, data: str) -> bool:
        """The usual piece, typed; anything else is left to the general way."""
        try:
            line = _decode_hot(data)
        except UNREADABLE:
            return False
        if line.done:
            return False
        if self.assembly.model is None:
            self.assembly.identify(model=line.model, response_id=None)
        piece = line if line.message is None else line.message
        self._emit(piece.thinking, "thinking")
        self._emit(line.response if line.message is None else line.message.content, "text")
        return True

    def _take(self, line: JsonObject, data: str) -> None:
        failed = _failure_in(line)
        if failed:
            self.fail(failure_of(failed))
        elif not _ANSWERS & line.keys():
            self.unknown("status" if "status" in line else "object", data)
            return
        before = len(self.out)
        self.assembly.identify(model=line.get("model"), response_id=None)
        self._take_message(as_object(line.get("message")))
        self._emit(as_text(line.get("thinking")), "thinking")
        self._emit(as_text(line.get("response")), "text")
        self._take_tools(as_list(line.get("tool_calls")))
        self._keep("image", line)
        if self.terminated and (len(self.out) > before or line.get("done") is False):
            self.lint_once("after_end")
        if line.get("done"):
            self._take_end(line)
        if self.failure is None:
            self._tell_unknown("", line, _KNOWN_LINE)

    def _take_message(self, message: JsonObject) -> None:
        self._emit(as_text(message.get("thinking")), "thinking")
        self._emit(as_text(message.get("content")), "text")
        self._take_tools(as_list(message.get("tool_calls")))
        self._keep("images", message)
        self._tell_unknown("message.", message, _KNOWN_MESSAGE)

    def _take_end(self, line: JsonObject) -> None:
        self.terminated = True
        raw = as_text(line.get("done_reason"))
        if raw:
            called = raw == "stop" and bool(self._choice.tools)  # calls change nothing in Ollama's own word
            self._choice.finish(raw, "tool_use" if called else FINISH_REASONS.get(raw, "other"))
        usage = {name: line[name] for name in USAGE_FIELDS if line.get(name) is not None}
        if usage:
            self.assembly.merge_usage(usage, read_usage)

    def _emit(self, content: str, lane: Lane) -> None:
        if content:
            (self._choice.thinking if lane == "thinking" else self._choice.text).append(content)
            self.delta(content, lane, 0)

    def _keep(self, field: str, holder: JsonObject) -> None:
        """Pictures that the model made."""
        if holder.get(field):
            self.assembly.add_block({"type": field, field: holder[field]})

    def _tell_unknown(self, prefix: str, fields: JsonObject, known: frozenset[str]) -> None:
        for key in fields:
            if key not in known and fields[key]:
                self.unknown(prefix + key, encode({key: fields[key]}))

    # --- tools ---

    def _take_tools(self, calls: list[object]) -> None:
        """Each call is whole; its index is missing in older versions."""
        for call in calls:
            function = as_object(as_object(call).get("function"))
            self._take_call(as_text(as_object(call).get("id")) or None, function)

    def _take_call(self, call_id: str | None, function: JsonObject) -> None:
        tools = self._choice.tools
        name = as_text(function.get("name")) or None
        index = as_index(function.get("index"))
        if index is None or index in tools:
            if index is not None:
                self.lint("tool_index_reused", id=call_id or name, index=index)
            index = max(tools, default=-1) + 1
        draft = tools[index] = ToolDraft(index, call_id, name)
        given = function.get("arguments")
        arguments = given if isinstance(given, str) else encode(given) if given else ""
        if arguments:
            draft.fragments.append(arguments)
        self.delta(arguments, "tool_input", index, tool=name)

    # --- the end ---

    def judge(self) -> Verdict:
        """Cut is what has no line with `"done": true` (section 5)."""
        if self.failure is not None:
            return "error"
        if not self.terminated:
            if self.data_frames and not self.is_sync:
                self.lint("missing_terminator", terminator="done: true")
            return "truncated"
        if self._choice.finish_reason is None:
            self.lint("no_finish_reason")
        return "cut_by_limit" if self._choice.finish_reason == "length" else "complete"

    def interpret_sync(self, message: JsonObject) -> None:
        """A sync answer is the one line that a stream's lines add up to."""
        self._take(message, encode(message))


def _failure_in(line: JsonObject) -> JsonObject:
    """The error that a line tells, empty when it tells none.

    A tool call that Ollama cannot parse has been told under the error's words: `{"error parsing tool call":
    "invalid character"}` (ollama/ollama#11704).
    """
    if line.get("error"):
        return line
    told = next((key for key in line if key.startswith("error ") and as_text(line[key])), None)
    return {} if told is None or _ANSWERS & line.keys() else {"error": f"{told}: {line[told]}"}
