"""Recorded bodies, read from raw files and from run logs: what was sent, and when.

A run log is read by its lines alone, not with the runtime's reader: the simulator shares no code with what it
judges. The lines are described in docs/events.md.
"""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from pipeline_runtime.errors import InputError
from pipeline_runtime.simulator.dialect import Headers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime.simulator.replay import Replay

_TYPES = {".sse": "text/event-stream", ".ndjson": "application/x-ndjson", ".json": "application/json"}
_ANY_TYPE = "application/octet-stream"
_NANOSECONDS = 1_000_000_000
_MOST_SHOWN = 8
_BROKE = "disconnected"
"""The type of an error, and the first word of a retry's reason, when a connection broke."""
_MASKED = "***"
_UNREPEATABLE = frozenset({"content-length", "transfer-encoding", "connection", "content-encoding", "date"})


class Piece(Struct, frozen=True):
    """One write, and the silence before it."""

    data: bytes
    gap: float = 0.0
    """Seconds since the piece before it, or since the headers."""


class Recording(Struct, frozen=True):
    """One recorded response."""

    status: int
    headers: Headers
    """With the content type, without what says how the body is framed."""
    pieces: tuple[Piece, ...]
    timed: bool = False
    """Its gaps and borders were recorded; those of a raw file are not known."""
    before: float = 0.0
    """Seconds from the request to the headers."""
    rest: float = 0.0
    """Seconds from the last piece to the end."""
    cut: bool = False
    """The connection broke at the end."""

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(piece.data for piece in self.pieces)


def read_recording(replay: Replay) -> Recording:
    """Read what a scenario replays.

    Raises:
        InputError: the file cannot be read, or the log has no such attempt; names those it has.
    """
    if replay.file is not None:
        return _read_file(Path(replay.file))
    return _read_log(Path(replay.log or ""), replay.step, replay.attempt)


def _read_file(path: Path) -> Recording:
    headers = (("content-type", _TYPES.get(path.suffix, _ANY_TYPE)),)
    return Recording(200, headers, (Piece(_bytes(path)),))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(
            f"the recording {str(path)!r} cannot be read: {reason}",
            cure="give the path of a recorded body, relative to the scenario's file",
        ) from error


class _Line(Struct):
    """The fields of a run log's lines that matter here."""

    kind: str
    step: str | None = None
    attempt: int | None = None
    at: int = 0
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    text: str | None = None
    base64: str | None = None
    type: str = ""
    reason: str = ""


class _Kind(Struct):
    kind: str


_decode_line = msgspec.json.Decoder(_Line).decode
_decode_kind = msgspec.json.Decoder(_Kind).decode
_KINDS = frozenset({"attempt_started", "response_opened", "chunk", "body_end", "error", "retry"})


def _read_log(path: Path, step: str | None, attempt: int | None) -> Recording:
    answered: dict[tuple[str, int], list[_Line]] = {}
    for line in _lines(path):
        if line.step is None:
            continue
        if line.attempt is not None:
            answered.setdefault((line.step, line.attempt), []).append(line)
    opened = {key: lines for key, lines in answered.items() if _opening(lines) is not None}
    fitting = [key for key in opened if step in {None, key[0]} and attempt in {None, key[1]}]
    if len(fitting) != 1:
        raise _no_such_attempt(path, list(opened), fitting)
    return _recording(opened[fitting[0]])


def _lines(path: Path) -> Iterator[_Line]:
    """The lines that matter, up to the first that was not written whole."""
    for number, data in enumerate(_bytes(path).splitlines()):
        try:
            kind = _decode_kind(data).kind
            if number == 0 and kind != "log":
                raise _no_log(path)
            if kind in _KINDS:
                yield _decode_line(data)
        except msgspec.MsgspecError as error:
            if number == 0:
                raise _no_log(path) from error
            return


def _no_log(path: Path) -> InputError:
    return InputError(f"{str(path)!r} is not a run log", cure="give a raw body as `file`, a run log as `log`")


def _no_such_attempt(path: Path, known: list[tuple[str, int]], fitting: list[tuple[str, int]]) -> InputError:
    shown = [f"step {step} attempt {attempt}" for step, attempt in fitting or known]
    more = ", ..." if len(shown) > _MOST_SHOWN else ""
    problem = "more than one answer that fits" if fitting else "no such answer"
    return InputError(
        f"the run log {str(path)!r} has {problem}",
        cure=f"give one of: {', '.join(shown[:_MOST_SHOWN]) or 'none'}{more}",
    )


def _opening(lines: list[_Line]) -> _Line | None:
    return next((line for line in lines if line.kind == "response_opened"), None)


def _recording(lines: list[_Line]) -> Recording:
    opened = _opening(lines) or lines[0]
    asked = next((line.at for line in lines if line.kind == "attempt_started"), opened.at)
    chunks = [line for line in lines if line.kind == "chunk"]
    times = [opened.at, *(line.at for line in chunks)]
    last = times[-1]
    ended = next((line.at for line in lines if line.kind == "body_end"), last)
    return Recording(
        opened.status or 200,
        tuple((name, value) for name, value in opened.headers if _repeatable(name, value)),
        tuple(
            Piece(_data(line), (line.at - before) / _NANOSECONDS)
            for line, before in zip(chunks, times, strict=False)
        ),
        timed=True,
        before=(opened.at - asked) / _NANOSECONDS,
        rest=(ended - last) / _NANOSECONDS,
        cut=any(_BROKE in {line.type, line.reason.partition(":")[0]} for line in lines),
    )


def _data(line: _Line) -> bytes:
    return line.text.encode() if line.text is not None else b64decode(line.base64 or "")


def _repeatable(name: str, value: str) -> bool:
    return name.lower() not in _UNREPEATABLE and value != _MASKED
