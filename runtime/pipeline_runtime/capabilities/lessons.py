"""Lessons: what a server refused, in its own words, with a date and an end. Kept in one small file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.capabilities.shape import Shape
from pipeline_runtime.paths import state_dir
from pipeline_runtime.shared_file import locked, read, read_locked, write_whole
from pipeline_runtime.stream.refusal_words import UNVERIFIED
from pipeline_runtime.stream.refusals import Change, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeAlias

    Decode: TypeAlias = Callable[[bytes], list["Lesson"]]

LASTS = timedelta(days=30)
LASTS_UNVERIFIED = timedelta(days=1)
"""An organisation can be verified within minutes: such a lesson is soon asked anew."""


class Lesson(msgspec.Struct, frozen=True):
    """One refusal, remembered."""

    shape: Shape
    change: Change
    """What to do instead: `sync`, `drop_stream_options` or `stream`."""
    reason: str
    evidence: str
    status: int
    learned_at: datetime
    expires_at: datetime

    @property
    def id(self) -> str:
        """What the user names it by."""
        return f"{self.shape.id}-{self.change}"

    @classmethod
    def of(cls, shape: Shape, refusal: Refusal, status: int, now: datetime) -> Lesson:
        """The lesson of a refusal."""
        lasts = LASTS_UNVERIFIED if UNVERIFIED.search(refusal.evidence) else LASTS
        return cls(shape, refusal.change, refusal.reason, refusal.evidence, status, now, now + lasts)


class LessonBook:
    """The lessons file. Safe to use from several processes; a file that is not right is put aside."""

    def __init__(self, path: Path | None = None, *, now: Callable[[], datetime] | None = None) -> None:
        self.path = path or state_dir() / "capabilities.json"
        self._now = now or (lambda: datetime.now(UTC))
        self._read_of: tuple[int, int, int] | None = None
        self._as_read: list[Lesson] = []

    def lessons(self) -> list[Lesson]:
        """All that still count, the newest first."""
        now = self._now()
        return sorted(
            (lesson for lesson in self._read() if lesson.expires_at > now),
            key=lambda lesson: lesson.learned_at,
            reverse=True,
        )

    def about(self, shape: Shape) -> list[Lesson]:
        """What was learned of requests of this shape."""
        return [lesson for lesson in self.lessons() if lesson.shape == shape]

    def learn(self, shape: Shape, refusal: Refusal, status: int) -> Lesson:
        """Keep a refusal; an older lesson of the same kind is replaced.

        Raises:
            OSError: The file cannot be written.
        """
        lesson = Lesson.of(shape, refusal, status, self._now())
        self._rewrite(lambda kept: [*(one for one in kept if one.id != lesson.id), lesson])
        return lesson

    def forget(self, wanted: Callable[[Lesson], bool]) -> list[Lesson]:
        """Remove the lessons that are wanted gone, and give them.

        Raises:
            OSError: The file cannot be written.
        """
        gone: list[Lesson] = []

        def keep(kept: list[Lesson]) -> list[Lesson]:
            gone.extend(lesson for lesson in kept if wanted(lesson))
            return [lesson for lesson in kept if not wanted(lesson)]

        if self.path.exists():
            self._rewrite(keep)
        return gone

    def _rewrite(self, change: Callable[[list[Lesson]], list[Lesson]]) -> None:
        with locked(self.path):
            now = self._now()
            lessons = [lesson for lesson in change(self._kept(read_locked)) if lesson.expires_at > now]
            write_whole(self.path, msgspec.json.format(msgspec.json.encode(lessons), indent=2) + b"\n")

    def _read(self) -> list[Lesson]:
        try:
            return self._kept(read)
        except OSError:
            return []

    def _kept(self, load: Callable[[Path, Decode], list[Lesson] | None]) -> list[Lesson]:
        """What the file holds; read again only when it is another file, or was written to: calls are many."""
        try:
            found = self.path.stat()
            mark = (found.st_ino, found.st_mtime_ns, found.st_size)
            if mark != self._read_of:
                self._as_read, self._read_of = load(self.path, _decode) or [], mark
        except FileNotFoundError:
            return []
        return self._as_read


def _decode(data: bytes) -> list[Lesson]:
    return msgspec.json.decode(data, type=list[Lesson])
