"""A real loopback HTTP server that speaks every protocol: the embedded default.

Names are imported on first use: Starlette, uvicorn, pydantic and Jinja2 load only when a simulator starts or
a scenario is read.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_runtime.simulator.command import serve
    from pipeline_runtime.simulator.loading import bundled_scenarios, load_scenario, parse_scenario
    from pipeline_runtime.simulator.scenario import Scenario
    from pipeline_runtime.simulator.server import Simulator

__all__ = [
    "Scenario",
    "Simulator",
    "bundled_scenarios",
    "load_scenario",
    "parse_scenario",
    "serve",
]

_HOMES = {
    "Scenario": "scenario",
    "Simulator": "server",
    "bundled_scenarios": "loading",
    "load_scenario": "loading",
    "parse_scenario": "loading",
    "serve": "command",
}


def __getattr__(name: str) -> object:
    """Import a public name from its module on first use."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
