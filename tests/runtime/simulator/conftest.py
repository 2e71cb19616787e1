"""A simulator for a module's tests, playing everything as fast as it can."""

from __future__ import annotations

import pytest

from pipeline_runtime.simulator import Simulator, parse_scenario


@pytest.fixture(scope="module")
def simulator():
    with Simulator(time_scale=0) as running:
        yield running


@pytest.fixture
def add(simulator):
    """Registers a scenario given by its keys; gives its key."""

    def register(**keys):
        return simulator.add(parse_scenario({"reply": "One two three four five."} | keys, "test"))

    return register
