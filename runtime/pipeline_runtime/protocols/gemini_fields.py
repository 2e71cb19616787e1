"""The fields of Gemini's responses: pure. Names and reasons are those of google-genai 3.4.0, `types.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline_runtime.events import Usage
from pipeline_runtime.protocols.jsontext import as_count, as_list, as_object

if TYPE_CHECKING:
    from pipeline_runtime.events import FinishReason
    from pipeline_runtime.protocols.jsontext import JsonObject

FINISH_REASONS: dict[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "CONTINUATION": "pause",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "LANGUAGE": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
    "ESCALATION": "content_filter",
    "PUP_LIMITED_DISABLED": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "MALFORMED_FUNCTION_CALL": "error",
    "UNEXPECTED_TOOL_CALL": "error",
    "TOO_MANY_TOOL_CALLS": "error",
    "MISSING_THOUGHT_SIGNATURE": "error",
    "MALFORMED_RESPONSE": "error",
    "FINISH_REASON_UNSPECIFIED": "other",
    "IMAGE_OTHER": "other",
    "NO_IMAGE": "other",
    "OTHER": "other",
}

NUMBERED_REASONS: dict[str, FinishReason] = {
    "0": "other",
    "1": "stop",
    "2": "length",
    "3": "content_filter",
    "4": "content_filter",
    "5": "other",
    "6": "content_filter",
    "7": "content_filter",
    "8": "content_filter",
}
"""Reasons for clients that ask for `enum-encoding=int`, as Google's generated ones do.

Vertex and AI Studio number them alike up to 5; 6 to 8 are filters in both, and from 9 on they differ.
"""

PASSING_REASONS = frozenset({"MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE"})
"""What the model got wrong and may get right when it is asked again."""

KNOWN_RESPONSE = frozenset(
    {
        "candidates",
        "createTime",
        "error",
        "modelStatus",
        "modelVersion",
        "promptFeedback",
        "responseId",
        "usageMetadata",
    }
)
KNOWN_CANDIDATE = frozenset(
    {
        "avgLogprobs",
        "citationMetadata",
        "content",
        "continuationToken",
        "finishMessage",
        "finishReason",
        "groundingAttributions",
        "groundingMetadata",
        "index",
        "logprobsResult",
        "safetyRatings",
        "tokenCount",
        "urlContextMetadata",
    }
)
KNOWN_PARTS = frozenset(
    {
        "audioTranscription",
        "codeExecutionResult",
        "executableCode",
        "fileData",
        "functionResponse",
        "inlineData",
        "toolCall",
        "toolResponse",
    }
)
"""Parts that are kept as blocks."""

PART_NOTES = frozenset(
    {
        "audioMetadata",
        "documentMetadata",
        "mediaProcessing",
        "mediaResolution",
        "partMetadata",
        "speechMetadata",
        "spreadsheetMetadata",
        "thought",
        "thoughtSignature",
        "videoMetadata",
    }
)
"""What a part of any kind may say of itself."""


def read_usage(raw: JsonObject) -> Usage:
    """Gemini's counts. `candidatesTokenCount` is without thoughts, so `output` is the sum of the two."""
    reasoning = as_count(raw.get("thoughtsTokenCount"))
    visible = as_count(raw.get("candidatesTokenCount"))
    made = [count for count in (visible, reasoning) if count is not None]
    return Usage(
        input=as_count(raw.get("promptTokenCount")),
        output=sum(made) if made else None,
        cached=as_count(raw.get("cachedContentTokenCount")),
        reasoning=reasoning,
        total=as_count(raw.get("totalTokenCount")),
        raw=raw,
    )


def has_counts(raw: JsonObject) -> bool:
    """Whether a usage object counts anything: Vertex sends some with `trafficType` alone."""
    return any(as_count(value) is not None for value in raw.values())


def normalised(reason: str) -> FinishReason:
    """What a finish reason means, be it a word or a number."""
    return FINISH_REASONS.get(reason) or NUMBERED_REASONS.get(reason, "other")


def sources_of(candidate: JsonObject) -> list[Any]:
    """What the candidate cites: pages that ground it, and works that it quotes."""
    grounding = as_object(candidate.get("groundingMetadata"))
    quoted = as_object(candidate.get("citationMetadata"))
    return [
        *as_list(grounding.get("groundingChunks")),
        *(as_list(quoted.get("citations")) or as_list(quoted.get("citationSources"))),
    ]


def kind_of(part: JsonObject) -> str:
    """The field that says what a part is; empty when it has none."""
    return next((name for name in part if name not in PART_NOTES), "")
