"""Writes a step's text or events to a file, without making the stream wait for the disk."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from pipeline_runtime.events import Delta, Done, Error
from pipeline_runtime.handlers.options import OptionError, at_least, size_option
from pipeline_runtime.handlers.sink import FileSink, Rotation, WriteMode
from pipeline_runtime.workflow.spelling import suggest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.handlers.contract import RunInfo

PLACES = ("run", "step", "workflow")
TEXT_KINDS = ("delta", "done", "error")
_UNSAFE = re.compile(r"[^\w.-]+")
_encode = msgspec.json.Encoder().encode


class FileHandler:
    """Writes the text, or the events as JSON lines, to a file: rotated, compressed, or all at once.

    Args:
        path: The file; `{run}`, `{step}` and `{workflow}` in it are filled in. Folders are made.
        format: `text` is what the console would print; `jsonl` is an event a line, as `run --json` prints it.
            Not set: `jsonl` for a path that ends in .jsonl.
        mode: `append`; `replace` begins with an empty file; `atomic` writes beside the file and moves the
            whole into its place when the step is done (what a failed step leaves is `PATH.partial`).
        max_size: Rotate before the file gets larger, such as 10MB: PATH becomes PATH.1, and so on.
        keep: How many rotated files to keep.
        compress: Compress rotated files (gzip).
        thinking: In `text`, write the thinking lane too.
        kinds: In `jsonl`, the kinds of events to write; `delta`, `done` and `error` when not given.
        flush_every: The longest time in seconds before what came is in the file.
        buffer_size: Write earlier when so much waits.
    """

    def __init__(
        self,
        path: str,
        *,
        format: Literal["text", "jsonl"] | None = None,  # noqa: A002 - the word that people write in files
        mode: Literal["append", "replace", "atomic"] = "append",
        max_size: int | str | None = None,
        keep: int = 5,
        compress: bool = False,
        thinking: bool = False,
        kinds: Sequence[str] | None = None,
        flush_every: float = 0.2,
        buffer_size: int | str = "64KiB",
    ) -> None:
        self._path = path
        _check_path(path)
        at_least("keep", keep, 0)
        at_least("flush_every", flush_every, 0)
        self._jsonl = path.endswith(".jsonl") if format is None else format == "jsonl"
        self._mode: WriteMode = mode
        self._rotation = None
        if max_size is not None:
            self._rotation = Rotation(size_option("max_size", max_size), keep, compress)
        if mode == "atomic" and self._rotation is not None:
            raise OptionError(
                "max_size", "an atomic file is not rotated", cure="take `max_size` or `mode` out"
            )
        if kinds is not None and not self._jsonl:
            raise OptionError(
                "kinds", "a text file has no events", cure="write `format: jsonl`, or take it out"
            )
        self._lanes = {"text", "refusal", "thinking"} if thinking else {"text", "refusal"}
        self._flush_every = flush_every
        self._buffer_size = size_option("buffer_size", buffer_size)
        self.kinds = TEXT_KINDS if kinds is None else frozenset({*kinds, "done"})
        self._written_kinds = frozenset(self.kinds if kinds is None else kinds)
        self._sink: FileSink | None = None
        self._waiting: list[bytes] = []
        self._size = 0
        self._complete = False
        self._at_line_start = True
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None
        self._broken = False

    async def start(self, run: RunInfo) -> None:
        """Make the file.

        Raises:
            OSError: It cannot be made.
        """
        places = {"run": run.id, "step": run.step, "workflow": run.workflow}
        filled = re.sub(r"\{(\w+)\}", lambda found: _UNSAFE.sub("-", places[found[1]]), self._path)
        self._sink = FileSink(_in_home(filled), self._mode, self._rotation)
        await asyncio.to_thread(self._sink.open)

    def handle_event(self, event: AnyEvent) -> Awaitable[None] | None:
        """Take it; write when much waits, or soon.

        Raises:
            OSError: What came before could not be written. It is told once, and nothing more is written.
        """
        if self._writing is not None and self._writing.done():
            writing, self._writing = self._writing, None
            writing.result()
        self._complete = self._complete or isinstance(event, Done)
        piece = self._piece(event)
        if not piece or self._broken or self._sink is None:
            return None
        self._waiting.append(piece)
        self._size += len(piece)
        if self._size >= self._buffer_size:
            return self._write()
        self._write_soon()
        return None

    async def close(self) -> None:
        """Write what waits and end the file.

        Raises:
            OSError: It cannot be written, or moved into its place.
        """
        if self._sink is None:
            return
        await self._write()
        if not self._broken:
            await asyncio.to_thread(self._sink.close, complete=self._complete)

    def _piece(self, event: AnyEvent) -> bytes:
        if self._jsonl:
            return _encode(event) + b"\n" if event.__struct_config__.tag in self._written_kinds else b""
        text = ""
        if isinstance(event, Delta) and event.lane in self._lanes and event.choice == 0:
            text = event.content
        elif isinstance(event, Done) or (isinstance(event, Error) and event.fatal):
            text = "" if self._at_line_start else "\n"
        if text:
            self._at_line_start = text.endswith("\n")
        return text.encode("utf-8", "replace")

    def _write_soon(self) -> None:
        if self._timer is None and self._writing is None:
            self._timer = asyncio.get_running_loop().call_later(self._flush_every, self._begin_writing)

    def _begin_writing(self) -> None:
        self._timer = None
        self._writing = asyncio.create_task(self._write_waiting(), name="file handler")
        self._writing.add_done_callback(self._written)

    def _written(self, writing: asyncio.Task[None]) -> None:
        """Write what came meanwhile, too; a failure waits for the next event, or the end, to be told."""
        if writing is self._writing and not writing.cancelled() and writing.exception() is None:
            self._writing = None
            if self._waiting:
                self._write_soon()

    async def _write(self) -> None:
        """Write all that waits, after what is being written."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._writing is not None:
            writing, self._writing = self._writing, None
            await writing
        await self._write_waiting()

    async def _write_waiting(self) -> None:
        pieces, self._waiting, self._size = self._waiting, [], 0
        if not pieces or self._sink is None or self._broken:
            return
        try:
            await asyncio.to_thread(self._sink.write, pieces)
        except OSError:
            self._broken = True
            raise


def _in_home(path: str) -> Path:
    return Path(path).expanduser()


def _check_path(path: str) -> None:
    if not path.strip():
        raise OptionError("path", "it is empty", cure="give a file")
    for name in re.findall(r"\{(\w+)\}", path):
        if name not in PLACES:
            raise OptionError("path", f"`{{{name}}}` is not known", cure=suggest(name, PLACES))
