"""What all dialogs share: help and Esc, although the app's own keys do not reach a modal screen."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer | None], Generic[Answer]):
    """A modal screen that answers `None` on Esc."""

    CSS_PATH = "../styles/dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", tooltip="Close without doing anything"),
        Binding("f1", "app.help", "Help", show=False, tooltip="Every key that works here"),
    ]

    def action_close(self) -> None:
        """Leave without an answer."""
        self.dismiss(None)


class FormDialog(Dialog[Answer]):
    """A dialog with several fields, to go between by Tab and by the arrows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # priority: handled before the keys behind it are handed on, which belong in the field that it goes to
        Binding("tab", "app.focus_next", "Next field", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", "Previous field", show=False, priority=True),
        Binding("down", "app.focus_next", "Next field", show=False),
        Binding("up", "app.focus_previous", "Previous field", show=False),
    ]
