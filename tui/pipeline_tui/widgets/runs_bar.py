"""One line for the runs in the background; not there when there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from pipeline_tui.text.sanitise import sanitise_line

if TYPE_CHECKING:
    from collections.abc import Sequence


class RunsBar(Static):
    """The first run's state and how many more there are; a click opens them."""

    DEFAULT_CSS = """
    RunsBar { display: none; height: 1; padding: 0 1; background: $primary-muted; color: $text-primary; }
    """

    class Pressed(Message):
        """The runs shall be shown."""

    def show(self, lines: Sequence[str]) -> None:
        """Show the state of these runs; no line hides the bar."""
        self.display = bool(lines)
        if not lines:
            return
        more = f"  and {len(lines) - 1} more" if len(lines) > 1 else ""
        self.update(Content(f"{sanitise_line(lines[0])}{more}  (w opens)"), layout=False)

    def on_click(self) -> None:
        """Open them."""
        self.post_message(self.Pressed())
