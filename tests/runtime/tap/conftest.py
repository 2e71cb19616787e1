"""Counted to the streaming suite; certificates, and nothing left behind."""

from __future__ import annotations

import asyncio
import ssl

import pytest
import trustme

from helpers_transport import Certificates


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/runtime/tap" in item.path.as_posix():
            item.add_marker(pytest.mark.streaming)


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
async def nothing_left():
    """Every task that the test began is over when it ends."""
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    assert [task for task in left if not task.done()] == []


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    authority = trustme.CA()
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    file = tmp_path_factory.mktemp("trust") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return Certificates(authority, server, client, file)
