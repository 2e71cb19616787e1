"""A simulator for the official SDKs, playing everything as fast as it can."""

from __future__ import annotations

import pytest

from pipeline_runtime.simulator import Simulator


@pytest.fixture(scope="session")
def sdk_simulator():
    with Simulator(time_scale=0) as running:
        yield running
