"""Which proxy a request goes through."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

from pipeline_runtime.transport.address import is_loopback

if TYPE_CHECKING:
    from pipeline_runtime.transport.address import Address


def proxy_for(address: Address) -> str | None:
    """The proxy that the environment names for `address`: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, less NO_PROXY.

    Never for this machine: a company's proxy cannot reach the simulator or a local model.
    """
    if is_loopback(address.host) or proxy_bypass(f"{address.host}:{address.port}"):
        return None
    proxies = getproxies()
    proxy = proxies.get(address.scheme) or proxies.get("all")
    if proxy and "://" not in proxy:
        return f"http://{proxy}"
    return proxy or None
