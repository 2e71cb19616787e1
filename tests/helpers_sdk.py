"""What the official SDKs should hear from each bundled scenario."""

from __future__ import annotations

from functools import cache

import jinja2

from pipeline_runtime.simulator import Scenario, bundled_scenarios, parse_scenario

PROMPT = "1. The first point of an outline\n2. The second one\nWhat do you make of it?"
SECRET = "sk-planted-0123456789"
COMPLETE = [
    "default", "draft", "outline", "expand", "polish", "optimist", "sceptic", "judge", "thinking", "tool-call",
    "buffered", "stall", "long", "unicode", "escapes", "markdown",
]  # fmt: skip
"""The scenarios that stream to their end at the first try."""
REFUSING = ["no-stream", "unverified-org"]


@cache
def _bundled() -> dict[str, Scenario]:
    return bundled_scenarios()


def fresh(simulator, name: str, **changes) -> str:
    """The scenario under a key of its own, so that its requests count from 0."""
    keys = _bundled()[name].model_dump(exclude_unset=True) | changes
    return simulator.add(Scenario.model_validate(keys))


def replayed(simulator, recording) -> str:
    """A recorded body under a key of its own, cut at random."""
    replay = {"file": str(recording), "chunks": {"seed": 3}}
    return simulator.add(parse_scenario({"name": recording.stem, "replay": replay}, "test"))


def expected_texts(name: str) -> dict[str, str]:
    """What the scenario says in each lane, rendered apart from the simulator."""
    reply = _bundled()[name].reply
    return {
        lane: "".join(_rendered(getattr(part, lane)) for part in reply if getattr(part, lane) is not None)
        for lane in ("text", "thinking")
    }


def expected_tool_inputs(name: str) -> list[tuple[str, dict]]:
    """The scenario's tool calls, in order."""
    tools = [part.tool for part in _bundled()[name].reply if part.tool is not None]
    return [(tool.name, {key: _rendered(text) for key, text in tool.input.items()}) for tool in tools]


def _rendered(source: str) -> str:
    environment = jinja2.Environment(keep_trailing_newline=True)
    return environment.from_string(source).render(prompt=PROMPT)
