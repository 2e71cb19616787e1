"""What both protocols do alike when they build a request: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

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

    Raises:
        TypeError: a message, tool or param holds what JSON cannot.
    """
    headers = {"content-type": "application/json"} | headers_of(endpoint, own_headers, stream=request.stream)
    return HttpRequest("POST", url, tuple(headers.items()), msgspec.json.encode(body | request.params))


def headers_of(endpoint: Endpoint, own_headers: Iterable[tuple[str, str]], *, stream: bool) -> dict[str, str]:
    """The headers of a request without a body.

    `accept-encoding` is `identity`: a compressed stream would come in the compressor's blocks.
    """
    headers = {
        "accept": "text/event-stream" if stream else "application/json",
        "accept-encoding": "identity",
        "user-agent": USER_AGENT,
        **dict(own_headers),
    }
    return headers | {name.lower(): value for name, value in endpoint.headers}


def url_of(base_url: str, path: str) -> str:
    """The URL of `path` (no slash in front) under a base URL, whose query (Azure's) stays at its end."""
    parts = urlsplit(base_url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{path}"))


def merge_params(body: dict[str, Any], params: dict[str, Any], name: str) -> dict[str, Any]:
    """The params, of which the object `name` adds to the body's own instead of taking its place."""
    ours, theirs = body.get(name), params.get(name)
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return params | {name: ours | theirs}
    return params


def without_none(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that were given."""
    return {name: value for name, value in fields.items() if value is not None}


def turns(request: ModelRequest) -> list[dict[str, Any]]:
    """The messages as both protocols send them."""
    return [{"role": message.role, "content": message.content} for message in request.messages]
