"""One examination: gather the facts, then judge them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.doctor.checks.endpoints import check_endpoints
from pipeline_runtime.doctor.checks.handlers import check_handlers
from pipeline_runtime.doctor.checks.keys import check_keys
from pipeline_runtime.doctor.checks.legacy import check_legacy
from pipeline_runtime.doctor.checks.machine import check_machine
from pipeline_runtime.doctor.checks.streaming import check_history, check_lessons
from pipeline_runtime.doctor.checks.terminal import check_terminal
from pipeline_runtime.doctor.facts import Facts
from pipeline_runtime.doctor.findings import ok, problem
from pipeline_runtime.doctor.gathering.endpoints import gather_endpoints
from pipeline_runtime.doctor.gathering.handlers import gather_handlers
from pipeline_runtime.doctor.gathering.history import gather_history
from pipeline_runtime.doctor.gathering.keys import gather_keys
from pipeline_runtime.doctor.gathering.lessons import gather_lessons
from pipeline_runtime.doctor.gathering.machine import gather_machine
from pipeline_runtime.doctor.gathering.terminal import gather_terminal
from pipeline_runtime.errors import PipelineError
from pipeline_runtime.migrate.audit import audit_paths
from pipeline_runtime.providers import MODE_VARIABLE, choose_mode
from pipeline_runtime.workflow import load_workflow
from pipeline_runtime.workflow.loader import examine_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pipeline_runtime.doctor.findings import Finding
    from pipeline_runtime.workflow.models import Workflow


def examine(
    path: Path | None, environ: Mapping[str, str], *, network: bool = True, ask_terminal: bool = False
) -> list[Finding]:
    """Everything that can be said of this machine, and of a workflow on it.

    Args:
        path: The workflow's file; `None`: only the machine.
        environ: Keys, modes, proxies and the terminal are read from it.
        network: Try the endpoints.
        ask_terminal: See what the terminal does with a wide character.
    """
    workflow, findings = _read(path)
    mode, chosen, mode_finding = _mode(workflow, environ)
    findings += mode_finding
    keys = gather_keys(workflow, environ) if path is None or workflow is not None else ()
    facts = Facts(
        mode=mode,
        mode_chosen=chosen,
        keys=keys,
        endpoints=gather_endpoints(workflow, keys, environ) if network else (),
        handlers=gather_handlers(workflow) if workflow is not None else (),
        lessons=gather_lessons(workflow, environ) if path is None or workflow is not None else (),
        history=gather_history(path),
        terminal=gather_terminal(environ, ask=ask_terminal),
        machine=gather_machine(environ),
    )
    return [*findings, *judge(facts, for_workflow=workflow is not None)]


def judge(facts: Facts, *, for_workflow: bool) -> list[Finding]:
    """What the facts say: pure."""
    return [
        *check_keys(facts.keys, mode=facts.mode, chosen=facts.mode_chosen, for_workflow=for_workflow),
        *check_endpoints(facts.endpoints, mode=facts.mode),
        *check_handlers(facts.handlers),
        *check_lessons(facts.lessons),
        *check_history(facts.history),
        *check_terminal(facts.terminal),
        *check_machine(facts.machine),
    ]


def _read(path: Path | None) -> tuple[Workflow | None, list[Finding]]:
    """The workflow, if it is right, and what there is to say of its file."""
    if path is None:
        return None, []
    findings: list[Finding] = []
    workflow, problems = examine_file(path)
    for one in problems:
        line = f":{one.line}" if one.line else ""
        findings.append(problem("workflow", "invalid", one.message, one.cure, place=f"{path}{line}"))
    if workflow is not None:
        workflow = load_workflow(path)
        findings.append(ok("workflow", "valid", f"{path} is a workflow"))
    return workflow, findings + _legacy(path)


def _legacy(path: Path) -> list[Finding]:
    try:
        (audit,) = audit_paths([path])
    except (PipelineError, ValueError):  # it is not there, or of no kind that is migrated: told above
        return []
    return [] if audit.problem is not None else list(check_legacy(str(path), audit.findings))


def _mode(workflow: Workflow | None, environ: Mapping[str, str]) -> tuple[str, bool, list[Finding]]:
    if workflow is None:
        return "live", False, []
    try:
        mode, _ = choose_mode(None, environ, workflow)
    except PipelineError as error:
        return "unknown", True, [problem("keys", "mode_unknown", error.message, error.cure)]
    return mode, bool(environ.get(MODE_VARIABLE, "").strip()), []
