"""The words of OpenAI Responses: event types, item types, statuses and what they mean. Pure.

From PROTOCOLS.md, section 3, and the types of openai 3.52.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from pipeline_runtime.protocols.base import WireFailure
from pipeline_runtime.protocols.failures import failure_of
from pipeline_runtime.protocols.jsontext import as_list, as_object, as_text, encode

if TYPE_CHECKING:
    from pipeline_runtime.events import FinishReason, Lane, Verdict
    from pipeline_runtime.protocols.jsontext import JsonObject

PartKind: TypeAlias = Literal["text", "refusal", "reasoning", "summary"]

LANES: dict[PartKind, Lane] = {
    "text": "text",
    "refusal": "refusal",
    "reasoning": "thinking",
    "summary": "thinking",
}

TEXT_EVENTS: dict[str, PartKind] = {
    "response.output_text": "text",
    "response.refusal": "refusal",
    "response.reasoning_text": "reasoning",
    "response.reasoning_summary_text": "summary",
}
"""Events in `.delta` and `.done` that carry a part's text."""

PART_EVENTS = frozenset(
    {"response.content_part", "response.reasoning_part", "response.reasoning_summary_part"}
)
"""Events in `.added` and `.done` that carry a whole part (`reasoning_part`: vLLM)."""

INPUT_EVENTS = {
    "response.function_call_arguments": ("function_call", "arguments"),
    "response.mcp_call_arguments": ("mcp_call", "arguments"),
    "response.custom_tool_call_input": ("custom_tool_call", "input"),
    "response.code_interpreter_call_code": ("code_interpreter_call", "code"),
    "response.shell_call_command": ("shell_call", "command"),
    "response.apply_patch_call_operation_diff": ("apply_patch_call", "diff"),
}
"""Events in `.delta` and `.done` that carry a tool's input: the item's type, and the whole one's field."""

STARTED_EVENTS = frozenset({"response.created", "response.queued", "response.in_progress"})

TERMINAL_EVENTS = {
    "response.completed": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
    "response.cancelled": "cancelled",
    "response.done": "completed",
}
"""The status that counts where the response does not tell one (`response.done`: OpenRouter's early form)."""

PROGRESS_EVENTS = frozenset(
    {
        "response.code_interpreter_call.completed",
        "response.code_interpreter_call.in_progress",
        "response.code_interpreter_call.interpreting",
        "response.compaction.compacting",
        "response.file_search_call.completed",
        "response.file_search_call.in_progress",
        "response.file_search_call.searching",
        "response.image_generation_call.completed",
        "response.image_generation_call.generating",
        "response.image_generation_call.in_progress",
        "response.mcp_call.completed",
        "response.mcp_call.failed",
        "response.mcp_call.in_progress",
        "response.mcp_list_tools.completed",
        "response.mcp_list_tools.failed",
        "response.mcp_list_tools.in_progress",
        "response.shell_call_output_content.delta",
        "response.shell_call_output_content.done",
        "response.web_search_call.completed",
        "response.web_search_call.in_progress",
        "response.web_search_call.searching",
    }
)
"""Known events that add nothing: what they tell comes whole in the item's end."""

PART_KINDS: dict[str, PartKind] = {
    "output_text": "text",
    "text": "text",
    "refusal": "refusal",
    "reasoning_text": "reasoning",
    "summary_text": "summary",
}

CALLER_TOOLS = {"function_call": "arguments", "custom_tool_call": "input"}
"""Items that the caller must answer, and the field that holds their input: these are tool calls."""

_INPUT_FIELDS = {
    **CALLER_TOOLS,
    "apply_patch_call": "operation",
    "code_interpreter_call": "code",
    "computer_call": "action",
    "file_search_call": "queries",
    "local_shell_call": "action",
    "mcp_call": "arguments",
    "shell_call": "action",
    "tool_search_call": "arguments",
    "web_search_call": "action",
}

_CALL = "_call"

_INCOMPLETE: dict[str, FinishReason] = {
    "max_output_tokens": "length",
    "max_tokens": "length",
    "max_messages": "length",
    "length": "length",
    "content_filter": "content_filter",
}

_STATUSES: dict[str, FinishReason] = {"completed": "stop", "failed": "error", "cancelled": "cancelled"}

_VERDICTS: dict[FinishReason, Verdict] = {
    "length": "cut_by_limit",
    "content_filter": "refused",
    "refusal": "refused",
    "error": "error",
    "cancelled": "truncated",
}

_FLAT = ("code", "message", "param", "type")
"""The fields of an error that is an event by itself; its type is `error`, or says what it is."""

PENDING = frozenset({"queued", "in_progress"})
"""A background response that is not ready."""


def finish_of(status: str, details: object) -> tuple[str, FinishReason]:
    """Why it stopped, as sent and normalised: Responses has no finish reason but a status and its details.

    Args:
        status: of the response.
        details: its `incomplete_details`.
    """
    reason = as_text(as_object(details).get("reason"))
    if status == "incomplete":
        return reason or status, _INCOMPLETE.get(reason, "other")
    return status, _STATUSES.get(status, "other")


def verdict_of(reason: FinishReason, status: str) -> Verdict:
    """How an answer with its terminal event ended; incomplete for a reason unknown here is cut, too."""
    return _VERDICTS.get(reason, "cut_by_limit" if status == "incomplete" else "complete")


def failure_in(holder: JsonObject) -> WireFailure:
    """What an `error` event (flat or not) or a failed response says; a code stands in for a type."""
    error = holder.get("error")
    if isinstance(error, str) and error:
        return failure_of(holder)
    fields = as_object(error) or {key: holder[key] for key in _FLAT if holder.get(key) not in (None, "error")}
    if not fields:
        return WireFailure("api_error", "the response failed, and does not say why")
    return failure_of(
        {"error": {**fields, "type": as_text(fields.get("type")) or as_text(fields.get("code"))}}
    )


def is_block(item: JsonObject) -> bool:
    """Whether an item is kept as sent: what the server ran, and reasoning with encrypted content."""
    kind = as_text(item.get("type"))
    is_read = kind in ("message", "reasoning", "") and not item.get("encrypted_content")
    return not is_read and kind not in CALLER_TOOLS


def tool_name(item: JsonObject) -> str | None:
    """What a call item calls: its name, or for hosted tools its type (`web_search`); `None`: no call."""
    kind = as_text(item.get("type"))
    if not kind.endswith(_CALL):
        return None
    return as_text(item.get("name")) or kind.removesuffix(_CALL)


def whole_input(item: JsonObject) -> str:
    """The input of a call item as text: JSON where it is no text by itself; empty where it has none yet."""
    value = item.get(_INPUT_FIELDS.get(as_text(item.get("type")), ""))
    if isinstance(value, str):
        return value
    return encode(value) if value else ""


def is_whole_input(kind: str, field: str) -> bool:
    """Whether the events of a call item bring its input, or only one field of it."""
    return _INPUT_FIELDS.get(kind) == field


def parts_of(item: JsonObject) -> list[tuple[int, JsonObject]]:
    """The parts of a message or reasoning item, each with its number among its like."""
    parts: list[tuple[int, JsonObject]] = []
    for field in ("summary", "content"):
        parts += [(number, as_object(part)) for number, part in enumerate(as_list(item.get(field)))]
    return parts


def part_text(part: JsonObject) -> str:
    """The text of a part."""
    return as_text(part.get("refusal" if part.get("type") == "refusal" else "text"))
