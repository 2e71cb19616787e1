"""Which step waits for which: pure.

A step that says nothing runs after the step before it; `needs: []` and `needs: [a, b]` say exactly what it
waits for, so that independent steps run at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline_runtime.workflow.models import Workflow

Key = TypeVar("Key", str, int)


def dependencies(workflow: Workflow) -> dict[str, tuple[str, ...]]:
    """For each step, in file order, the steps that must be over before it begins."""
    found: dict[str, tuple[str, ...]] = {}
    before: tuple[str, ...] = ()
    for step in workflow.steps:
        found[step.id] = before if step.needs is None else tuple(dict.fromkeys(step.needs))
        before = (step.id,)
    return found


def ancestors(edges: Mapping[Key, Iterable[Key]]) -> dict[Key, set[Key]]:
    """For each node, all that it waits for, directly or not. Cycles are no harm; unknown names are kept."""
    found: dict[Key, set[Key]] = {}
    for node in edges:
        seen: set[Key] = set()
        waiting = list(edges[node])
        while waiting:
            upper = waiting.pop()
            if upper not in seen:
                seen.add(upper)
                waiting.extend(edges.get(upper, ()))
        found[node] = seen
    return found


def find_cycles(edges: Mapping[Key, Iterable[Key]]) -> list[list[Key]]:
    """The cycles, each as its nodes in order; a node is told in one cycle only."""
    above = ancestors(edges)
    cycles: list[list[Key]] = []
    told: set[Key] = set()
    for node in edges:
        if node in above[node] and node not in told:
            cycle = _way_back(node, edges)
            told.update(cycle)
            cycles.append(cycle)
    return cycles


def _way_back(start: Key, edges: Mapping[Key, Iterable[Key]]) -> list[Key]:
    """The shortest way from `start` along the edges to itself, without the return."""
    came_from: dict[Key, Key] = {}
    queue = [start]
    for node in queue:
        for upper in edges.get(node, ()):
            if upper == start:
                way = [node]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return way[::-1]
            if upper not in came_from:
                came_from[upper] = node
                queue.append(upper)
    raise ValueError(f"{start!r} is in no cycle")
