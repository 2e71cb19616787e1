"""One step on the run screen: its header, one line for each attempt that is over, and the live answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical, VerticalScroll
from textual.geometry import NULL_SIZE
from textual.reactive import Reactive

from pipeline_runtime.events import AttemptStarted, Delta, Error
from pipeline_tui.text.ending import markdown_ending
from pipeline_tui.text.sanitise import sanitise
from pipeline_tui.widgets.live_pane import LivePane
from pipeline_tui.widgets.pane_header import PaneHeader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import ComposeResult
    from textual.geometry import Size
    from textual.widget import Widget
    from textual.widgets import Markdown

    from pipeline_runtime.events import AnyEvent
    from pipeline_tui.views.pane_view import PaneView

MARKDOWN_MOST = 20_000
"""Characters that are rendered as Markdown, the last ones; while an answer grows, until it has so many."""
MARKDOWN_LINES = 300
"""Lines that are rendered: each item of a list is a widget, or several."""


class StepPane(Vertical):
    """A step's pane. `feed` takes its events; nothing of Textual runs for a delta."""

    virtual_size: Reactive[Size] = Reactive(NULL_SIZE, repaint=False)
    """As Textual's, but no reason for another layout: what is in the pane fills it."""

    def __init__(self, view: PaneView, *, takes_focus: bool) -> None:
        super().__init__()
        self.view = view
        self.takes_focus = takes_focus
        """Whether it takes the keys as soon as it is there, if nothing else has them."""
        self.header = PaneHeader(view)
        self.live = LivePane()
        self.markdown_on = False
        self._scroll: VerticalScroll | None = None
        self._markdown: Markdown | None = None
        self._rendering = False
        self._rendered = (-1, -1)
        self._now: int | None = None

    def compose(self) -> ComposeResult:
        """The header above the answer."""
        yield self.header
        yield self.live

    def on_mount(self) -> None:
        """The first pane takes the keys."""
        if self.takes_focus and self.screen.focused is None:
            self.live.focus()

    def on_click(self) -> None:
        """A click anywhere on the pane gives it the keys."""
        self.focus_target.focus()

    def feed(self, event: AnyEvent) -> None:
        """Show one event of the step; its view has taken it in already."""
        if isinstance(event, Delta):
            self.live.feed(event)
        elif isinstance(event, AttemptStarted) and self.view.earlier and event.why != "resume":
            self.live.restart()
        elif isinstance(event, Error) and not event.fatal:  # what is fatal stands in the header
            self._show_error(event)

    def _show_error(self, error: Error) -> None:
        text = error.message + (f"\n→ {error.cure}" if error.cure else "")
        self.live.feed_error(error.type, text)

    def show(self, view: PaneView, content: Iterable[Delta | Error]) -> None:
        """Show another state of the step instead: what has been told of it, and what it has brought."""
        self.view = self.header.view = view
        self.live.restart()
        for part in content:
            if isinstance(part, Delta):
                self.live.feed(part)
            else:
                self._show_error(part)

    def refresh_header(self, now: int) -> None:
        """Show the state at `now`, ns since the run began."""
        self._now = now
        self.header.update_at(now, focused=self.has_focus_within, pane=self.size)

    def show_focus(self) -> None:
        """Say whether this pane has the keys; nothing else is told anew."""
        if self._now is not None:
            self.refresh_header(self._now)

    def on_resize(self) -> None:
        """The header's lines depend on the pane's size, also when nothing else changes any more."""
        self.show_focus()

    async def turn_choice(self, step: int) -> None:
        """Show the next of several choices, or the previous one."""
        self.live.show_choice(self.view.turn_choice(step))
        await self.refresh_markdown()

    @property
    def focus_target(self) -> Widget:
        """What takes the keys: the live answer, or the Markdown when it is shown."""
        return self._scroll if self.markdown_on and self._scroll is not None else self.live

    async def toggle_markdown(self) -> None:
        """Switch between raw text and rendered Markdown."""
        focused = self.has_focus_within
        self.markdown_on = not self.markdown_on
        self.live.display = not self.markdown_on
        if self._scroll is None:
            from textual.widgets import Markdown  # noqa: PLC0415 - its parser is slow to load, and rarely used

            self._markdown = Markdown(open_links=False)
            self._scroll = VerticalScroll(self._markdown, classes="step-pane--markdown")
            await self.mount(self._scroll)
        self._scroll.display = self.markdown_on
        if focused:
            self.focus_target.focus()
        await self.refresh_markdown()

    async def refresh_markdown(self) -> None:
        """Render the answer so far, when Markdown is shown and there is more of it."""
        markdown = self._markdown
        if self._rendering or not self.markdown_on or markdown is None or not markdown.is_mounted:
            return
        self._rendering = True
        try:
            await self._render_answer(markdown)
            if self.view.ended:
                await self._render_answer(markdown)  # for what came while the first one was under way
        finally:
            self._rendering = False

    async def _render_answer(self, markdown: Markdown) -> None:
        text = self.live.answer()
        state = (self.view.choice, len(text))
        too_long = len(text) > MARKDOWN_MOST and not self.view.ended
        if state == self._rendered or (too_long and self._rendered[0] == self.view.choice):
            return
        self._rendered = state
        await markdown.update(sanitise(markdown_ending(text, MARKDOWN_MOST, MARKDOWN_LINES)))
