"""The words and counts of Anthropic Messages: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.events import Usage
from pipeline_runtime.protocols.jsontext import as_count, as_object

if TYPE_CHECKING:
    from pipeline_runtime.events import FinishReason
    from pipeline_runtime.protocols.jsontext import JsonObject

FINISH_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_use",
    "pause_turn": "pause",
    "compaction": "pause",
    "refusal": "refusal",
    "sensitive": "content_filter",
}
"""Those of the API, and `sensitive`, which Z.ai's form of it has."""

SERVER_TOOLS = frozenset({"server_tool_use", "mcp_tool_use"})
BLOCK_OF = {
    "text_delta": "text",
    "citations_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "thinking",
    "compaction_delta": "compaction",
}
"""The kind of block that a delta belongs to; tool input belongs to several."""


def read_usage(raw: JsonObject) -> Usage:
    """Anthropic's counts: `input` is without what was read from or written to the cache."""
    return Usage(
        input=as_count(raw.get("input_tokens")),
        output=as_count(raw.get("output_tokens")),
        cached=as_count(raw.get("cache_read_input_tokens")),
        cache_write=as_count(raw.get("cache_creation_input_tokens")),
        reasoning=as_count(as_object(raw.get("output_tokens_details")).get("thinking_tokens")),
        raw=raw,
    )
