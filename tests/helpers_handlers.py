"""Events as a step's handlers get them, and a package with handlers as one may be installed."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

from pipeline_runtime.events import (
    AnyEvent,
    AttemptStarted,
    Delta,
    Done,
    Error,
    Request,
    Response,
    StepStarted,
    Timings,
)
from pipeline_runtime.handlers.contract import RunInfo
from pipeline_runtime.handlers.sink import FileSink, Rotation

RUN = RunInfo(id="run-1", workflow="A draft", step="s", mode="mock")


class Script:
    """Makes the events of one step, numbered."""

    def __init__(self, run: str = "run-1", step: str = "s") -> None:
        self._run, self._step = run, step
        self._seq = count().__next__
        self.attempt = 1

    def _stamp(self) -> tuple[str, str, int, int, int]:
        seq = self._seq()
        return self._run, self._step, self.attempt, seq, seq * 1_000_000

    def delta(self, content: str, lane: str = "text", index: int = 0, **more: Any) -> Delta:
        return Delta(*self._stamp(), content=content, lane=lane, index=index, frame=0, **more)  # type: ignore[arg-type]

    def deltas(self, *texts: str) -> list[AnyEvent]:
        return [self.delta(text) for text in texts]

    def done(self, text: str = "") -> Done:
        return Done(*self._stamp(), Response(text, "stream", Timings(total=1_200_000_000)))

    def failed(self, *, fatal: bool = True) -> Error:
        return Error(*self._stamp(), type="overloaded", message="too busy", cure="wait", fatal=fatal)

    def started(self) -> StepStarted:
        return StepStarted(*self._stamp(), provider="claude", protocol="anthropic", model="m-1", stream=True)

    def try_again(self, why: str = "restart") -> AttemptStarted:
        """The next attempt begins."""
        self.attempt += 1
        request = Request("POST", "http://127.0.0.1/", (), None)
        return AttemptStarted(*self._stamp(), request, "stream", why)  # type: ignore[arg-type]


def text_in(events: list[AnyEvent]) -> str:
    """The text of the deltas."""
    return "".join(event.content for event in events if isinstance(event, Delta))


def install(folder: Path, **offered: str) -> None:
    """Put a package's metadata into a folder of `sys.path`: name to entry point."""
    info = folder / "acme_handlers-2.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-handlers\nVersion: 2.5\n")
    lines = "".join(f"{name} = {value}\n" for name, value in offered.items())
    (info / "entry_points.txt").write_text(f"[pipeline_tui.handlers]\n{lines}")


def write_many(path: str, who: int) -> None:
    """Write 150 lines to a file that others write to as well, and that is rotated all the time."""
    sink = FileSink(Path(path), rotation=Rotation(size=600, keep=500))
    sink.open()
    for number in range(150):
        sink.write([f"writer {who} line {number:03}\n".encode()])
