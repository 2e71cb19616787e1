"""`doctor`: the findings, the worst last, where a reader's eye is."""

from __future__ import annotations

import os
import sys
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.cli.exits import FAILED, OK
from pipeline_runtime.cli.running import find_workflow
from pipeline_runtime.doctor import examine
from pipeline_runtime.sanitise import sanitise_line
from pipeline_runtime.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipeline_runtime.doctor import Finding

ORDER = {"ok": 0, "warning": 1, "problem": 2}


def diagnose(workflow: Path | None, *, network: bool, as_json: bool) -> int:
    """Print every finding, and give the exit code: 1 if there is a problem.

    Raises:
        WorkflowError: There is no such workflow.
    """
    path = find_workflow(workflow) if workflow is not None else None
    findings = sorted(
        examine(path, os.environ, network=network, ask_terminal=not as_json),
        key=lambda one: ORDER[one.level],
    )
    if as_json:
        sys.stdout.writelines(msgspec.json.encode(one).decode() + "\n" for one in findings)
    else:
        sys.stdout.writelines(f"{line}\n" for one in findings for line in _lines(one))
        sys.stdout.write(f"{_summary(findings)}\n")
    return FAILED if any(one.level == "problem" for one in findings) else OK


def _lines(one: Finding) -> list[str]:
    place = f"{one.place}: " if one.place else ""
    lines = [f"{one.level:<8} {one.check:<10} {place}{one.message}"]
    if one.cure and one.level != "ok":
        lines.append(f"{'':<19} -> {one.cure}")
    return [sanitise_line(line) for line in lines]


def _summary(findings: Sequence[Finding]) -> str:
    counts = Counter(one.level for one in findings)
    return ", ".join(
        (f"{counts['ok']} ok", counted(counts["warning"], "warning"), counted(counts["problem"], "problem"))
    )
