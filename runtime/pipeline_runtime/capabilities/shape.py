"""What makes two requests alike for a server that refuses one: pure."""

from __future__ import annotations

from hashlib import blake2s
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

if TYPE_CHECKING:
    from pipeline_runtime.protocols.base import Endpoint, ModelRequest

DEFAULT_PORTS = {"http": 80, "https": 443}


class Shape(Struct, frozen=True):
    """An endpoint and the parts of a request that decide whether it may stream."""

    endpoint: str
    """Scheme, host, port and path: no user, no query, no key."""
    protocol: str
    model: str
    tools: bool = False
    response_format: str | None = None
    """`json_object`, `json_schema`, ...: some servers stream text and not JSON."""
    thinking: bool = False
    sources: bool = False
    """Azure's `data_sources`: with them `stream_options` is refused."""

    @property
    def id(self) -> str:
        """Eight characters to name it by."""
        return blake2s(repr(self).encode(), digest_size=4).hexdigest()


def shape_of(request: ModelRequest, endpoint: Endpoint) -> Shape:
    """The shape of a request to an endpoint."""
    wanted = request.params.get("response_format")
    format_type = wanted.get("type") if isinstance(wanted, dict) else None
    return Shape(
        endpoint=plain_address(endpoint.base_url),
        protocol=endpoint.protocol,
        model=str(request.params.get("model", request.model)),
        tools=bool(request.tools or request.params.get("tools")),
        response_format=str(format_type) if format_type else None,
        thinking=request.thinking is not None or "enable_thinking" in request.params,
        sources="data_sources" in request.params,
    )


def plain_address(base_url: str) -> str:
    """A base URL without user, query and fragment, its default port left out."""
    parts = urlsplit(base_url)
    port = f":{parts.port}" if parts.port not in (None, DEFAULT_PORTS.get(parts.scheme)) else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path.rstrip('/')}"
