"""The heads of tapped messages: what is changed of a request's, and what the tap answers by itself. Pure."""

from __future__ import annotations

import ipaddress
from http import HTTPStatus
from importlib.util import find_spec
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_runtime.tap.routing import Route

RawHeaders = list[tuple[bytes, bytes]]

REASONS = {400: "Bad Request", 403: "Forbidden", 404: "Not Found", 431: "Request Header Fields Too Large"}
_NOT_PASSED = frozenset({b"upgrade", b"http2-settings", b"proxy-connection", b"proxy-authorization"})
_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"expect"})
_REFRAMED = frozenset(
    {"content-length", "transfer-encoding", "content-encoding", "connection", "keep-alive", "trailer"}
)


class RequestHead(Struct):
    """A request's first line and headers, as received."""

    method: str
    target: str
    version: str
    """`1.1` or `1.0`."""
    headers: RawHeaders

    def get(self, name: str) -> str:
        """The first header of that (lower-case) name; empty when it is not there."""
        wanted = name.encode()
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == wanted), "")

    @property
    def is_chunked(self) -> bool:
        """Whether its body comes in chunks."""
        return self.get("transfer-encoding").lower().rstrip().endswith("chunked")

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits for a `100 Continue` before it sends the body."""
        return self.get("expect").strip().lower() == "100-continue"

    def encode(self) -> bytes:
        """Its bytes, the blank line included."""
        first = f"{self.method} {self.target} HTTP/{self.version}\r\n".encode("latin-1")
        return first + b"".join(b"%b: %b\r\n" % header for header in self.headers) + b"\r\n"

    def named(self) -> tuple[tuple[str, str], ...]:
        """The headers as text, names in lower case."""
        return tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in self.headers
        )


def outgoing(head: RequestHead, route: Route, *, length: int | None = None) -> RequestHead:
    """The head as it is sent to the upstream: in order, name by name as the client wrote it.

    What differs: the path, Host, and codings that could not be shown. Hop-by-hop offers of another protocol
    are left out.

    Args:
        head: As received.
        route: Where it goes.
        length: The body's new length; `None`: it goes as it comes.
    """
    headers: RawHeaders = []
    for name, value in head.headers:
        changed = _passed(name.lower(), value, route, resized=length is not None)
        if changed is not None:
            headers.append((name, changed))
    if not head.get("host"):
        headers.append((b"Host", route.authority.encode("latin-1")))
    if length is not None:
        headers.append((b"Content-Length", b"%d" % length))
    return RequestHead(head.method, route.path, head.version, headers)


def _passed(name: bytes, value: bytes, route: Route, *, resized: bool) -> bytes | None:
    """A header's value as it is sent; `None`: not at all."""
    if name == b"host":
        return route.authority.encode("latin-1")
    if name in _NOT_PASSED or (resized and name in _FRAMING):
        return None
    if name == b"accept-encoding":
        return shown_codings(value)
    if name == b"connection":
        kept = [word for word in _words(value) if word.lower() not in (b"upgrade", b"http2-settings")]
        return value if len(kept) == len(_words(value)) else b", ".join(kept) or None
    return value


def shown_codings(value: bytes) -> bytes:
    """`accept-encoding` without the codings that the tap cannot undo for its own view."""
    known = {b"gzip", b"x-gzip", b"deflate", b"identity", b""}
    if find_spec("brotli") is not None or find_spec("brotlicffi") is not None:
        known.add(b"br")
    words = _words(value)
    kept = [word for word in words if word.partition(b";")[0].strip().lower() in known]
    return value if len(kept) == len(words) else b", ".join(kept) or b"identity"


def refusal(head: RequestHead) -> str | None:
    """Why this request is not from a program of this machine's user; `None`: it may be.

    A web page can reach a loopback port by a name of its own (DNS rebinding), or send to it blindly.
    """
    if head.version != "1.0" and not _is_local(head.get("host")):
        return "the Host header does not name this machine"
    origin = head.get("origin")
    if origin and not _is_local(origin.partition("://")[2]):
        return "it comes from a web page of another origin"
    if head.get("sec-fetch-site") == "cross-site":
        return "it comes from a web page of another site"
    return None


def given_head(status: int, headers: Iterable[tuple[str, str]], *, chunked: bool, closes: bool) -> bytes:
    """The head of an answer that is given anew: its body is decoded, and framed by us.

    Args:
        status: As it was answered.
        headers: As they were answered.
        chunked: The body comes in chunks; otherwise it ends with the connection, or there is none.
        closes: The connection is closed behind it.
    """
    kept = [(name, value) for name, value in headers if name.lower() not in _REFRAMED]
    kept += [("transfer-encoding", "chunked")] if chunked else []
    kept += [("connection", "close")] if closes else []
    lines = [f"HTTP/1.1 {status} {_reason(status)}", *(f"{name}: {value}" for name, value in kept), "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace")


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def own_answer(status: int, reason: str, error: dict[str, str], *, body: bool = True) -> bytes:
    """A response of the tap's own, after which the connection is closed."""
    content = msgspec.json.encode({"error": error})
    head = (
        f"HTTP/1.1 {status} {reason}\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n"
        "x-pipeline-tap: answered by the tap itself\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + (content if body else b"")


def _is_local(authority: str) -> bool:
    host = authority.strip().lower()
    host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _words(value: bytes) -> list[bytes]:
    return [word.strip() for word in value.split(b",") if word.strip()]
