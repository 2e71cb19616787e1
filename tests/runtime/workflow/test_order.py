from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from helpers_workflow import workflow_of
from pipeline_runtime.workflow import dependencies
from pipeline_runtime.workflow.order import ancestors, find_cycles

WORKFLOW = workflow_of("""\
    steps:
      - {id: a, needs: [], prompt: p}
      - {id: b, needs: [], prompt: p}
      - {id: join, needs: [a, b, a], prompt: p}
      - {id: after, prompt: p}
      - {id: alone, needs: [], prompt: p}
    """)


def test_who_waits_for_whom():
    assert dependencies(WORKFLOW) == {"a": (), "b": (), "join": ("a", "b"), "after": ("join",), "alone": ()}
    plain = workflow_of("steps: [{id: x, prompt: p}, {id: y, prompt: p}, {id: z, prompt: p}]")
    assert dependencies(plain) == {"x": (), "y": ("x",), "z": ("y",)}


GRAPHS = st.integers(1, 7).flatmap(
    lambda n: st.fixed_dictionaries({node: st.lists(st.integers(0, n - 1), max_size=3) for node in range(n)})
)


@given(GRAPHS)
def test_cycles_are_ways_along_the_edges(edges):
    above = ancestors(edges)
    cycles = find_cycles(edges)
    assert bool(cycles) == any(node in above[node] for node in edges)
    for cycle in cycles:
        assert len(set(cycle)) == len(cycle)
        for node, following in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
            assert following in edges[node]
