"""HTTP/2 through stock httpcore, against a server made with h2; skipped where that package is not installed."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from helpers_transport import PATIENT, Certificates, Peer, ask, call, fails, serving
from pipeline_runtime.errors import Disconnected
from pipeline_runtime.transport import Transport

if TYPE_CHECKING:
    import ssl

pytest.importorskip("h2", reason="h2 is not installed: HTTP/2 is optional")

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import StreamEnded


def offering_http2(certificates: Certificates) -> ssl.SSLContext:
    context = certificates.server_for("127.0.0.1")
    context.set_alpn_protocols(["h2"])
    return context


async def requested(peer: Peer, connection: H2Connection) -> int:
    """Wait for a whole request; its stream's number."""
    connection.initiate_connection()
    await peer.send(connection.data_to_send())
    while data := await peer.reader.read(65536):
        events = connection.receive_data(data)
        await peer.send(connection.data_to_send())
        for event in events:
            if isinstance(event, StreamEnded):
                return event.stream_id
    raise EOFError


async def test_a_stream_over_http2(certificates: Certificates) -> None:
    step = asyncio.Event()

    async def script(peer: Peer) -> None:
        connection = H2Connection(H2Configuration(client_side=False))
        stream = await requested(peer, connection)
        connection.send_headers(stream, [(":status", "200"), ("content-type", "text/event-stream")])
        connection.send_data(stream, b"one")
        await peer.send(connection.data_to_send())
        await step.wait()
        connection.send_data(stream, b"two", end_stream=True)
        await peer.send(connection.data_to_send())
        await peer.until_gone()

    async with (
        serving(script, offering_http2(certificates)) as server,
        Transport(verify=certificates.client, http2=True) as transport,
    ):
        epoch = time.monotonic_ns()
        response = await transport.send(ask(server.url()), PATIENT, epoch)
        assert response.http_version == "HTTP/2"
        assert response.headers == (("content-type", "text/event-stream"),)
        chunks = []
        async for chunk in response.chunks():
            chunks.append(chunk)
            step.set()
        await response.aclose()
        assert [(chunk.data, chunk.offset) for chunk in chunks] == [(b"one", 0), (b"two", 3)]
        stamps = [response.sent_at, response.opened_at, *(chunk.at for chunk in chunks)]
        assert stamps == sorted(stamps)


async def test_a_reset_stream_is_a_disconnect(certificates: Certificates) -> None:
    async def script(peer: Peer) -> None:
        connection = H2Connection(H2Configuration(client_side=False))
        stream = await requested(peer, connection)
        connection.send_headers(stream, [(":status", "200")])
        connection.send_data(stream, b"one")
        connection.reset_stream(stream, error_code=2)
        await peer.send(connection.data_to_send())
        await peer.until_gone()

    async with (
        serving(script, offering_http2(certificates)) as server,
        Transport(verify=certificates.client, http2=True) as transport,
    ):
        await fails(Disconnected, call(transport, ask(server.url())), server.name)
