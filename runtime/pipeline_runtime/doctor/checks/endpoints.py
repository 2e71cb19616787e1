"""Whether servers answer, and what is in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.doctor.findings import ok, problem, warning
from pipeline_runtime.wording import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline_runtime.doctor.facts import EndpointFact
    from pipeline_runtime.doctor.findings import Finding

SERVER_ERROR = 500
PROXY_WANTS_PASSWORD = 407
NO_NETWORK = frozenset({"connect_failed", "connect_timeout"})


def check_endpoints(endpoints: Sequence[EndpointFact], *, mode: str) -> Iterator[Finding]:
    """One finding an endpoint; when none beyond this machine can be reached, one for all of them."""
    remote = [one for one in endpoints if not one.local and one.error != "address"]
    offline = bool(remote) and all(one.error in NO_NETWORK for one in remote)
    if offline:
        places = ", ".join(one.address for one in remote)
        yield warning(
            "endpoints",
            "offline",
            f"nothing beyond this machine could be reached ({places}): it looks as if there were no network",
            "everything works without one: --mode mock; for live runs check the network, a VPN, a firewall",
        )
    for one in endpoints:
        if not (offline and one in remote):
            yield _judged(one, live=mode == "live")


def _judged(one: EndpointFact, *, live: bool) -> Finding:
    who = f"{', '.join(one.providers)} at {one.address}"
    through = f", through the proxy {one.proxy}" if one.proxy else ""
    if one.error is not None:
        found = problem if live or one.error in {"tls_failed", "address"} else warning
        return found(
            "endpoints", "unreachable", f"{', '.join(one.providers)}: {one.message}{through}", one.cure
        )
    if one.status == PROXY_WANTS_PASSWORD:
        cure = "put user and password into the proxy's variable"
        return problem("endpoints", "proxy_refuses", f"{who}: the proxy wants a password{through}", cure)
    if (one.status or 0) >= SERVER_ERROR:
        cure = "try again later; see the provider's status page, or the proxy's log"
        return warning("endpoints", "server_error", f"{who} answers with status {one.status}{through}", cure)
    return ok("endpoints", "reachable", f"{who} answers within {seconds(one.elapsed)}{through}")
