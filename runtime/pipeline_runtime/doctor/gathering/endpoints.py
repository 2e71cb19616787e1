"""Which servers answer: one request each, without a key, side by side, with little patience."""

from __future__ import annotations

import asyncio
from time import monotonic_ns
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec.structs import replace

from pipeline_runtime.doctor.facts import EndpointFact
from pipeline_runtime.doctor.gathering.keys import gather_keys
from pipeline_runtime.errors import TransportError, WorkflowError
from pipeline_runtime.protocols.base import HttpRequest
from pipeline_runtime.providers import BUILT_IN, resolve_endpoint, used_providers
from pipeline_runtime.transport import Timeouts, Transport
from pipeline_runtime.transport.address import Address, is_loopback
from pipeline_runtime.transport.proxies import proxy_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline_runtime.doctor.facts import KeyFact
    from pipeline_runtime.protocols.base import Endpoint
    from pipeline_runtime.workflow.models import Workflow

PATIENCE = Timeouts(connect=3.0, first_byte=5.0, idle=5.0)
UNSET = "unset"
DEFAULT_PORTS = {"http": 80, "https": 443}


def gather_endpoints(
    workflow: Workflow | None, keys: Sequence[KeyFact], environ: Mapping[str, str]
) -> tuple[EndpointFact, ...]:
    """Try the providers that a workflow uses; without one, those whose key is there."""
    names = used_providers(workflow) if workflow is not None else _with_key(keys)
    places: dict[str, list[str]] = {}
    facts: list[EndpointFact] = []
    for name in names:
        try:
            places.setdefault(endpoint_of(name, workflow, environ).base_url, []).append(name)
        except WorkflowError as error:
            facts.append(EndpointFact((name,), name, error="address", message=error.message, cure=error.cure))
    return (*facts, *asyncio.run(_try_all(places)))


def endpoint_of(name: str, workflow: Workflow | None, environ: Mapping[str, str]) -> Endpoint:
    """Where a provider is, be its key there or not; the endpoint holds no key.

    Raises:
        WorkflowError: what the environment says of its address cannot be used.
    """
    secrets = {variable for key in gather_keys(workflow, environ) for variable in key.variables}
    return resolve_endpoint(name, workflow, {**environ, **dict.fromkeys(secrets, UNSET)})


def _with_key(keys: Sequence[KeyFact]) -> list[str]:
    present = {key.variables for key in keys if key.found is not None and key.flaw is None}
    return [
        spec.name
        for spec in BUILT_IN.values()
        if spec.api_key_env is not None
        and tuple(name for name in (spec.api_key_env, spec.api_key_env_too) if name is not None) in present
    ]


async def _try_all(places: Mapping[str, list[str]]) -> list[EndpointFact]:
    async with Transport() as transport:
        return await asyncio.gather(*(_try(transport, url, tuple(names)) for url, names in places.items()))


async def _try(transport: Transport, url: str, names: tuple[str, ...]) -> EndpointFact:
    parts = urlsplit(url)
    host = parts.hostname or ""
    address = Address(parts.scheme, host, parts.port or DEFAULT_PORTS.get(parts.scheme, 0))
    proxy = urlsplit(proxy_for(address) or "")
    fact = EndpointFact(
        names,
        address.peer,
        local=is_loopback(host),
        proxy=proxy.netloc.rpartition("@")[2] or None,
    )
    began = monotonic_ns()
    try:
        response = await transport.send(HttpRequest("GET", url, (), b""), PATIENCE, began)
        await response.aclose()
    except TransportError as error:
        return replace(fact, error=error.type, message=error.message, cure=error.cure)
    return replace(fact, status=response.status, elapsed=monotonic_ns() - began)
