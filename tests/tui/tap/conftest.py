"""The Tap screen in the app; no proxy of the developer's, nothing left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpers_shell import FILES, Shell

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A folder of workflows."""
    return Shell(tmp_path / "flows").write(FILES)
