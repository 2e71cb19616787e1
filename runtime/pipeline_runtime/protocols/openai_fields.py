"""The fields of OpenAI-compatible chunks, as the servers that speak this protocol fill them: pure."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pipeline_runtime.events import Usage
from pipeline_runtime.protocols.failures import names_error
from pipeline_runtime.protocols.jsontext import as_count, as_list, as_object, as_text

if TYPE_CHECKING:
    from pipeline_runtime.events import FinishReason
    from pipeline_runtime.protocols.jsontext import JsonObject

FINISH_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "model_context_window_exceeded": "length",
    "tool_calls": "tool_use",
    "tool_use": "tool_use",
    "function_call": "tool_use",
    "content_filter": "content_filter",
    "sensitive": "content_filter",
    "refusal": "refusal",
    "error": "error",
    "network_error": "error",
    "insufficient_system_resource": "error",
    "abort": "error",
    "aborted": "error",
}
"""By the word in lower case: also those of Together, Hugging Face, watsonx, Mistral, Z.ai and DeepSeek."""


def finish_word(choice: JsonObject) -> str:
    """Why a choice ended, as sent; DashScope's kin say `null` in a text while it goes on."""
    word = as_text(choice.get("finish_reason"))
    return "" if word == "null" else word


KNOWN_CHUNK = frozenset(
    {
        "base_resp",
        "choices",
        "citations",
        "copilot_usage",
        "created",
        "error",
        "id",
        "model",
        "object",
        "obfuscation",
        "prompt_filter_results",
        "provider",
        "search_results",
        "service_tier",
        "system_fingerprint",
        "timings",
        "usage",
        "x_groq",
    }
)
"""What a chunk without choices may hold without being worth a word."""

_SEVERAL = 4
"""So many pieces repeat each other by no chance."""
_SOURCES = ("citations", "search_results", "web_search")
"""Where servers that search put the pages of an answer: the later fields tell the first one's more fully."""


def sources_of(chunk: JsonObject) -> list[Any]:
    """The pages that an answer goes by, as the server lists them."""
    return next((found for name in _SOURCES if (found := as_list(chunk.get(name)))), [])


_CACHED = ("prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens", "cache_read_input_tokens")
"""DeepSeek, Moonshot and Together, Mistral, and gateways to Anthropic."""


def read_usage(raw: JsonObject) -> Usage:
    """OpenAI's counts, and where others put theirs: cache hits beside the prompt's count, reasoning too."""
    prompt = as_object(raw.get("prompt_tokens_details")) or as_object(raw.get("input_tokens_details"))
    completion = as_object(raw.get("completion_tokens_details")) or as_object(
        raw.get("output_tokens_details")
    )
    cached = _first(prompt, "cached_tokens")
    written = _first(prompt, "cache_write_tokens")
    reasoning = _first(completion, "reasoning_tokens")
    return Usage(
        input=_first(raw, "prompt_tokens", "input_tokens"),
        output=_first(raw, "completion_tokens", "output_tokens"),
        cached=_first(raw, *_CACHED) if cached is None else cached,
        cache_write=_first(raw, "cache_creation_input_tokens") if written is None else written,
        reasoning=_first(raw, "reasoning_tokens") if reasoning is None else reasoning,
        total=as_count(raw.get("total_tokens")),
        raw=raw,
    )


def _first(fields: JsonObject, *names: str) -> int | None:
    """The first of these counts that is there."""
    return next((count for name in names if (count := as_count(fields.get(name))) is not None), None)


def thinking_of(delta: JsonObject) -> str:
    """Reasoning text, wherever a server puts it.

    That is `reasoning_content` (DeepSeek), `reasoning` (Ollama, Groq, OpenRouter), `reasoning_details`
    (OpenRouter) or `thinking_blocks` (LiteLLM). Servers that send two of them repeat the same text, so only
    the first counts.
    """
    for name in ("reasoning_content", "reasoning"):
        text = as_text(delta.get(name))
        if text:
            return text
    details = [as_object(detail) for detail in as_list(delta.get("reasoning_details"))]
    text = "".join(as_text(detail.get("text")) or as_text(detail.get("summary")) for detail in details)
    blocks = (as_object(block) for block in as_list(delta.get("thinking_blocks")))
    return text or "".join(as_text(block.get("thinking")) for block in blocks)


def part_text(part: JsonObject) -> str:
    """The text of a content part; Mistral nests a thinking part's text in a list."""
    kind = as_text(part.get("type"))
    inner = part.get("thinking" if kind == "thinking" else "text")
    if isinstance(inner, list):
        return "".join(as_text(as_object(piece).get("text")) for piece in inner)
    return as_text(inner)


def is_cumulative(pieces: list[str]) -> bool:
    """Whether each of several pieces of a text holds the one before it, and goes on."""
    pairs = pairwise(pieces)
    return len(pieces) >= _SEVERAL and all(len(a) < len(b) and b.startswith(a) for a, b in pairs)


def is_error_chunk(chunk: JsonObject) -> bool:
    """An error inside a stream, at the top or, from Groq, in `x_groq`."""
    return names_error(chunk) or bool(as_object(chunk.get("x_groq")).get("error"))
