"""Both transports, and certificates that only these tests trust."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
import trustme

from helpers_transport import Certificates, StockOnly
from pipeline_runtime.transport import Transport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's proxies and certificates stay out."""
    for name in (*PROXY_VARIABLES, "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(params=["fast", "stock"])
async def transport(request: pytest.FixtureRequest) -> AsyncIterator[Transport]:
    """Each behaviour that both share is tested on both."""
    async with (Transport if request.param == "fast" else StockOnly)() as opened:
        yield opened


@pytest.fixture
async def fast() -> AsyncIterator[Transport]:
    async with Transport() as opened:
        yield opened


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    authority = trustme.CA()
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    file = tmp_path_factory.mktemp("trust") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return Certificates(authority, server, client, file)
