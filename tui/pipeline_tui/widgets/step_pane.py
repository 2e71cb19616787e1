"""One step on the run screen: its header, one line for each attempt that is over, and the live answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.containers import Vertical, VerticalScroll
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Markdown

from pipeline_runtime.events import AttemptStarted, Delta, Error
from pipeline_tui.text.sanitise import sanitise, sanitise_line
from pipeline_tui.views.format import fit, join
from pipeline_tui.views.pane_view import SIGNS
from pipeline_tui.widgets.live_pane import LivePane

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from pipeline_runtime.events import AnyEvent
    from pipeline_tui.views.pane_view import PaneView

EARLIER_SHOWN = 3
"""Lines for earlier attempts; more are counted in the first of them."""
MARKDOWN_LIVE_LIMIT = 50_000
"""Characters up to which Markdown is rendered while the answer grows: each time all of it."""


class PaneHeader(Widget):
    """Two lines of state, and one for each earlier attempt. Fixed height: it changes without a reflow."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "pane-header--metrics",
        "pane-header--note",
        "pane-header--error",
        "pane-header--badge",
        "pane-header--sync",
        "pane-header--earlier",
    }

    def __init__(self, view: PaneView) -> None:
        super().__init__()
        self.view = view
        self.now = 0
        self._lines: list[tuple[tuple[str, str], ...]] = []

    def update(self, now: int) -> None:
        """Show how things stand at `now` (ns since the run began); draws only when something changed."""
        self.now = now
        self.set_class(isinstance(self.parent, StepPane) and self.parent.has_focus_within, "-focused")
        lines = self._compose_lines()
        if lines == self._lines:
            return
        if len(lines) != len(self._lines):
            self.styles.height = len(lines)
        self._lines = lines
        self.refresh()

    def _compose_lines(self) -> list[tuple[tuple[str, str], ...]]:
        """Each line as (text, component) parts; the component is empty for the plain style."""
        view = self.view
        sign = f"{'▶' if self.has_class('-focused') else ' '}{SIGNS[view.state]}"
        tint = "sync" if view.badge in {"SYNC", "BUFFERED"} else "badge"
        badge = ((f" {view.badge} ", tint), (" ", "")) if view.badge else ()
        head = (
            (f"{sign} {sanitise_line(view.step)} ", ""),
            *badge,
            (join(view.state, view.target), "metrics"),
        )
        note, metrics = view.note(self.now), view.metrics(self.now)
        tone = "error" if view.state in {"failed", "stalled"} else "note"
        second = ((f"  {note}", tone), (f"{' · ' if note and metrics else '  '}{metrics}", "metrics"))
        return [*self._earlier(), head, second if note else second[1:]]

    def _earlier(self) -> list[tuple[tuple[str, str], ...]]:
        earlier = self.view.earlier
        hidden = len(earlier) - EARLIER_SHOWN
        shown = earlier[-EARLIER_SHOWN:]
        if hidden > 0:
            shown = [f"{shown[0]} (+{hidden} before)", *shown[1:]]
        return [((f"  ↳ {line}", "earlier"),) for line in shown]

    def render_line(self, y: int) -> Strip:
        """One line, cut to the width; what is left of it has the header's background."""
        base = self.visual_style.rich_style
        width = self.size.width
        if y >= len(self._lines):
            return Strip.blank(width, base)
        segments: list[Segment] = []
        room = width
        for text, component in self._lines[y]:
            style = self.get_component_rich_style(f"pane-header--{component}") if component else base
            strip = Strip([Segment(text, style)])
            cells = strip.cell_length
            if cells > room:
                segments.append(Segment(fit(text, room), style))
                room = 0
                break
            segments.append(Segment(text, style))
            room -= cells
        return Strip([*segments, Segment(" " * room, base)], width)


class StepPane(Vertical):
    """A step's pane. `feed` takes its events; nothing of Textual runs for a delta."""

    def __init__(self, view: PaneView, *, takes_focus: bool) -> None:
        super().__init__()
        self.view = view
        self.takes_focus = takes_focus
        """Whether it takes the keys as soon as it is there, if nothing else has them."""
        self.header = PaneHeader(view)
        self.live = LivePane()
        self.markdown_on = False
        self._scroll: VerticalScroll | None = None
        self._markdown = Markdown(open_links=False)
        self._rendering = False
        self._rendered = -1

    def compose(self) -> ComposeResult:
        """The header above the answer."""
        yield self.header
        yield self.live

    def on_mount(self) -> None:
        """The first pane takes the keys."""
        if self.takes_focus and self.screen.focused is None:
            self.live.focus()

    def feed(self, event: AnyEvent) -> None:
        """Show one event of the step; its view has taken it in already."""
        if isinstance(event, Delta):
            self.live.feed(event)
        elif isinstance(event, AttemptStarted) and self.view.earlier:
            self.live.restart()
        elif isinstance(event, Error):
            text = event.message + (f"\n→ {event.cure}" if event.cure else "")
            self.live.feed_error(event.type, text)

    def refresh_header(self, now: int) -> None:
        """Show the state at `now`, ns since the run began."""
        self.header.update(now)

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
            self._scroll = VerticalScroll(self._markdown, classes="step-pane--markdown")
            await self.mount(self._scroll)
        self._scroll.display = self.markdown_on
        if focused:
            self.focus_target.focus()
        await self.refresh_markdown()

    async def refresh_markdown(self) -> None:
        """Render the answer so far, when Markdown is shown and there is more of it."""
        if self._rendering or not self.markdown_on or not self._markdown.is_mounted:
            return
        self._rendering = True
        try:
            await self._render_markdown()
            if self.view.ended:
                await self._render_markdown()  # for what came while the first one was under way
        finally:
            self._rendering = False

    async def _render_markdown(self) -> None:
        text = self.live.answer()
        too_long = len(text) > MARKDOWN_LIVE_LIMIT and not self.view.ended
        if len(text) == self._rendered or (too_long and self._rendered >= 0):
            return
        self._rendered = len(text)
        await self._markdown.update(sanitise(text))
