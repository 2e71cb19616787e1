"""The answers of a run that later steps may still name: a long run does not keep the others."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pipeline_runtime.workflow.template_check import named_steps
from pipeline_runtime.workflow.templates import StepView

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline_runtime.events import Response
    from pipeline_runtime.workflow.models import Step


class Answers:
    """What the templates of steps see of the steps before them."""

    def __init__(self, steps: Iterable[Step]) -> None:
        steps = tuple(steps)
        every = frozenset(step.id for step in steps)
        self._named = {step.id: named for step in steps if (named := _named_by(step, every))}
        """For each step whose templates name others: which."""
        self._wanted = Counter(name for named in self._named.values() for name in named)
        """By how many steps that have not begun yet each is named."""
        self._views: dict[str, StepView] = {}

    @property
    def views(self) -> Mapping[str, StepView]:
        """The answers by step, for a template."""
        return self._views

    def keep(self, step: str, response: Response) -> None:
        """A step was answered."""
        if self._wanted[step] > 0:
            self._views[step] = StepView.of(response)

    def rendered(self, step: str) -> None:
        """The templates of a step have been rendered: what only they named is not needed any more."""
        for name in self._named.pop(step, ()):
            self._wanted[name] -= 1
            if self._wanted[name] == 0:
                self._views.pop(name, None)


def _named_by(step: Step, every: frozenset[str]) -> frozenset[str]:
    """The steps that its templates name; all, where a template looks one up by a name that it makes."""
    named = [named_steps(template) for template in (step.prompt, step.system or "")]
    return frozenset().union(*(every if one is None else one for one in named))
