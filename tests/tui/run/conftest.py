"""The run screen, alone in an app, fed by a script."""

from __future__ import annotations

import pytest

from helpers_tui import Script, ScriptedRun


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def source(script: Script) -> ScriptedRun:
    return ScriptedRun(script)
