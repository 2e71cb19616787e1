"""One line each for what goes on in the background: runs, the tap; not there when there is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from pipeline_tui.text.sanitise import sanitise_line

if TYPE_CHECKING:
    from collections.abc import Sequence


class BackgroundBar(Static):
    """A line that a click opens."""

    DEFAULT_CSS = """
    BackgroundBar {
        display: none;
        height: 1;
        padding: 0 1;
        background: $primary-muted;
        color: $text-primary;
    }
    """

    def say(self, line: str | None) -> None:
        """Show a line; `None` hides the bar."""
        self.display = line is not None
        if line is not None:
            self.update(Content(sanitise_line(line)), layout=False)


class RunsBar(BackgroundBar):
    """The first run's state and how many more there are; a click opens them."""

    class Pressed(Message):
        """The runs shall be shown."""

    def show(self, lines: Sequence[str]) -> None:
        """Show the state of these runs; no line hides the bar."""
        more = f"  and {len(lines) - 1} more" if len(lines) > 1 else ""
        self.say(f"{lines[0]}{more}  (w opens)" if lines else None)

    def on_click(self) -> None:
        """Open them."""
        self.post_message(self.Pressed())


class TapBar(BackgroundBar):
    """That the tap is on; a click opens its screen."""

    class Pressed(Message):
        """The tap shall be shown."""

    def show(self, line: str | None) -> None:
        """Show how the tap stands; `None`: it is off."""
        self.say(f"{line}  (t opens)" if line is not None else None)

    def on_click(self) -> None:
        """Open it."""
        self.post_message(self.Pressed())
