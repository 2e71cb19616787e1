"""The keys that work now, in one line: drawn as Textual's footer, at a hundredth of its cost.

The footer removes and mounts a widget for each key whenever the focus moves, 40 ms beside 16 panes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len

from pipeline_tui.frame_gate import gate_of
from pipeline_tui.widgets.status_lines import StatusLines

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.style import Style
    from textual import events
    from textual.binding import Binding
    from textual.screen import Screen

    from pipeline_tui.widgets.status_lines import Part

_KEY = "key-bar--key"
_WORDS = "key-bar--words"
_OFF = "key-bar--off"


class KeyBar(StatusLines):
    """The bindings that are to be shown, in the order of the screen's; a click presses the key."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {_KEY, _WORDS, _OFF}
    DEFAULT_CSS = """
    KeyBar {
        dock: bottom;
        height: 1;
        color: $footer-foreground;
        background: $footer-background;
        & > .key-bar--key {
            color: $footer-key-foreground;
            background: $footer-key-background;
            text-style: bold;
        }
        & > .key-bar--words { color: $footer-description-foreground; }
        & > .key-bar--off { color: $footer-description-foreground; text-style: dim; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._ends: list[tuple[int, str]] = []
        self.chosen: Callable[[Binding], bool] = lambda binding: binding.show
        """Which of the bindings that work now are shown."""
        self._due = False

    def on_mount(self) -> None:
        """Follow the screen's bindings."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed, immediate=True)
        self.flush()

    def on_resize(self) -> None:
        """What is chosen may depend on the room."""
        self.flush()

    def on_unmount(self) -> None:
        """Leave the gate."""
        gate_of(self.app).forget(self)

    def flush(self) -> None:
        """Show the keys as they are now."""
        shown: dict[str, tuple[Binding, bool]] = {}
        for _, binding, enabled, _ in self.screen.active_bindings.values():
            if self.chosen(binding):
                shown.setdefault(binding.action, (binding, enabled))
        parts: list[Part] = []
        self._ends, end = [], 0
        for binding, enabled in shown.values():
            key = self.app.get_key_display(binding)
            words = f" {binding.description}"
            parts += [(key, _KEY if enabled else _OFF), (words, _WORDS if enabled else _OFF), (" ", "")]
            end += cell_len(key) + cell_len(words) + 1
            self._ends.append((end, binding.key))
        self.show_lines([tuple(parts)])

    def _base_style(self) -> Style:
        """Nothing but blanks is drawn in it."""
        return super()._base_style().background_style

    def _changed(self, screen: Screen[object]) -> None:
        """Show them anew, once all that a key does is done: Textual tells of a focus that moved twice."""
        if not self._due:
            self._due = True
            screen.call_after_refresh(self.call_next, self._renew)

    def _renew(self) -> None:
        self._due = False
        gate_of(self.app).at_once(self)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Press the key that was clicked."""
        key = next((key for end, key in self._ends if event.x < end), None)
        if key is not None:
            self.app.simulate_key(key)
