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
    files: tuple[str, ...] = ()
    """The names of the files that it reads."""
    paths: tuple[tuple[Loc, str], ...] = ()
    """The templates of the paths that it reads and writes."""

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
    skipped = isinstance(step.get("skip"), str)  # it is never rendered, and calls nobody
    system = _text("system", step, loc) if "system" in step else _text("system", defaults, ("defaults",))
    templates = (_text("prompt", step, loc), system)
    return StepOutline(
        index=index,
        id=given_id if isinstance(given_id, str) else None,
        needs=_needs(needs, (*loc, "needs")) if isinstance(needs, list) else None,
        provider=None
        if skipped
        else _text("provider", step, loc) or _text("provider", defaults, ("defaults",)),
        templates=() if skipped else tuple(template for template in templates if template is not None),
        files=tuple(_mapping(step.get("files"))),
        paths=() if skipped else _paths(step, loc),
    )


def _paths(step: dict[str, Any], loc: Loc) -> tuple[tuple[Loc, str], ...]:
    files = _mapping(step.get("files"))
    given = [_text(name, files, (*loc, "files")) for name in files]
    given.append(_text("output_to_file", step, loc))
    return tuple(path for path in given if path is not None)


def _needs(needs: list[Any], loc: Loc) -> tuple[tuple[Loc, str], ...]:
    return tuple(((*loc, index), name) for index, name in enumerate(needs) if isinstance(name, str))


def _text(key: str, mapping: dict[str, Any], loc: Loc) -> tuple[Loc, str] | None:
    value = mapping.get(key)
    return ((*loc, key), value) if isinstance(value, str) else None


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
