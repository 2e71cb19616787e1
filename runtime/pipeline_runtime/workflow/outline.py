"""The skeleton of a workflow file, read from its raw data: what checks across steps look at.

Tolerant: what is of the wrong shape is left out here (the models report it), so that one mistake does not
hide the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline_runtime.workflow.problems import Loc


@dataclass(frozen=True, slots=True)
class StepOutline:
    """One step, as far as it can be made out."""

    index: int
    id: str | None
    needs: tuple[tuple[Loc, str], ...] | None
    """Where each need is named, and whom it names; `None` when the step says nothing."""
    provider: tuple[Loc, str] | None
    """Its provider, its own or the defaults'."""
    templates: tuple[tuple[Loc, str], ...]
    """Its prompt and its system prompt, with their places."""

    @property
    def loc(self) -> Loc:
        """Where it is."""
        return ("steps", self.index)


@dataclass(frozen=True, slots=True)
class Outline:
    """What checks across steps need to know."""

    inputs: tuple[str, ...]
    providers: dict[str, dict[str, Any]]
    steps: tuple[StepOutline, ...]

    def by_id(self) -> dict[str, StepOutline]:
        """The first step of each id."""
        found: dict[str, StepOutline] = {}
        for step in self.steps:
            if step.id is not None:
                found.setdefault(step.id, step)
        return found


def outline(data: dict[str, Any]) -> Outline:
    """The skeleton of a file's data."""
    defaults = _mapping(data.get("defaults"))
    steps = data.get("steps")
    return Outline(
        inputs=tuple(_mapping(data.get("inputs"))),
        providers={name: _mapping(given) for name, given in _mapping(data.get("providers")).items()},
        steps=tuple(
            _step(index, step, defaults)
            for index, step in enumerate(steps if isinstance(steps, list) else ())
            if isinstance(step, dict)
        ),
    )


def _step(index: int, step: dict[str, Any], defaults: dict[str, Any]) -> StepOutline:
    loc: Loc = ("steps", index)
    needs = step.get("needs")
    given_id = step.get("id")
    system = _text("system", step, loc) if "system" in step else _text("system", defaults, ("defaults",))
    templates = (_text("prompt", step, loc), system)
    return StepOutline(
        index=index,
        id=given_id if isinstance(given_id, str) else None,
        needs=_needs(needs, (*loc, "needs")) if isinstance(needs, list) else None,
        provider=_text("provider", step, loc) or _text("provider", defaults, ("defaults",)),
        templates=tuple(template for template in templates if template is not None),
    )


def _needs(needs: list[Any], loc: Loc) -> tuple[tuple[Loc, str], ...]:
    return tuple(((*loc, index), name) for index, name in enumerate(needs) if isinstance(name, str))


def _text(key: str, mapping: dict[str, Any], loc: Loc) -> tuple[Loc, str] | None:
    value = mapping.get(key)
    return ((*loc, key), value) if isinstance(value, str) else None


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
