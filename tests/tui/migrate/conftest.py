from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpers_migrate_screen import LEGACY
from helpers_shell import Shell

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A folder with two legacy files, one of today, and one that cannot be read."""
    return Shell(tmp_path / "flows").write(LEGACY)
