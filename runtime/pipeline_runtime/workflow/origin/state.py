"""What is known of an old file while its steps are read, and today's data as it grows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipeline_runtime.workflow.origin.prompt import PromptReader
from pipeline_runtime.workflow.origin.simulated import simulated_answer
from pipeline_runtime.workflow.spelling import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_runtime.workflow.lines import TextLines
    from pipeline_runtime.workflow.notices import Notices
    from pipeline_runtime.workflow.origin.options import Sourced
    from pipeline_runtime.workflow.origin.reading import Keys
    from pipeline_runtime.workflow.problems import Loc, Report

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
LONGEST_ID = 60


class FileState:
    """One file on its way to today's format."""

    def __init__(self, flow: Keys, variables: dict[str, Any], report: Report, notices: Notices) -> None:
        self.root: Loc = flow.loc
        self.report = report
        self.notices = notices
        self.defaults = flow.child("defaults")
        self.functions = flow.child("gemini_functions")
        self.variables = variables
        self.ids: dict[str, str] = {}
        """The steps so far, by name."""
        self.sessions: dict[str, str] = {}
        """The step that began a session, by the session's name."""
        self.steps: list[dict[str, Any]] = []
        self.inputs: dict[str, Any] = {}
        self.lines: dict[Loc, TextLines] = {}
        self.fields: dict[str, list[str]] = {}
        """What is taken out of the answer of a step."""
        self.prompts = PromptReader(self.ids, variables, report, notices)
        self._fallen: set[str] = set()
        self._last: str | None = None

    def id_for(self, name: str, index: int, loc: Loc) -> str:
        """The id for a step's name: the name itself where it can be one."""
        if _IDENTIFIER.fullmatch(name):
            return name
        plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name)[:LONGEST_ID].strip("_-")
        step_id = plain if plain[:1].isalpha() else f"step_{plain or index + 1}"
        if step_id in self.ids.values():
            step_id = f"{step_id}_{index + 1}"
        if name:
            self.notices.add("assumed", f"the step `{shorten(name)}` is called `{step_id}` here", loc)
        return step_id

    def alias(self, new: Loc, old: Loc) -> None:
        """Today's key `new` stands in the file where `old` does."""
        place = self.report.place(old)
        if place is not None:
            self.report.places[new] = place

    def add(self, step: Keys, step_id: str, out: Sourced, needs: list[str], *, skipped: bool) -> None:
        """Add a finished step.

        Steps ran in order, and one that failed ended the run: each needs the one before it, and those whose
        answers it reads. A step that is skipped stands in nobody's way but theirs.
        """
        index = len(self.steps)
        data = {key: value for key, (value, _) in out.items()}
        self.alias(("steps", index), step.loc)
        for key, (_, loc) in out.items():
            self.alias(("steps", index, key), loc)
        needed = [*needs, *([self._last] if self._last else [])]
        data.setdefault("needs", list(dict.fromkeys(needed)))
        self.steps.append(data)
        if skipped or not self._fallen.isdisjoint(needs):
            self._fallen.add(step_id)
        else:
            self._last = step_id
        self.ids.setdefault(step.text("name") or "", step_id)

    def simulate_fields(self) -> None:
        """Let the simulator answer with the fields that later steps take out of an answer."""
        for step in self.steps:
            if step["id"] in self.fields:
                step.setdefault("scenario", simulated_answer(self.fields[step["id"]]))

    def ask_for(self, names: Iterable[str], loc: Loc, *, needed: bool) -> None:
        """Declare inputs; one that is not needed stands for itself when it is not given, as it did."""
        for name in names:
            if name in self.inputs and not (needed and self.inputs[name].get("default") == _itself(name)):
                continue
            if name in self.variables:
                self.inputs[name] = {"default": self.variables[name]}
                continue
            self.inputs[name] = {} if needed else {"default": _itself(name)}
            message = f"`{_itself(name)}` is an input"
            self.notices.add("assumed", message, loc, f"give it by `--input {name}=...`")


def _itself(name: str) -> str:
    return f"{{{{ {name} }}}}"
