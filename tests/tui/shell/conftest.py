from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpers_shell import FILES, Shell

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A folder with four workflows, one of them broken."""
    return Shell(tmp_path / "flows").write(FILES)
