from __future__ import annotations

from pathlib import Path

import pytest

from helpers_cli import FLOWS


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    """A folder of workflow files."""
    folder = tmp_path / "flows"
    folder.mkdir()
    for name, text in FLOWS.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder
