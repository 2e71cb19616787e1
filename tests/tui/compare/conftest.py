"""The Compare screen on logs that grow, and in the app."""

from __future__ import annotations

import fcntl
from typing import TYPE_CHECKING

import pytest

from helpers_compare import LONG, GrowingLog
from helpers_history import record
from helpers_shell import FILES, Shell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A folder of workflows."""
    return Shell(tmp_path / "flows").write(FILES)


@pytest.fixture
def growing() -> Iterator[GrowingLog]:
    """A log that somebody writes: nothing but its first line is there."""
    whole = record("draft", 9, steps={"draft": LONG})
    with whole.with_name("20260314-115100-growing.jsonl").open("w+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield GrowingLog(file, whole)
