"""`tap`: serve until Ctrl-C, and print what goes through: lines for each request, or events as JSON."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from typing import TYPE_CHECKING, TextIO

from pipeline_runtime.cli.exits import OK
from pipeline_runtime.cli.printing import JsonPrinter
from pipeline_runtime.events import Done, Error, ResponseOpened, RunFinished, RunStarted, StepStarted
from pipeline_runtime.sanitise import sanitise_line
from pipeline_runtime.tap.pointing import base_urls, read_upstreams
from pipeline_runtime.tap.server import TapServer
from pipeline_runtime.wording import counted, summarise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.cli.breaking import Stops
    from pipeline_runtime.errors import PipelineError
    from pipeline_runtime.events import AnyEvent, Response
    from pipeline_runtime.tap.run import TapRun

ENDS = (signal.SIGINT, signal.SIGTERM)


class TapCommand:
    """One `pipeline-tui tap`."""

    def __init__(
        self,
        port: int,
        upstreams: Sequence[str],
        *,
        as_json: bool,
        stops: Stops | None = None,
        faults: Sequence[str] = (),
    ) -> None:
        """Read the arguments; with `stops`, standard output has their states, and lines are notes.

        Raises:
            InputError: An upstream is given twice, or is no base URL; or a fault is none.
        """
        single, named = read_upstreams(upstreams)
        make_gate = stops.make_gate if stops is not None else None
        self._tap = TapServer(
            port=port,
            upstream=single,
            named=named,
            make_gate=make_gate,
            faults=faults,
            on_refused=_tell_refused,
        )
        lines = sys.stdout if stops is None else sys.stderr
        self._printer = JsonPrinter() if as_json else LinePrinter(lines)
        self._stops = stops
        self._printing = asyncio.Lock()
        self._closing: asyncio.Task[None] | None = None

    def execute(self) -> int:
        """Serve.

        Raises:
            InputError: The port is taken.
            OSError: Our output cannot be written.
        """
        return asyncio.run(self._serve())

    async def _serve(self) -> int:
        loop = asyncio.get_running_loop()
        for number in ENDS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                with contextlib.suppress(NotImplementedError):
                    loop.add_signal_handler(number, self._end, number)
        failure: BaseException | None = None
        async with self._tap:
            sys.stderr.write("".join(f"{line}\n" for line in describe(self._tap)))
            sys.stderr.flush()
            try:
                async with asyncio.TaskGroup() as group:
                    async for run in self._tap.runs():
                        group.create_task(self._watch(run), name=f"print {run.id}")
            except* OSError as failures:
                failure = failures.exceptions[0]
        if failure is not None:
            raise failure
        if self._stops is not None:
            self._stops.say_if_never()
        return OK

    async def _watch(self, run: TapRun) -> None:
        if self._stops is None:
            await self._print(run)
            return
        async with self._stops.attending(run):
            await self._print(run)
        if self._stops.has_ended:
            await self._tap.close()

    async def _print(self, run: TapRun) -> None:
        async for batch in run.batches():
            async with self._printing:
                await asyncio.to_thread(self._printer.take, batch)

    def _end(self, number: signal.Signals) -> None:
        """First Ctrl-C: close everything and tell it. A second one ends the process at once."""
        loop = asyncio.get_running_loop()
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_DFL)
        self._closing = loop.create_task(self._tap.close(), name="tap close")


class LinePrinter:
    """A line when a request begins, and one when it is over."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._numbers: dict[str, int] = {}
        self._asked: dict[str, str] = {}
        self._faults: dict[str, tuple[str, ...]] = {}
        self._began = 0
        self._status: dict[str, int] = {}

    def take(self, events: Sequence[AnyEvent]) -> None:
        """Write what these events are worth."""
        for event in events:
            line = self._line(event)
            if line is not None:
                self._out.write(f"{sanitise_line(line)}\n")
        self._out.flush()

    def _line(self, event: AnyEvent) -> str | None:
        match event:
            case RunStarted():
                self._began += 1
                self._numbers[event.run] = self._began
                self._asked[event.run] = f"{event.inputs.get('method')} {event.inputs.get('path')}"
                self._faults[event.run] = event.faults
            case StepStarted():
                form = "stream" if event.stream else "sync"
                asked = self._asked.pop(event.run, "")
                whom = f"{event.provider} {event.model} ({event.protocol}, {form})"
                faults = ", ".join(self._faults.pop(event.run, ()))
                broken = f" · faults: {faults}" if faults else ""
                return f"#{self._number(event)} {asked} → {whom}{broken}"
            case ResponseOpened():
                self._status[event.run] = event.status
            case Done():
                return f"#{self._number(event)} {self._status.pop(event.run, 0)} {told(event.response)}"
            case Error() if event.fatal and event.step is not None:
                return self._failed(event)
            case RunFinished():
                self._status.pop(event.run, None)
                self._numbers.pop(event.run, None)
        return None

    def _failed(self, event: Error) -> str:
        status = self._status.pop(event.run, None)
        partial = f" · {told(event.response)}" if event.response is not None else ""
        return (
            f"#{self._number(event)} {status or '---'} {event.type}: {event.message}{partial} ({event.cure})"
        )

    def _number(self, event: AnyEvent) -> int:
        return self._numbers.get(event.run, 0)


def told(response: Response) -> str:
    """An answer's delivery, times and stalls in one line."""
    return f"{summarise(response)} · {counted(response.timings.deltas, 'delta')}"


def describe(tap: TapServer) -> list[str]:
    """What to point a client at."""
    urls = base_urls(tap)
    if len(urls) == 1:
        head = [f"The tap listens. Base URL: {urls[0].url}", f"It stands for {urls[0].stands_for}"]
    else:
        head = ["The tap listens. Set, for your program:", *(f"  {one.setting}" for one in urls[:-1])]
        head.append(f"  any other: {urls[-1].url}")
    if tap.faults:
        head.append(f"Faults are injected into what clients get: {', '.join(tap.faults)}")
    return [*head, "Keys pass through; they are never kept or shown. Ctrl-C ends it."]


def _tell_refused(asked: str, error: PipelineError) -> None:
    cure = f" ({error.cure})" if error.cure not in str(error) else ""
    sys.stderr.write(f"{sanitise_line(f'refused: {asked}: {error}{cure}')}\n")
    sys.stderr.flush()
