"""What handlers print, a whole line at a time: our printers write from another thread."""

from __future__ import annotations

import contextlib
import io
import threading
from typing import TYPE_CHECKING, BinaryIO, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Iterator


class WholeLines(io.TextIOBase):
    """A text stream that passes lines on whole.

    `print` writes a text and its line end apart; what another thread writes must not come between the two.
    A flush passes on what is there, line or not.
    """

    def __init__(self, out: TextIO) -> None:
        super().__init__()
        self._out = out
        self._begun: dict[int, str] = {}

    @property
    def encoding(self) -> str:  # type: ignore[override]  # typeshed has it writable
        """As the stream below has it."""
        return self._out.encoding

    @property
    def buffer(self) -> BinaryIO:
        """The bytes below, for what does not print text: not in lines."""
        return self._out.buffer

    def writable(self) -> bool:
        """Always."""
        return True

    def isatty(self) -> bool:
        """Whether the stream below is a terminal."""
        return self._out.isatty()

    def fileno(self) -> int:
        """The descriptor of the stream below."""
        return self._out.fileno()

    def write(self, text: str) -> int:
        """Pass on the lines that are whole now; keep the rest for its end."""
        thread = threading.get_ident()
        whole, end, rest = (self._begun.pop(thread, "") + text).rpartition("\n")
        if end:
            self._out.write(whole + end)
        if rest:
            self._begun[thread] = rest
        return len(text)

    def flush(self) -> None:
        """Pass on what this thread has begun."""
        if begun := self._begun.pop(threading.get_ident(), ""):
            self._out.write(begun)
        self._out.flush()

    def finish(self) -> None:
        """Pass on what any thread has begun."""
        while self._begun:
            self._out.write(self._begun.popitem()[1])
        self._out.flush()


@contextlib.contextmanager
def prints_whole_lines(out: TextIO) -> Iterator[None]:
    """Send what is printed meanwhile to `out`, a line at a time."""
    lines = WholeLines(out)
    with contextlib.redirect_stdout(cast("TextIO", lines)):
        try:
            yield
        finally:
            lines.finish()
