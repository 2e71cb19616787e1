"""Where a tapped request goes: by the first part of its path, or always to one upstream. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from pipeline_runtime.errors import InputError, PipelineError
from pipeline_runtime.ports import HIGHEST_PORT, port_of
from pipeline_runtime.providers import BUILT_IN
from pipeline_runtime.transport.address import DEFAULT_PORTS, Address

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOST = re.compile(r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>\d{1,5}))?")
_VERSION = re.compile(r"/v\d[0-9a-z]*(?=/|\?|$)")
_OWN_VERSION = re.compile(_VERSION.pattern + r"\Z")


class NoRoute(PipelineError):
    """A request names no upstream."""


class Route(Struct, frozen=True):
    """Where one request goes."""

    provider: str
    """A provider's name, or the host."""
    address: Address
    path: str
    """What its first line asks for, the query included."""

    @property
    def authority(self) -> str:
        """The value of Host."""
        return _authority(self.address)

    @property
    def url(self) -> str:
        """The whole URL. Its query may hold a key."""
        return f"{self.address.scheme}://{self.authority}{self.path}"


class Upstream(Struct, frozen=True):
    """A server, and the path below which its API is."""

    provider: str
    address: Address
    base_path: str

    @classmethod
    def parse(cls, url: str, provider: str | None = None) -> Upstream:
        """Read a base URL.

        Raises:
            InputError: It is none, or holds a user, a query or a fragment.
        """
        text = url.strip()
        parts = urlsplit(text if _is_readable(text) else "")
        found = _host_in(parts.netloc)
        if parts.scheme not in DEFAULT_PORTS or found is None or parts.query or parts.fragment:
            raise InputError(
                f"upstream {_without_secrets(url)}: this is no base URL",
                cure="give https://host or http://host:port, with a path if there is one, and no key",
            )
        address = _address(parts.scheme, found)
        if address is None:
            raise InputError(
                f"upstream {_without_secrets(url)}: there is no such port",
                cure=f"give 1 to {HIGHEST_PORT}",
            )
        return cls(provider or _known_as(address), address, parts.path.rstrip("/"))

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"{self.address.scheme}://{_authority(self.address)}{self.base_path}"

    def route(self, rest: str) -> Route:
        """The route of a path below it; a version of the API that the path names goes before its own."""
        base = self.base_path
        if _begins(rest, base):
            base = ""
        elif _VERSION.search(rest.partition("?")[0]):
            base = _OWN_VERSION.sub("", base)
        whole = base + rest
        return Route(self.provider, self.address, whole)


class Router:
    """Finds the route of each request."""

    def __init__(self, upstream: str | None = None, named: Mapping[str, str] | None = None) -> None:
        """Make it.

        Args:
            upstream: The base URL that everything goes to; `None`: by path.
            named: Base URLs by the first part of the path, beside the built-in providers or instead of one.

        Raises:
            InputError: One of them is no base URL.
        """
        self.single = Upstream.parse(upstream) if upstream is not None else None
        built_in = {name: Upstream.parse(spec.base_url, name) for name, spec in BUILT_IN.items()}
        self.given = {name: Upstream.parse(url, name) for name, url in (named or {}).items()}
        """Those that were named here."""
        self.named = built_in | self.given

    def route(self, target: str) -> Route:
        """Where a request with this target (the path and query of its first line) goes.

        Raises:
            NoRoute: Its path names no upstream.
        """
        if not target.startswith("/"):
            raise NoRoute(
                "the tap is no forward proxy: it was asked for a whole URL",
                cure="set the client's base URL to the tap, not its proxy",
            )
        if not _is_readable(target):
            raise NoRoute("the path cannot be read as one", cure="ask for a path such as /v1/models")
        if self.single is not None:
            return self.single.route(target)
        name, rest = _split(target[1:])
        if name in DEFAULT_PORTS:
            return _by_host(name, rest)
        if name in self.named:
            return self.named[name].route(rest)
        raise NoRoute(
            f"the path names no upstream: '/{name}' is not known",
            cure=f"begin it with one of {', '.join(f'/{one}' for one in self.named)}, or /https/HOST",
        )


def _is_readable(target: str) -> bool:
    try:
        urlsplit(target)
    except ValueError:  # what follows // looks like a host, and is none; or brackets hold no address
        return False
    return True


def _by_host(scheme: str, rest: str) -> Route:
    authority, path = _split(rest.removeprefix("/"))
    found = _host_in(authority)
    address = _address(scheme, found) if found is not None else None
    if address is None:
        raise NoRoute(f"after /{scheme}/ there is no host", cure=f"ask for /{scheme}/HOST[:PORT]/path")
    return Route(_known_as(address), address, path)


def _host_in(authority: str) -> re.Match[str] | None:
    """Host and port; `None`: it has none, or brackets with no IPv6 address."""
    return _HOST.fullmatch(authority) if _is_readable(f"//{authority}") else None


def _split(text: str) -> tuple[str, str]:
    """The first part of a path, and the rest from its slash or question mark on."""
    end = min((place for place in (text.find("/"), text.find("?")) if place >= 0), default=len(text))
    rest = text[end:]
    return text[:end], rest if rest.startswith("/") else f"/{rest}"


def _begins(path: str, base: str) -> bool:
    return path == base or path.startswith((f"{base}/", f"{base}?"))


def _address(scheme: str, found: re.Match[str]) -> Address | None:
    port = port_of(found["port"]) if found["port"] else DEFAULT_PORTS[scheme]
    if not port:
        return None
    return Address(scheme, found["host"].strip("[]").lower(), port)


def _authority(address: Address) -> str:
    """Host and port, without the port where the scheme says it."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    return host if DEFAULT_PORTS[address.scheme] == address.port else address.peer


def _known_as(address: Address) -> str:
    """The provider that lives at this address, else the host."""
    for name, spec in BUILT_IN.items():
        parts = urlsplit(spec.base_url)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        if name != "claude" and (parts.hostname, port) == (address.host, address.port):
            return name
    return address.host


def _without_secrets(url: str) -> str:
    return url.rpartition("@")[2].partition("?")[0]
