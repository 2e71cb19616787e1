"""Which redirects are followed. Pure but for httpx's URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pipeline_runtime.transport._httpx import httpx
from pipeline_runtime.transport.address import address_of
from pipeline_runtime.transport.failures import bad_response

if TYPE_CHECKING:
    from pipeline_runtime.protocols.base import HttpRequest

_KEEP_METHOD = frozenset({307, 308})
_BECOME_GET = frozenset({301, 302, 303})
_CURE = "set base_url to the final address"


def follow(request: HttpRequest, status: int, location: str | None) -> HttpRequest | None:
    """The request to send next, or None when the response is not a redirect.

    307 and 308 are followed, 301, 302 and 303 for GET only: another method would become GET and lose its body
    (RFC 9110, section 15.4). A redirect to another scheme, host or port is never followed, for the request
    carries credentials.

    Raises:
        BadResponse: a redirect that is not followed; says where it pointed (without query).
    """
    if location is None or status not in _KEEP_METHOD | _BECOME_GET:
        return None
    here = httpx.URL(request.url)
    peer = address_of(here).peer
    try:
        there = here.join(location)
    except httpx.InvalidURL as error:
        raise bad_response(peer, f"redirects (status {status}) to something that is no URL", _CURE) from error
    shown = f"{there.scheme}://{there.netloc.decode('ascii', 'replace')}{there.path}"
    if there.scheme not in {"http", "https"} or address_of(there) != address_of(here):
        raise bad_response(
            peer,
            f"redirects (status {status}) to {shown}, and credentials are not sent to another address",
            f"if you trust it, {_CURE}",
        )
    if status in _BECOME_GET and request.method != "GET":
        raise bad_response(
            peer, f"redirects (status {status}) to {shown}, which would turn {request.method} into GET", _CURE
        )
    return replace(request, url=str(there))
