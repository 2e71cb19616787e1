"""What the runs of one workflow share for debugging: breakpoints, watches, and what was typed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.typed import remember, typed_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

    from pipeline_runtime.debugging import Breakpoint, Gate, Kept


class Debugging:
    """One for each workflow, so that a breakpoint stops its next run too; kept from session to session."""

    def __init__(self, workflow: str = "", typed: list[str] | None = None) -> None:
        """Begin with none.

        Args:
            workflow: The path of its file, or a name for what has none; empty: nothing is kept.
            typed: What was entered so far, for whichever workflow, the newest last.
        """
        from pipeline_runtime.debugging import Breakpoints, Kept  # noqa: PLC0415 - not before the first paint

        self.workflow = workflow
        self.breakpoints = Breakpoints()
        self.watches: list[str] = []
        self.typed = [] if typed is None else typed
        self.settled = False
        """What is kept was read."""
        self._base: Kept = Kept()
        self._settling = asyncio.Lock()

    @property
    def name(self) -> str:
        """The workflow's file, without its folder."""
        return Path(self.workflow).name

    def gate(self) -> Gate:
        """A gate for a new run."""
        from pipeline_runtime.debugging import Gate  # noqa: PLC0415 - not before the first paint

        return Gate(breakpoints=self.breakpoints)

    def remember(self, text: str) -> None:
        """Keep what was typed."""
        remember(self.typed, text)

    # --- what outlives the session

    @property
    def unkept(self) -> bool:
        """Something was changed since it was kept."""
        now, base = self._now(), self._base
        same = set(now.breakpoints) == set(base.breakpoints) and set(now.watches) == set(base.watches)
        return bool(self.workflow) and not same

    async def settle(self) -> None:
        """Keep what was changed here, and take over what other processes changed.

        Raises:
            OSError: It cannot be kept.
        """
        from pipeline_runtime.debugging import DebuggingBook, merged  # noqa: PLC0415

        if not self.workflow:
            return
        async with self._settling:
            mine = self._now()
            found = await asyncio.to_thread(DebuggingBook().settle, self.workflow, self._base, mine)
            self._take(merged(mine, self._now(), found))
            self._base = _readable(found)
            self.settled = True

    def _now(self) -> Kept:
        from pipeline_runtime.debugging import Kept, KeptBreakpoint  # noqa: PLC0415

        points = (KeptBreakpoint(one.expression.text, one.enabled, one.once) for one in self.breakpoints)
        return Kept(tuple(points), tuple(self.watches))

    def _take(self, kept: Kept) -> None:
        kept = _readable(kept)
        here: dict[str, Breakpoint] = {one.expression.text: one for one in self.breakpoints}
        wanted = {one.expression: one for one in kept.breakpoints}
        for text in here.keys() - wanted.keys():
            self.breakpoints.remove(here[text])
        for text, one in wanted.items():
            point = here.get(text) or self.breakpoints.add(text)
            point.enabled, point.once = one.enabled, one.once
        self.watches[:] = kept.watches


def _readable(kept: Kept) -> Kept:
    """Without what this version cannot read: it stays in the file."""
    from pipeline_runtime.debugging import Breakpoints, Kept, Watch  # noqa: PLC0415

    return Kept(
        tuple(one for one in kept.breakpoints if _is_right(Breakpoints().add, one.expression)),
        tuple(text for text in kept.watches if _is_right(Watch, text)),
    )


def _is_right(read: Callable[[str], object], text: str) -> bool:
    from pipeline_runtime.errors import PipelineError  # noqa: PLC0415

    try:
        read(text)
    except PipelineError:
        return False
    return True


_debuggings: WeakKeyDictionary[App[Any], dict[str, Debugging]] = WeakKeyDictionary()
"""What was debugged since an app began, by workflow."""


def debugging_of(app: App[Any], workflow: Path | str | None = None) -> Debugging:
    """What the runs of a workflow share in `app`, made when first asked for.

    Args:
        app: The app.
        workflow: The workflow's file, or a name for what has none; `None`: nothing of it is kept.
    """
    known = _debuggings.setdefault(app, {})
    name = str(workflow.absolute()) if isinstance(workflow, Path) else workflow or ""
    name = name.encode("utf-8", "backslashreplace").decode()  # names of files may hold any bytes
    debugging = known.get(name)
    if debugging is None:
        debugging = known[name] = Debugging(name, typed_in(app, "expressions"))
    return debugging


async def debugging_for_run(app: App[Any], workflow: Path | str | None) -> Debugging:
    """What a new run of a workflow shares with those before; says so when it may stop because of that."""
    from pipeline_runtime.wording import counted  # noqa: PLC0415

    debugging = debugging_of(app, workflow)
    first = not debugging.settled
    await _settle(app, debugging)
    on = sum(point.enabled for point in debugging.breakpoints)
    if first and on:
        text = f"{counted(on, 'breakpoint')} kept from before: {debugging.name} may stop (b shows where)"
        app.notify(sanitise_line(text), markup=False)
    return debugging


def keep(app: App[Any], debugging: Debugging, then: Callable[[], None] = lambda: None) -> None:
    """Keep what was changed; `then` is called when that is done."""

    async def settle() -> None:
        await _settle(app, debugging)
        then()

    app.run_worker(settle(), group="debugging")


async def _settle(app: App[Any], debugging: Debugging) -> None:
    try:
        await debugging.settle()
    except OSError as error:
        text = f"Breakpoints and watches cannot be kept: {error.strerror}; they last until you quit"
        app.notify(text, severity="warning", markup=False)
