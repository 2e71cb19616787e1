"""What the UI's tests share: no setting of the developer's, nothing that blinks or goes away by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.notifications import Notification
from textual.widgets import Input

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def still_ui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A config folder of its own, no desktop around, and a cursor that stands still."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in (
        "VISUAL",
        "EDITOR",
        "TMUX",
        "STY",
        "SSH_CONNECTION",
        "SSH_TTY",
        "DISPLAY",
        "WAYLAND_DISPLAY",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Input, "cursor_blink", False)
    # Toasts stay: what a test sees must not depend on how fast it looks.
    monkeypatch.setattr(Notification, "time_left", property(lambda _: 3600.0))
