"""The workflow that the product runs when it is measured."""

from __future__ import annotations

from typing import Any

PROTOCOLS = {"openai": "openai-chat", "anthropic": "anthropic", "ollama": "ollama"}
PATHS = {"openai": "/v1", "anthropic": "", "ollama": ""}
KEY = {"BENCH_KEY": "sk-bench-0123456789"}


def provider_of(base: str, dialect: str) -> dict[str, Any]:
    """The bench's server as a provider."""
    return {"protocol": PROTOCOLS[dialect], "base_url": base + PATHS[dialect], "api_key_env": "BENCH_KEY"}


def step_of(number: int, **more: Any) -> dict[str, Any]:
    """One step; it waits for no other unless it says so."""
    return {"id": f"s{number:03}", "needs": [], "prompt": "hello", "max_tokens": 9, **more}


def source_of(base: str, dialect: str, streams: int) -> dict[str, Any]:
    """A workflow of steps that all run at once."""
    steps = [step_of(number) for number in range(1, streams + 1)]
    return flow_of({"bench": provider_of(base, dialect)}, steps)


def chained(base: str, dialect: str, steps: int) -> dict[str, Any]:
    """A workflow of steps that run one after the other."""
    names = [step_of(number)["id"] for number in range(1, steps + 1)]
    made = [step_of(number, needs=names[max(number - 2, 0) : number - 1]) for number in range(1, steps + 1)]
    return flow_of({"bench": provider_of(base, dialect)}, made)


def flow_of(providers: dict[str, Any], steps: list[dict[str, Any]]) -> dict[str, Any]:
    """A workflow of these steps, as data for a file; the provider is `bench` unless a step says otherwise."""
    defaults = {"provider": "bench", "model": "m", "stream": True, "retry": {"attempts": 1}}
    return {"name": "bench", "defaults": defaults, "providers": providers, "steps": steps}
