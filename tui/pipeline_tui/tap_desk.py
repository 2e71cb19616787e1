"""Keeps the tap of the UI: on or off, its requests, and what is told of it while its screen is not shown."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from pipeline_tui.debugging import debugging_for_run, debugging_of, keep
from pipeline_tui.fault_list import FaultList
from pipeline_tui.taps import TAP, TapEntry, TapOptions
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.typed import typed_in
from pipeline_tui.views.tap_words import bar_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

    from pipeline_runtime.debugging import Breakpoint, Gate
    from pipeline_runtime.errors import PipelineError
    from pipeline_runtime.tap import BaseUrl, TapServer
    from pipeline_tui.debugging import Debugging

HELD = "type:attempt_started"
"""The breakpoint that holds every request back before it is sent on."""
SOON = 0.05
"""Seconds until a change is shown."""
ENDED_KEPT = 200
"""Ended requests that are listed; older ones are in the history."""


class TapDesk:
    """What the app does about the tap. Requests go on, and are taken in, whatever screen is shown."""

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool,
        on_change: Callable[[], None],
        clock: Callable[[], int] = monotonic_ns,
    ) -> None:
        self.entries: list[TapEntry] = []
        """The newest last."""
        self.total = 0
        """Requests of this session."""
        self.refused = 0
        """Requests of this session that went nowhere."""
        self.options = TapOptions()
        """How it was started last, or will be."""
        self._app = app
        self._debug = debug
        self._on_change = on_change
        self._clock = clock
        self.faults = FaultList(typed=typed_in(app, "faults"))
        """What goes wrong on purpose, from the next request on."""
        self._tap: TapServer | None = None
        self._changing = asyncio.Lock()
        self._news: asyncio.TimerHandle | None = None
        self._over = False

    # --- on and off ---------------------------------------------------------------------------------------

    @property
    def port(self) -> int | None:
        """Where it listens; `None`: it is off."""
        return self._tap.port if self._tap is not None else None

    @property
    def urls(self) -> list[BaseUrl]:
        """What clients are to be pointed at; none while it is off."""
        from pipeline_runtime.tap import base_urls  # noqa: PLC0415 - not before the first paint

        return base_urls(self._tap) if self._tap is not None else []

    async def start(self, options: TapOptions) -> None:
        """Listen; one that is on is closed, with its requests.

        Raises:
            InputError: An upstream is no base URL, or the port is taken.
            ExpressionError: A breakpoint cannot be read.
        """
        debugging = await debugging_for_run(self._app, TAP)
        for expression in options.breaks:
            debugging.breakpoints.add(expression)
        async with self._changing:
            options = replace(options, faults=tuple(self.faults))
            tap = await asyncio.to_thread(make_tap, options, debugging.gate, self._tell_refused)
            if options.port and options.port == self.port:
                await self._close()
            await tap.start()
            before, self._tap = self._tap, tap  # at once: who waits here may be cancelled
            self.options = TapOptions(tap.port, options.upstreams)  # started again, it keeps its port
            self._app.run_worker(self._follow(tap), group="tap")
            if before is not None:
                await before.close()
        self._changed()

    async def stop(self) -> None:
        """Stop listening; requests that are open are closed on both sides."""
        async with self._changing:
            await self._close()
        self._changed()

    async def end(self) -> None:
        """The app ends: close everything, and tell nobody."""
        self._over = True
        await self._close()

    async def _close(self) -> None:
        tap, self._tap = self._tap, None
        if tap is not None:
            await tap.close()

    # --- requests -----------------------------------------------------------------------------------------

    @property
    def going(self) -> list[TapEntry]:
        """Requests that have not ended."""
        return [entry for entry in self.entries if entry.going]

    @property
    def stopped(self) -> list[TapEntry]:
        """Requests that stand at their gate."""
        return [entry for entry in self.entries if entry.stop is not None]

    def bar(self) -> str | None:
        """What other screens say of it; `None` while it is off."""
        if self._tap is None:
            return None
        return bar_text(
            self._tap.port, self.total, len(self.going), len(self.stopped), faults=bool(self._tap.faults)
        )

    def of(self, run: str) -> TapEntry | None:
        """The request whose run has this id."""
        return next((entry for entry in self.entries if entry.run.id == run), None)

    def resume_all(self) -> None:
        """Let all requests that are stopped go on, to their next breakpoints."""
        for entry in self.stopped:
            if entry.run.gate is not None:
                entry.run.gate.resume()

    async def _follow(self, tap: TapServer) -> None:
        async with asyncio.TaskGroup() as group:
            async for run in tap.runs():
                self.total += 1
                entry = TapEntry(self.total, run, self._clock)
                self.entries.append(entry)
                self._forget_old()
                group.create_task(self._attend(entry), name=f"follow {run.id}")

    async def _attend(self, entry: TapEntry) -> None:
        gate = entry.run.gate
        leave = gate.listen(lambda: self._gate_moved(entry)) if gate is not None else None
        self._gate_moved(entry)  # it may stand at a breakpoint already
        await entry.follow()
        if leave is not None:
            leave()
        self._changed()

    def _tell_refused(self, asked: str, error: PipelineError) -> None:
        self.refused += 1
        text = f"{asked}: {error.message}. The client was told; its base URL should be one of the tap's (t)"
        self._app.notify(sanitise_line(text), title="TAP", severity="warning", markup=False)
        self._changed()

    def _forget_old(self) -> None:
        ended = [entry for entry in self.entries if not entry.going]
        old = ended[: max(0, len(ended) - ENDED_KEPT)]
        self.entries = [entry for entry in self.entries if entry not in old]

    # --- breakpoints --------------------------------------------------------------------------------------

    @property
    def debugging(self) -> Debugging:
        """What stops the tap's requests."""
        return debugging_of(self._app, TAP)

    @property
    def holds_requests(self) -> bool:
        """Every request is held back before it is sent on."""
        return any(point.enabled for point in self._holding())

    def hold_requests(self) -> None:
        """Hold every request back from now on, or no longer."""
        holding = self._holding()
        if self.holds_requests:
            for point in holding:
                point.enabled = False
        else:
            self.debugging.breakpoints.add(HELD)
        keep(self._app, self.debugging)
        self._changed()

    def _holding(self) -> list[Breakpoint]:
        return [point for point in self.debugging.breakpoints if point.expression.text == HELD]

    # --- faults -------------------------------------------------------------------------------------------

    def add_fault(self, text: str) -> None:
        """Have another one, from the next request on; `text` is one."""
        self.faults.add(text)
        self._use_faults()

    def remove_fault(self, at: int) -> None:
        """Have one no longer; `at`: its place, from 0."""
        self.faults.remove(at)
        self._use_faults()

    def _use_faults(self) -> None:
        if self._tap is not None:
            self._tap.faults = tuple(self.faults)
        self._changed()

    def _gate_moved(self, entry: TapEntry) -> None:
        gate = entry.run.gate
        hit = gate.hit if gate is not None else None
        if hit is not None and hit is not entry.hit:
            self._tell_stopped(entry, sanitise_line(f"breakpoint #{hit.number}: {hit.expression}"))
        if hit is not entry.hit and self.debugging.unkept:  # one that stops once has turned itself off
            keep(self._app, self.debugging)
        entry.hit = hit
        self._changed()

    def _tell_stopped(self, entry: TapEntry, where: str) -> None:
        """Unless it is seen anyway, in the list or on its own screen, or others that stand were told."""
        from pipeline_tui.screens.tap import TapScreen  # noqa: PLC0415 - there is a tap: it is loaded
        from pipeline_tui.screens.tapped import TappedScreen  # noqa: PLC0415

        shown = self._app.screen_stack
        its_own = any(isinstance(screen, TappedScreen) and screen.source is entry.run for screen in shown)
        others = any(other.hit is not None for other in self.going if other is not entry)
        if shown and not its_own and not others and not isinstance(shown[-1], TapScreen):
            text = f"The request {entry.title} stopped at {where}"
            self._app.notify(text, title="BREAK", severity="warning", markup=False)

    # --- its screens --------------------------------------------------------------------------------------

    def show(self, options: TapOptions | None = None) -> None:
        """Show the list of requests; with `options`, start listening."""
        from pipeline_tui.screens.tap import TapScreen  # noqa: PLC0415 - not before the first paint

        if options is not None:
            self.options = options
            for fault in options.faults:
                self.faults.add(fault)
        self._app.push_screen(TapScreen(self, starts=options is not None))

    async def open(self, entry: TapEntry) -> None:
        """Show the run of a request: panes, frames, debugger. Leaving it leaves the request going."""
        from pipeline_tui.screens.tapped import TappedScreen  # noqa: PLC0415 - not before it is asked for

        log = entry.run.log_path
        if log is None or not await asyncio.to_thread(log.exists):
            why = "it could not be recorded" if log is None else "its run log was deleted"
            self._app.notify(f"{entry.title} cannot be opened: {why}", severity="warning", markup=False)
            return
        await self._app.push_screen(TappedScreen(entry.run, title=f"tap {entry.title}", debug=self._debug))

    def _changed(self) -> None:
        """Have it told, a little later: many requests may change at once."""
        if self._news is None and not self._over:
            self._news = asyncio.get_running_loop().call_later(SOON, self._tell_changed)

    def _tell_changed(self) -> None:
        self._news = None
        if not self._over:
            self._on_change()


def make_tap(
    options: TapOptions,
    make_gate: Callable[[], Gate] | None = None,
    on_refused: Callable[[str, PipelineError], None] | None = None,
) -> TapServer:
    """A tap that does not listen yet. Blocks: its modules are loaded.

    Raises:
        InputError: An upstream is no base URL, or given twice; or a fault is none.
    """
    from pipeline_runtime.tap import TapServer, read_upstreams  # noqa: PLC0415 - httpx: when it is needed

    single, named = read_upstreams(options.upstreams)
    return TapServer(
        port=options.port,
        upstream=single,
        named=named,
        make_gate=make_gate,
        faults=options.faults,
        on_refused=on_refused,
    )
