"""What every client of the bench does: warm up, read its streams, and tell what that cost as one line of JSON.

Standard library only, for it also runs in the peers' own environments.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

WARM_UP = 200
"""Deltas that are read before anything is measured."""


@dataclass
class Task:
    """What to read, and what came of it."""

    base: str
    """The server's address with the plan in its path; the API's own path follows."""
    dialect: str
    streams: int
    stamped: bool
    """Deltas are stamps of the time of sending."""
    deltas: int = 0
    delays: list[int] = field(default_factory=list)
    """Ns from sending to here, a delta each."""
    options: dict[str, Any] = field(default_factory=dict)
    loading: float = 0.0
    """CPU seconds, of those that are measured, in which a client read what it was to do from a file."""
    notes: list[Any] = field(default_factory=list)
    """What else a client has to tell."""

    def take(self, text: str | None) -> None:
        """A delta has come into user code."""
        if not text:
            return
        self.deltas += 1
        if self.stamped:
            self.delays.append(time.monotonic_ns() - int(text, 16))


Client = Callable[[Task], Awaitable[None]]
"""Reads all streams of a task at once, to their ends."""


def cpu_seconds() -> float:
    """User and system time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_mb() -> float:
    """The most memory that this process has had, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 if sys.platform != "darwin" else 1024 * 1024)


async def measure(client: Client, given: dict[str, Any]) -> dict[str, Any]:
    """Run a client twice: once to warm up, then measured."""
    dialect, options = given["dialect"], given.get("options", {})
    await client(Task(given["warm"], dialect, 1, stamped=False, options=options))
    task = Task(given["base"], dialect, given["streams"], stamped=given["stamped"], options=options)
    cpu, begin = cpu_seconds(), time.monotonic()
    await client(task)
    wall, cpu = time.monotonic() - begin, cpu_seconds() - cpu
    result = {"cpu": cpu, "wall": wall, "deltas": task.deltas, "rss": peak_mb(), "delays": task.delays}
    return result | {"loading": task.loading, "notes": task.notes, "versions": options.get("versions", {})}


def main(client: Client, versions: Callable[[], dict[str, str]]) -> None:
    """Measure what the first argument says, and print the result."""
    given = json.loads(sys.argv[1])
    result = asyncio.run(measure(client, given))
    result["versions"] = versions()
    sys.stdout.write(json.dumps(result) + "\n")


def version_of(*names: str) -> Callable[[], dict[str, str]]:
    """Tells the versions of installed distributions."""

    def told() -> dict[str, str]:
        from importlib.metadata import version

        return {name: version(name) for name in names}

    return told
