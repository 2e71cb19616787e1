"""What deltas of Chat Completions hold beside text, reasoning and calls: kept as blocks, or told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.protocols.jsontext import as_index, as_list, as_object, as_text, encode

if TYPE_CHECKING:
    from pipeline_runtime.protocols.assembly import BlockDraft
    from pipeline_runtime.protocols.decoding import FrameDecoder
    from pipeline_runtime.protocols.jsontext import JsonObject

_READ = frozenset(
    {
        "annotations",
        "audio",
        "channel",
        "content",
        "executed_tools",
        "function_call",
        "images",
        "name",
        "padding",
        "parsed",
        "provider_metadata",
        "provider_specific_fields",
        "reasoning",
        "reasoning_content",
        "reasoning_details",
        "refusal",
        "role",
        "thinking_blocks",
        "tool_calls",
    }
)
"""Fields that are read, or repeat in another form what is."""

_SIGNATURES = ("extra_content", "thought_signature")
"""Where Gemini's compatible surface puts what the next turn must send back."""

_GROWING = ("data", "transcript")
"""The fields of `audio` that deltas add to."""


class Extras:
    """Takes what the deltas of one choice hold beside text, reasoning and calls."""

    __slots__ = ("_audio", "_decoder", "_executed")

    def __init__(self, decoder: FrameDecoder) -> None:
        self._decoder = decoder
        self._audio: BlockDraft | None = None
        self._executed: dict[int, BlockDraft] = {}

    def take(self, delta: JsonObject) -> None:
        """Takes one delta, or a whole message."""
        for detail in _objects(delta, "reasoning_details") + _objects(delta, "thinking_blocks"):
            if detail.get("data") or detail.get("signature"):
                self._decoder.assembly.add_block(detail)
        cited = as_object(delta.get("provider_specific_fields")).get("citation")
        if cited:  # LiteLLM's, of Anthropic's
            self._decoder.assembly.citations.append(cited)
        for image in _objects(delta, "images"):
            self._decoder.assembly.add_block(image)
        for position, tool in enumerate(_objects(delta, "executed_tools")):
            self._take_executed(position, tool)
        self._take_audio(as_object(delta.get("audio")))
        keep_signature(self._decoder, delta)
        for key, value in delta.items():
            if key not in _READ and key not in _SIGNATURES and has_words(value):
                self._decoder.unknown(f"delta.{key}", encode({key: value}))

    def _take_executed(self, position: int, tool: JsonObject) -> None:
        """A tool that the server runs (Groq): it comes when it is called, and again with its output."""
        index = as_index(tool.get("index"))
        index = position if index is None else index
        draft = self._executed.get(index)
        if draft is None:
            self._executed[index] = self._decoder.assembly.add_block(dict(tool))
        else:
            draft.replace({**draft.sent, **tool})

    def _take_audio(self, audio: JsonObject) -> None:
        """Speech comes in pieces, as its transcript does; what it says is the answer's text too."""
        if not has_words(audio):
            return
        if self._audio is None:
            self._audio = self._decoder.assembly.add_block({"type": "audio"})
        for key, value in audio.items():
            if key in _GROWING:
                self._audio.add(key, as_text(value))
            else:
                self._audio.sent[key] = value


def keep_signature(decoder: FrameDecoder, holder: JsonObject, call_id: str | None = None) -> None:
    """Keeps what a message or a tool call must be sent back with, once however it is repeated."""
    key = next((name for name in _SIGNATURES if holder.get(name)), None)
    if key is not None:
        signed = {"tool_call_id": call_id} if call_id else {}
        decoder.assembly.add_block({"type": key, key: holder[key], **signed})


def spoken(delta: JsonObject) -> str:
    """The new part of what a spoken answer says."""
    return as_text(as_object(delta.get("audio")).get("transcript"))


def has_words(value: object) -> bool:
    """Whether a value says anything: a text in it does; numbers and flags are remarks on the chunk."""
    if isinstance(value, dict):
        return any(has_words(inner) for inner in value.values())
    if isinstance(value, list):
        return any(has_words(inner) for inner in value)
    return isinstance(value, str) and bool(value)


def _objects(delta: JsonObject, field: str) -> list[JsonObject]:
    return [as_object(value) for value in as_list(delta.get(field))]
