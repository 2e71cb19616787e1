"""`tap`: serve until Ctrl-C, and print what goes through: lines for each request, or events as JSON."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from typing import TYPE_CHECKING, TextIO

from pipeline_runtime.cli.exits import OK
from pipeline_runtime.cli.printing import JsonPrinter
from pipeline_runtime.errors import InputError
from pipeline_runtime.events import Done, Error, ResponseOpened, RunFinished, RunStarted, StepStarted
from pipeline_runtime.sanitise import sanitise_line
from pipeline_runtime.tap.server import TapServer
from pipeline_runtime.wording import counted, summarise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.events import AnyEvent, Response
    from pipeline_runtime.tap.run import TapRun

SHOWN = (("openai", "/v1"), ("anthropic", ""), ("gemini", ""), ("ollama", ""))
ENDS = (signal.SIGINT, signal.SIGTERM)


class TapCommand:
    """One `pipeline-tui tap`."""

    def __init__(self, port: int, upstreams: Sequence[str], *, as_json: bool) -> None:
        """Read the arguments.

        Raises:
            InputError: An upstream is given twice, or is no base URL.
        """
        single, named = read_upstreams(upstreams)
        self._tap = TapServer(port=port, upstream=single, named=named)
        self._printer = JsonPrinter() if as_json else LinePrinter()
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
        return OK

    async def _watch(self, run: TapRun) -> None:
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
            case StepStarted():
                form = "stream" if event.stream else "sync"
                asked = self._asked.pop(event.run, "")
                whom = f"{event.provider} {event.model} ({event.protocol}, {form})"
                return f"#{self._number(event)} {asked} → {whom}"
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


def read_upstreams(given: Sequence[str]) -> tuple[str | None, dict[str, str]]:
    """`URL` for everything, or `NAME=URL` words.

    Raises:
        InputError: Something is given twice.
    """
    single: str | None = None
    named: dict[str, str] = {}
    for word in given:
        name, equals, url = word.partition("=")
        is_named = bool(equals) and "/" not in name and ":" not in name
        if (is_named and name in named) or (not is_named and single is not None):
            raise InputError(f"--upstream {word}: it is given twice", cure="give each once")
        if is_named:
            named[name] = url
        else:
            single = word
    return single, named


def describe(tap: TapServer) -> list[str]:
    """What to point a client at."""
    if tap.router.single is not None:
        upstream = tap.router.single
        return [
            f"The tap listens. Base URL: {tap.base_url()}{upstream.base_path}",
            f"It stands for {upstream.address.base}{upstream.base_path}",
            "Keys pass through; they are never kept or shown. Ctrl-C ends it.",
        ]
    return [
        "The tap listens. Base URLs:",
        *(f"  {name:<11}{tap.base_url(name)}{path}" for name, path in SHOWN),
        f"  any other  {tap.base_url()}/https/HOST",
        "Keys pass through; they are never kept or shown. Ctrl-C ends it.",
    ]
