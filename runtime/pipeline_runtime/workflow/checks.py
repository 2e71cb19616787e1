"""Checks across a file: ids, needs, cycles, providers, and what templates refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline_runtime.protocols import PROTOCOL_NAMES, THINK_TAG_PROTOCOLS
from pipeline_runtime.providers import BUILT_IN
from pipeline_runtime.workflow.order import ancestors, find_cycles
from pipeline_runtime.workflow.spelling import suggest
from pipeline_runtime.workflow.template_check import PATH_ROOTS, Scope, check_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_runtime.workflow.outline import Outline
    from pipeline_runtime.workflow.problems import Report


def check_outline(outline: Outline, report: Report) -> None:
    """Add every problem that the models cannot see."""
    _check_ids(outline, report)
    _check_needs(outline, report)
    _check_providers(outline, report)
    edges = _edges(outline)
    _check_cycles(outline, edges, report)
    _check_templates(outline, edges, report)


def _check_ids(outline: Outline, report: Report) -> None:
    first = outline.by_id()
    for step in outline.steps:
        if step.id is None or first[step.id] is step:
            continue
        place = report.place((*first[step.id].loc, "id"))
        line = f" (first on line {place.line})" if place else ""
        report.add(f"two steps have the id `{step.id}`{line}", (*step.loc, "id"), cure="rename one of them")


def _check_needs(outline: Outline, report: Report) -> None:
    known = outline.by_id()
    for step in outline.steps:
        for loc, name in step.needs or ():
            if name not in known:
                others = [other for other in known if other != step.id]
                cure = suggest(name, others, otherwise="there is no other step")
                report.add(f"step `{step.id}` needs `{name}`, and there is no such step", loc, cure=cure)


def _edges(outline: Outline) -> dict[int, list[int]]:
    """For each step's index, the indices of the steps that it waits for directly."""
    known = outline.by_id()
    edges: dict[int, list[int]] = {}
    before: list[int] = []
    for step in outline.steps:
        if step.needs is None:
            edges[step.index] = before
        else:
            edges[step.index] = [known[name].index for _, name in step.needs if name in known]
        before = [step.index]
    return edges


def _check_cycles(outline: Outline, edges: dict[int, list[int]], report: Report) -> None:
    steps = {step.index: step for step in outline.steps}
    for cycle in find_cycles(edges):
        names = [steps[index].id or f"step {index + 1}" for index in cycle]
        loc = next((steps[index].loc for index in cycle if steps[index].needs), steps[cycle[0]].loc)
        if len(cycle) == 1:
            message = f"step `{names[0]}` waits for itself"
        else:
            message = f"the steps wait for each other: {' → '.join([*names, names[0]])}"
        cure = "take one of the `needs` out; a step without `needs` waits for the one before it"
        report.add(message, (*loc, "needs"), cure=cure)


def _check_providers(outline: Outline, report: Report) -> None:
    known = dict.fromkeys([*BUILT_IN, *outline.providers])
    for step in outline.steps:
        if step.provider is not None and step.provider[1] not in known:
            loc, name = step.provider
            cure = f"{suggest(name, known)}; others are described under `providers:`"
            report.add(f"the provider `{name}` is not known", loc, cure=cure)
    for name, given in outline.providers.items():
        _check_think_tags(name, given, report)
        if name in BUILT_IN:
            continue
        for key, example in (("protocol", "openai-chat"), ("base_url", "http://localhost:8080/v1")):
            if given.get(key) is None:
                message = f"the provider `{name}` needs the key `{key}`"
                report.add(message, ("providers", name), cure=f"such as `{key}: {example}`", at_key=True)


def _check_think_tags(name: str, given: Mapping[str, Any], report: Report) -> None:
    built_in = BUILT_IN.get(name)
    protocol = given.get("protocol") or (built_in.protocol if built_in else None)
    if given.get("think_tags") is True and protocol in PROTOCOL_NAMES and protocol not in THINK_TAG_PROTOCOLS:
        message = f"the protocol `{protocol}` has no `think_tags`: it tells thinking and text apart by itself"
        report.add(message, ("providers", name, "think_tags"), cure="leave it out", at_key=True)


def _check_templates(outline: Outline, edges: dict[int, list[int]], report: Report) -> None:
    upper = ancestors(edges)
    ids = {step.index: step.id for step in outline.steps}
    all_ids = tuple(outline.by_id())
    for step in outline.steps:
        above = frozenset(upper_id for index in upper[step.index] if (upper_id := ids[index]) is not None)
        name = step.id or f"step {step.index + 1}"
        scope = Scope(step=name, inputs=outline.inputs, steps=all_ids, above=above, files=step.files)
        paths = Scope(name, outline.inputs, all_ids, frozenset(), roots=PATH_ROOTS)
        pairs = [(one, scope) for one in step.templates] + [(one, paths) for one in step.paths]
        for (loc, template), what_it_sees in pairs:
            for problem in check_template(template, what_it_sees):
                report.add(problem.message, loc, cure=problem.cure, text_line=problem.line)
