"""`list` and `validate`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline_runtime.cli.exits import OK, USAGE
from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.providers import used_providers
from pipeline_runtime.sanitise import sanitise_line
from pipeline_runtime.workflow import bundled_workflows_dir, discover_workflows, summarise_notices

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipeline_runtime.workflow import FoundWorkflow, Notice


NONE_HERE = "no workflows here: a workflow is a .yaml file with `steps:`\n"


def list_workflows(paths: Sequence[Path], *, as_json: bool) -> int:
    """Print every workflow, first what `run` calls it; an invalid one with its first problem.

    Raises:
        WorkflowError: A path is not there.
    """
    for problem in _missing(paths):
        raise problem
    found = discover_workflows(paths or [bundled_workflows_dir()])
    if as_json:
        for one in found:
            _print_json(_as_json(one))
    elif found:
        _print_table(found, by_name=not paths)
    else:
        sys.stderr.write(NONE_HERE)
    return OK


def validate_workflows(paths: Sequence[Path], *, as_json: bool) -> int:
    """Print every problem of every file; exit 2 when there is one."""
    found = discover_workflows(paths)
    problems = [problem for one in found for problem in one.problems]
    for one in found:
        _tell_notices(one, as_json=as_json)
    for problem in problems:
        if as_json:
            _print_json(problem_as_json(problem))
        else:
            sys.stdout.write(sanitise_line(str(problem)) + "\n")
    if not found:
        sys.stderr.write(NONE_HERE)
        return USAGE
    valid = sum(1 for one in found if not one.problems)
    sys.stderr.write(f"{valid} valid, {len(found) - valid} invalid\n")
    return USAGE if problems else OK


def _tell_notices(found: FoundWorkflow, *, as_json: bool) -> None:
    """Print what of a right file is read otherwise than it says: it is no problem, but it is told."""
    for notice in found.workflow.notices if found.workflow else ():
        if as_json:
            _print_json({"path": str(found.path), **_notice_as_json(notice)})
        else:
            sys.stdout.write(sanitise_line(f"{found.path}:{notice.lines[0]}: {_also(notice)}") + "\n")


def _also(notice: Notice) -> str:
    """A notice behind the place of its first line."""
    others = ", ".join(map(str, notice.lines[1:]))
    also = f"; also on line{'s' if len(notice.lines) > 2 else ''} {others}" if others else ""  # noqa: PLR2004
    return f"{notice.kind}: {notice.message}{also}{f' ({notice.cure})' if notice.cure else ''}"


def _notice_as_json(notice: Notice) -> dict[str, Any]:
    return {
        "kind": notice.kind,
        "lines": notice.lines,
        "message": notice.message,
        "cure": notice.cure,
    }


def _missing(paths: Sequence[Path]) -> list[WorkflowError]:
    return [
        WorkflowError("no such file or folder", path=str(path), cure="check the path")
        for path in paths
        if not path.exists()
    ]


def _print_table(found: Sequence[FoundWorkflow], *, by_name: bool) -> None:
    called = [one.path.stem if by_name else str(one.path) for one in found]
    wide = max(map(len, called))
    wide_name = max(len(_name(one)) for one in found)
    for call, one in zip(called, found, strict=True):
        line = f"{call:<{wide}}  {_name(one):<{wide_name}}  {_facts(one)}"
        sys.stdout.write(sanitise_line(line) + "\n")


def problem_as_json(problem: WorkflowError) -> dict[str, Any]:
    """One problem as JSON: where, what, and the cure."""
    return {
        "path": problem.path,
        "line": problem.line,
        "column": problem.column,
        "key": problem.key,
        "message": problem.message,
        "cure": problem.cure,
    }


def _name(found: FoundWorkflow) -> str:
    return found.workflow.name if found.workflow else found.path.stem


def _facts(found: FoundWorkflow) -> str:
    workflow = found.workflow
    if workflow is None:
        return f"INVALID  {found.problems[0]}"
    providers = ", ".join(used_providers(workflow))
    steps = f"{len(workflow.steps)} step{'s' if len(workflow.steps) != 1 else ''}"
    first_line = workflow.description.strip().partition("\n")[0]
    told = summarise_notices(workflow.notices)
    broken = f"[faults: {', '.join(workflow.faults)}]" if workflow.faults else ""
    about = "  ".join(part for part in (first_line, f"[{told}]" if told else "", broken) if part)
    return f"{steps:<8} {providers:<16} {about}".rstrip()


def _as_json(found: FoundWorkflow) -> dict[str, Any]:
    workflow = found.workflow
    return {
        "path": str(found.path),
        "valid": workflow is not None,
        "name": _name(found),
        "description": workflow.description if workflow else None,
        "steps": [step.id for step in workflow.steps] if workflow else [],
        "providers": list(used_providers(workflow)) if workflow else [],
        "inputs": list(workflow.inputs) if workflow else [],
        "faults": list(workflow.faults) if workflow else [],
        "notices": [_notice_as_json(notice) for notice in workflow.notices] if workflow else [],
        "problems": [problem_as_json(problem) for problem in found.problems],
    }


def _print_json(value: dict[str, Any]) -> None:
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
