"""Whom a URL points at."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from pipeline_runtime.transport._httpx import httpx

DEFAULT_PORTS = {"http": 80, "https": 443}


class Address(Struct, frozen=True):
    """A server: what a connection is opened to, and may be reused for."""

    scheme: str
    host: str
    """In ASCII (IDNA), IPv6 without brackets."""
    port: int

    @property
    def peer(self) -> str:
        """`host:port`, as errors name it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def base(self) -> str:
        """`scheme://host:port`: a URL without anything that may be secret."""
        return f"{self.scheme}://{self.peer}"

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.scheme == "https"


def address_of(url: httpx.URL) -> Address:
    """The address of an absolute http or https URL."""
    return Address(url.scheme, url.raw_host.decode("ascii"), url.port or DEFAULT_PORTS.get(url.scheme, 0))


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Whether `host` is this machine, judged by its name alone."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=256)
def is_literal(host: str) -> bool:
    """Whether `host` is an IP address, not a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
