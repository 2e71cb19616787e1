"""A run screen on a scripted run behind a gate, with its keys pressed and its frames drawn by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from helpers_debugger import GatedRun
from helpers_tui import Script

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def source(script: Script) -> GatedRun:
    return GatedRun(script)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A state folder of its own."""
    monkeypatch.setenv("PIPELINE_STATE_DIR", str(tmp_path / "state"))
