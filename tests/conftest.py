"""What every test gets: no keys, no real state folder, no network but loopback, and the recorded traffic."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
PROVIDER_VARIABLES = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "CEREBRAS_API_KEY",
    "DEEPSEEK_API_KEY",
    "FIREWORKS_API_KEY",
    "GEMINI_API_KEY",
    "GEMINI_BASE_URL",
    "GOOGLE_API_KEY",
    "GROQ_API_KEY",
    "MISTRAL_API_KEY",
    "OLLAMA_HOST",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENROUTER_API_KEY",
    "PERPLEXITY_API_KEY",
    "TOGETHER_API_KEY",
    "XAI_API_KEY",
)
DISPLAY_VARIABLES = ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_COLOR_SYSTEM", "COLORTERM", "FORCE_COLOR")


def pytest_configure() -> None:
    """A suite that a script starts in the background ignores Ctrl-C; the programs that it tests must not."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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
def clean_environment(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No key of the developer's is used, no state of theirs touched, no setting of theirs drawn."""
    if request.node.get_closest_marker("live") is None:
        for name in PROVIDER_VARIABLES:
            monkeypatch.delenv(name, raising=False)
    for name in (*DISPLAY_VARIABLES, "TEST_MODE", "PIPELINE_STREAM_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIPELINE_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture(autouse=True)
def loopback_only(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to anything but this machine, or a look-up of its name, fails the test (`live` lifts it)."""
    if request.node.get_closest_marker("live") is not None:
        return
    real_connect = socket.socket.connect
    real_connect_ex = socket.socket.connect_ex

    def check(address: object) -> None:
        host = address[0] if isinstance(address, tuple) else None
        if isinstance(host, str) and not _is_loopback(host):
            msg = f"a test tried to reach {host}: only loopback is allowed"
            raise AssertionError(msg)

    def connect(self: socket.socket, address: object) -> None:
        check(address)
        real_connect(self, address)

    def connect_ex(self: socket.socket, address: object) -> int:
        check(address)
        return real_connect_ex(self, address)

    real_getaddrinfo = socket.getaddrinfo

    def getaddrinfo(host: str | bytes | None, *arguments: object, **options: object) -> object:
        check((host.decode() if isinstance(host, bytes) else host,))
        return real_getaddrinfo(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect_ex)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in {"localhost", "testserver", ""}
