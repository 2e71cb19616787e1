"""The pytest plugin: fixtures, a guard against real connections, and the `streaming` marker.

pytest imports this module wherever the package is installed: nothing is imported before a test asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pipeline_runtime.engine.invoke import Context
    from pipeline_runtime.simulator import Simulator
    from pipeline_runtime.testing.recorder import StreamingRecorder

OFFLINE = "pipeline_offline"
LIVE = "live"
MARKERS = (
    "streaming: the streaming suite: pytest -m streaming",
    f"{LIVE}: needs a real provider: {OFFLINE} lets it connect",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the ini option."""
    parser.addini(
        OFFLINE,
        f"forbid connections to other machines in every test not marked {LIVE}",
        "bool",
        default=False,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers; guard every test if the project asks for it."""
    for line in MARKERS:
        config.addinivalue_line("markers", line)
    if config.getini(OFFLINE):
        config.pluginmanager.register(_OfflineSuite(), f"{OFFLINE} for every test")


class _OfflineSuite:
    """Registered by the ini option only: no other project has a fixture that runs by itself."""

    @pytest.fixture(autouse=True)
    def _pipeline_offline_everywhere(self, request: pytest.FixtureRequest) -> None:
        """What the fixture `pipeline_offline` does."""
        request.getfixturevalue(OFFLINE)


@pytest.fixture
def pipeline_offline(request: pytest.FixtureRequest) -> Iterator[None]:
    """A connection to another machine, or a look-up of its name, fails the test; `live` lifts it."""
    if request.node.get_closest_marker(LIVE) is not None:
        yield
        return
    from pipeline_runtime.testing.offline import forbid_connections  # noqa: PLC0415 - see above

    with forbid_connections():
        yield


@pytest.fixture
def pipeline_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """An empty state folder for run logs and lessons, and an environment without the developer's keys."""
    from pipeline_runtime.testing.surroundings import isolate  # noqa: PLC0415 - see above

    state = tmp_path / "state"
    isolate(monkeypatch, state, keep_keys=request.node.get_closest_marker(LIVE) is not None)
    return state


@pytest.fixture(scope="session")
def pipeline_simulator() -> Iterator[Simulator]:
    """A running simulator on loopback that plays everything as fast as it can."""
    from pipeline_runtime.simulator import Simulator  # noqa: PLC0415 - see above

    with Simulator(time_scale=0) as simulator:
        yield simulator


@pytest.fixture
def pipeline_scenario(pipeline_simulator: Simulator) -> Callable[..., str]:
    """A function that takes a scenario's keys, and `protocol`, and gives a base URL that answers so."""

    def add(*, protocol: str = "anthropic", **keys: Any) -> str:
        return pipeline_simulator.base_url(_added(pipeline_simulator, keys), protocol)

    return add


@pytest.fixture
def pipeline_context(pipeline_simulator: Simulator, pipeline_state: Path) -> Callable[..., Context]:
    """A function that takes a scenario's keys, and `provider`, and gives a context for `invoke`."""
    del pipeline_state  # the run log goes there

    def make(*, provider: str = "claude", **keys: Any) -> Context:
        from pipeline_runtime.engine.invoke import Context  # noqa: PLC0415 - see above

        scenario = {"scenario": _added(pipeline_simulator, keys)}
        return Context(provider, "simulated", scenario, mode="mock", simulator=pipeline_simulator)

    return make


@pytest.fixture
def streaming_recorder() -> StreamingRecorder:
    """A fresh `StreamingRecorder`."""
    from pipeline_runtime.testing.recorder import StreamingRecorder  # noqa: PLC0415 - see above

    return StreamingRecorder()


def _added(simulator: Simulator, keys: dict[str, Any]) -> str:
    from pipeline_runtime.simulator import parse_scenario  # noqa: PLC0415 - see above

    return simulator.add(parse_scenario(keys, "the test's scenario"))
