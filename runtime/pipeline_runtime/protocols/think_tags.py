"""Takes `<think>…</think>` at the beginning of a text apart: what stands inside is thinking. Sans-I/O."""

from __future__ import annotations

from typing import Literal, TypeAlias

Piece: TypeAlias = tuple[Literal["text", "thinking"], str]

OPENING = "<think>"
CLOSING = "</think>"


class ThinkTags:
    """Splits one text while it streams (Hugging Face, vLLM and llama.cpp without a reasoning parser).

    Only a tag that begins the text counts, white space aside: an answer may speak of tags. A piece that may
    be the beginning of a tag is held until the next one tells.
    """

    __slots__ = ("_held", "_state")

    def __init__(self) -> None:
        self._state: Literal["begin", "inside", "after"] = "begin"
        self._held = ""

    def feed(self, content: str) -> list[Piece]:
        """The new pieces, each with its lane; none while a tag may still be coming."""
        if self._state == "after":
            return [("text", content)]
        text = self._held + content
        self._held = ""
        if self._state == "begin":
            return self._begin(text)
        return self._inside(text)

    def rest(self) -> list[Piece]:
        """What is held when the text ends."""
        held, self._held = self._held, ""
        if not held:
            return []
        return [("thinking" if self._state == "inside" else "text", held)]

    def _begin(self, text: str) -> list[Piece]:
        start = text.lstrip()
        if start.startswith(OPENING):
            self._state = "inside"
            return self._inside(start.removeprefix(OPENING))
        if OPENING.startswith(start):
            self._held = text
            return []
        self._state = "after"
        return [("text", text)]

    def _inside(self, text: str) -> list[Piece]:
        thinking, tag, answer = text.partition(CLOSING)
        if tag:
            self._state = "after"
            pieces: list[Piece] = [("thinking", thinking), ("text", answer)]
            return [piece for piece in pieces if piece[1]]
        end = len(text) - _begun(text)
        self._held = text[end:]
        return [("thinking", text[:end])] if end else []


def _begun(text: str) -> int:
    """How many characters at the end may be the beginning of the closing tag."""
    longest = min(len(text), len(CLOSING) - 1)
    return next((size for size in range(longest, 0, -1) if CLOSING.startswith(text[-size:])), 0)
