"""A terminal for programs under test: a real pty, read as fast as it fills or as slowly as asked, keys, marks."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from bench.lab import Unmeasured
from bench.wirebytes import MARK_RANGE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

_MARK = re.compile(rb"@([0-9a-f]{8})")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[^\[]")
_FRAME = b"\x1b[?2026h"
_ANSWERS = {b"\x1b[?2026$p": b"\x1b[?2026;2$y", b"\x1b[?2048$p": b"\x1b[?2048;0$y", b"\x1b[6n": b"\x1b[1;1R"}
"""What a terminal with synchronised output answers."""
_TAIL = 4_096
_LONGEST_READ = 65_536
_SLOW_READ = 1_024
HALF_RANGE = MARK_RANGE // 2


@dataclass
class Seen:
    """What has come out of the program."""

    size: int = 0
    frames: int = 0
    marks: dict[int, float] = field(default_factory=dict)
    """Seconds from sending to the terminal, by mark: the first time each was painted."""


class Terminal:
    """Runs a program on a pty. Use it as a context manager: at its end the program is gone."""

    def __init__(
        self, argv: Sequence[str], env: dict[str, str], size: tuple[int, int] = (120, 40), *, rate: int = 0
    ) -> None:
        """Start it.

        Args:
            argv: The program and its words.
            env: Its whole environment.
            size: Columns and rows.
            rate: Bytes a second that the terminal takes; 0: all that there is.
        """
        self.rate = rate
        self.seen = Seen()
        self.found: re.Match[bytes] | None = None
        """What the last `expect` found."""
        self.began = time.monotonic()
        self._tail = b""
        self._ended = False
        pid, self._fd = pty.fork()
        if pid == 0:
            os.execvpe(argv[0], list(argv), env | {"TERM": "xterm-256color", "COLORTERM": "truecolor"})
        self.pid = pid
        self.resize(size, tell=False)
        os.set_blocking(self._fd, False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._ended:
            os.kill(self.pid, signal.SIGKILL)
        os.close(self._fd)
        os.waitpid(self.pid, 0)

    def resize(self, size: tuple[int, int], *, tell: bool = True) -> None:
        """Give it another size."""
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        if tell:
            os.kill(self.pid, signal.SIGWINCH)

    def send(self, keys: str) -> None:
        """Press keys."""
        os.write(self._fd, keys.encode())

    def read_for(self, seconds: float) -> None:
        """Read what comes in this time."""
        self._read(time.monotonic() + seconds, lambda: False)

    def expect(self, pattern: str, timeout: float = 30.0) -> float:
        """Read until `pattern` comes after now; gives the seconds that took.

        Raises:
            Unmeasured: It did not come.
        """
        wanted = re.compile(pattern.encode(), re.DOTALL)
        begin = time.monotonic()
        self._tail = b""

        def look() -> bool:
            self.found = wanted.search(self._tail)
            return self.found is not None

        if not self._read(begin + timeout, look):
            raise Unmeasured(f"the screen never showed {pattern!r}{self._last_words()}")
        return time.monotonic() - begin

    def press(self, keys: str, pattern: str, timeout: float = 30.0) -> float:
        """Press keys and wait for what they show; gives the seconds from the one to the other."""
        begin = time.monotonic()
        self.send(keys)
        self.expect(pattern, timeout)
        return time.monotonic() - begin

    def until_end(self, timeout: float = 30.0) -> None:
        """Read until the program has ended.

        Raises:
            Unmeasured: It goes on.
        """
        if not self._read(time.monotonic() + timeout, lambda: self._ended):
            raise Unmeasured("the program did not end")

    def _last_words(self) -> str:
        """What a program that has ended said at last."""
        if not self._ended:
            return ""
        text = _ESCAPES.sub("", self._tail.decode("utf-8", "replace"))
        words = [line.strip() for line in text.splitlines() if line.strip()]
        return f"; the program had ended: {words[-1][:200] if words else 'without a word'}"

    def _read(self, until: float, enough: Callable[[], bool]) -> bool:
        """Read until it is enough (True), or the time is over or the program has ended (False)."""
        while not self._ended:
            left = until - time.monotonic()
            if left <= 0:
                break
            if select.select([self._fd], [], [], left)[0]:
                self._take()
                if enough():
                    return True
        return enough()

    def _take(self) -> None:
        try:
            data = os.read(self._fd, _SLOW_READ if self.rate else _LONGEST_READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._ended = True
            return
        self._look(data, time.monotonic_ns() // 1000)
        if self.rate:
            time.sleep(len(data) / self.rate)

    def _look(self, data: bytes, now: int) -> None:
        """Note what is in the data; `now` in microseconds."""
        for question, answer in _ANSWERS.items():
            if question in data:
                os.write(self._fd, answer)
        seen = self.seen
        seen.size += len(data)
        joined = self._tail[-16:] + data
        seen.frames += joined.count(_FRAME) - self._tail[-16:].count(_FRAME)
        for found in _MARK.finditer(joined):
            mark = int(found[1], 16)
            if mark not in seen.marks:
                late = (now - mark) % MARK_RANGE
                seen.marks[mark] = late / 1e6 if late < HALF_RANGE else 0.0
        self._tail = (self._tail + data)[-max(_TAIL, len(data)) :]
