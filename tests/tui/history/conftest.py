"""The History screen in the app, on logs of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpers_history import record
from helpers_shell import FILES, Shell

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A folder of workflows."""
    return Shell(tmp_path / "flows").write(FILES)


@pytest.fixture
def logs() -> dict[str, Path]:
    """Four runs: one of two steps, one that stalled, one that failed, one that was killed."""
    return {
        "draft": record("draft", 3, inputs={"topic": "late trains"}),
        "review": record("review", 90, steps={"read": "It is about tea.", "judge": "Too long by half."}),
        "stalled": record("stalled", 60 * 30, pause=(3, 3_000), status="failed"),
        "killed": record("killed", 60 * 24 * 9, status=None),
    }
