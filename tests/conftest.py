"""What every test gets: no keys, no real state folder, and the recorded traffic.

That no test leaves loopback is the plugin's doing: `pipeline_offline` in pyproject.toml.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", settings.get_profile("steady"), derandomize=False, max_examples=1000)
settings.load_profile("steady")  # what passes once passes always, however slow the machine

REPOSITORY = Path(__file__).resolve().parent.parent
STREAMING_FOLDERS = ("handlers", "replay", "debugging", "compare")
"""Folders of tests/runtime that belong to the streaming suite as a whole; elsewhere tests say so themselves."""
DISPLAY_VARIABLES = ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_COLOR_SYSTEM", "COLORTERM", "FORCE_COLOR")


def pytest_configure() -> None:
    """A suite that a script starts in the background ignores Ctrl-C; the programs that it tests must not."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before `-m streaming` chooses: the handlers that the guide is about are of the suite, all of them."""
    folders = [REPOSITORY / "tests" / "runtime" / name for name in STREAMING_FOLDERS]
    for item in items:
        if any(folder in item.path.parents for folder in folders):
            item.add_marker("streaming")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def wire_corpus() -> Path:
    """The folder of recorded provider traffic; the test is skipped where it is absent."""
    folder = Path(os.environ.get("PIPELINE_WIRE_CORPUS") or REPOSITORY.parent / "shared" / "wire")
    if not (folder / "INDEX.tsv").is_file():
        pytest.skip("no recorded traffic here: set PIPELINE_WIRE_CORPUS to its folder")
    return folder


@pytest.fixture(autouse=True)
def clean_environment(pipeline_state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key of the developer's is used, no state of theirs touched, no setting of theirs drawn."""
    for name in DISPLAY_VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is too busy to go on with a handler does not make it one that blocks."""
    from pipeline_runtime.handlers import blocking, runner

    for module in (blocking, runner):
        monkeypatch.setattr(module, "LIMIT", 60_000_000_000)
