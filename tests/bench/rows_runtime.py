"""Rows of the runtime: from the socket to a handler, with the run log on disk."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from bench.rows import OURS, Figures, Goal, Measure, Row, Scale, less_than
from bench.server import Plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.lab import Lab

MICRO = 1_000_000
SPENT = {"cpu": "cpu", "load": "loading"}
CPU = Measure("cpu", "CPU per delta", "µs")
IMPORTS = {"openai": "openai", "anthropic": "anthropic", "litellm": "litellm", OURS: "pipeline_runtime"}
IMPORT_CPU = """
import resource, sys
def used():
    now = resource.getrusage(resource.RUSAGE_SELF)
    return now.ru_utime + now.ru_stime
sys.path.insert(0, "")
before = used()
import {}
print(used() - before)
"""


def _per_delta(lab: Lab, name: str, plan: Plan, dialect: str) -> Figures:
    told = lab.read(name, plan, dialect)
    return {name: told[key] / told["deltas"] * MICRO for name, key in SPENT.items()} | {"rss": told["rss"]}


def _burst(dialect: str) -> Callable[[Lab, Scale, str], Figures]:
    def run(lab: Lab, scale: Scale, name: str) -> Figures:
        return _per_delta(lab, name, Plan(scale.deltas), dialect)

    return run


def _many(lab: Lab, scale: Scale, name: str) -> Figures:
    many = _per_delta(lab, name, Plan(scale.stream_deltas, streams=scale.streams), "openai")
    if name == "litellm":  # four times 40 seconds tell nothing more
        return many
    few = _per_delta(lab, name, Plan(scale.stream_deltas, streams=scale.few_streams), "openai")
    return many | {"few": few["cpu"]}


def _pace(lab: Lab, scale: Scale, name: str) -> Figures:
    told = lab.read(name, Plan(int(50 * scale.pace_seconds), rate=50, marks=1), stamped=True)
    delays = sorted(delay / 1000 for delay in told["delays"])
    return {"p50": statistics.median(delays), "p99": delays[int(len(delays) * 0.99)]}


def _import(lab: Lab, scale: Scale, name: str) -> Figures:
    del scale
    python = lab.client(name).python
    told = lab.run_python(python, "-c", IMPORT_CPU.format(IMPORTS[name]))
    return {"cpu": float(told.stdout) * 1000}


ROWS = (
    Row(
        "runtime-openai",
        "Runtime, everything on: a burst of 20,000 deltas, OpenAI",
        (CPU, Measure("rss", "peak memory", "MB")),
        _burst("openai"),
        (OURS, "raw", "openai", "litellm"),
        (Goal("cpu", 6), less_than("cpu", "openai", 15)),
        floor="raw: asyncio and msgspec, nothing kept",
        most_rounds={"litellm": 3},
    ),
    Row(
        "runtime-anthropic",
        "The same, Anthropic",
        (CPU, Measure("rss", "peak memory", "MB")),
        _burst("anthropic"),
        (OURS, "raw", "anthropic", "litellm"),
        (Goal("cpu", 6), less_than("cpu", "anthropic", 4)),
        floor="raw",
        most_rounds={"litellm": 3},
    ),
    Row(
        "runtime-ollama",
        "The same, Ollama",
        (CPU, Measure("rss", "peak memory", "MB")),
        _burst("ollama"),
        (OURS, "raw", "ollama"),
        (Goal("cpu", 6),),
        floor="raw",
    ),
    Row(
        "streams",
        "500 streams at once, 200 deltas each",
        (
            CPU,
            Measure("few", "the same at 10 streams", "µs"),
            Measure("load", "of it reading the file of 500 steps", "µs"),
            Measure("rss", "peak memory", "MB"),
        ),
        _many,
        (OURS, "raw", "openai", "litellm"),
        (Goal("cpu", 10), Goal("cpu", 1.5, of="few"), Goal("rss", 200)),
        floor="raw",
        most_rounds={"openai": 3, "litellm": 1},
    ),
    Row(
        "pace",
        "50 deltas/s: from sending to the handler",
        (Measure("p50", "p50", "µs"), Measure("p99", "p99", "µs")),
        _pace,
        (OURS, "raw", "openai"),
        (Goal("p50", 1.5, "raw"),),
        floor="raw: two system calls and a wake-up",
    ),
    Row(
        "import",
        "Headless import, above bare Python",
        (Measure("cpu", "CPU", "ms"),),
        _import,
        (OURS, "openai", "anthropic", "litellm"),
        (Goal("cpu", 60),),
        floor="0: nothing is imported before it is used",
        most_rounds={"litellm": 5},
    ),
)
