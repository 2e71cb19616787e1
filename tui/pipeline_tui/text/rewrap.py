"""A long text wrapped for another width a slice at a time, so that keys are answered meanwhile."""

from __future__ import annotations

from pipeline_tui.text.wrap import WrapBuffer

SLICE = 24_000
"""Characters wrapped in one go: about 3 ms."""


class Rewrap:
    """Wraps the text of `buffer` into a new buffer. What comes meanwhile is told by `add`."""

    __slots__ = ("_at", "_text", "buffer")

    def __init__(self, buffer: WrapBuffer, width: int) -> None:
        self.buffer = WrapBuffer(width)
        """The new lines, as far as they are."""
        self._text = "".join(buffer.lines)
        self._at = 0

    @property
    def done(self) -> bool:
        """Whether the whole text is wrapped."""
        return self._at >= len(self._text)

    def add(self, text: str) -> None:
        """The text has grown."""
        self._text += text

    def step(self) -> None:
        """Wrap one more slice."""
        piece = self._text[self._at : self._at + SLICE]
        self._at += len(piece)
        self.buffer.append(piece)
