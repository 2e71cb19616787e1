"""What both protocols do alike when they build a request: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from pipeline_runtime import __version__
from pipeline_runtime.protocols.base import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_runtime.protocols.base import Endpoint, ModelRequest

USER_AGENT = f"pipeline-tui/{__version__}"


def post(
    url: str,
    request: ModelRequest,
    endpoint: Endpoint,
    body: dict[str, Any],
    own_headers: Iterable[tuple[str, str]],
) -> HttpRequest:
    """A JSON POST; `request.params` win over `body`, and the endpoint's headers over all others.

    `accept-encoding` is `identity`: a compressed stream would come in the compressor's blocks.

    Raises:
        TypeError: a message, tool or param holds what JSON cannot.
    """
    headers = {
        "content-type": "application/json",
        "accept": "text/event-stream" if request.stream else "application/json",
        "accept-encoding": "identity",
        "user-agent": USER_AGENT,
        **dict(own_headers),
    }
    headers |= {name.lower(): value for name, value in endpoint.headers}
    return HttpRequest("POST", url, tuple(headers.items()), msgspec.json.encode(body | request.params))


def without_none(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that were given."""
    return {name: value for name, value in fields.items() if value is not None}


def turns(request: ModelRequest) -> list[dict[str, Any]]:
    """The messages as both protocols send them."""
    return [{"role": message.role, "content": message.content} for message in request.messages]
