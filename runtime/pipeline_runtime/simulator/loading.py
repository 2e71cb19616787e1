"""Scenario files: YAML read into `Scenario`, every mistake named with its file, line, column and cure."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.simulator.replay import Chunks, Replay
from pipeline_runtime.simulator.scenario import Part, Scenario, Timing, ToolUse, Turn, UsagePlan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

SCENARIOS = Path(__file__).parent / "scenarios"
"""The folder of the bundled scenarios."""

_MAX_BYTES = 1 << 20
_MAX_NODES = 20_000
_LAST = _MAX_BYTES + 1
"""Where problems without a line are sorted: a missing key is often one that is misspelt further down."""
_MODELS: dict[str, type[BaseModel]] = {
    "timing": Timing,
    "usage": UsagePlan,
    "reply": Part,
    "turns": Turn,
    "tool": ToolUse,
    "replay": Replay,
    "chunks": Chunks,
}


def load_scenario(path: Path) -> Scenario:
    """Read one scenario file; its name is by default the file's.

    Raises:
        WorkflowError: it cannot be read or is not right.
    """
    text = _read(path)
    try:
        tree = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (None, None)
        raise WorkflowError(
            f"this is not YAML: {error.problem or 'it cannot be read'}",
            path=str(path),
            line=line,
            column=column,
            cure="look at the indentation, quotes and colons near this place",
        ) from error
    except (YAMLError, ValueError) as error:
        raise WorkflowError(
            f"this is not YAML: {error}", path=str(path), cure="see docs/simulator.md"
        ) from error
    if not isinstance(tree, CommentedMap):
        raise WorkflowError(
            "a scenario is a mapping of keys to values",
            path=str(path),
            line=1,
            cure="begin with `reply: ...`",
        )
    return _validate(tree, str(path), path.stem, path.parent)


def parse_scenario(mapping: Mapping[str, Any], source: str, folder: Path | None = None) -> Scenario:
    """Read a scenario that stands inside something else, e.g. a step of a workflow.

    Args:
        mapping: the keys of a scenario file; `name` may be absent. Lines and columns are known when it comes
            from ruamel.yaml's round-trip loader.
        source: what errors call it: a file, or a file and a step.
        folder: what paths in it are relative to; the current folder by default.

    Raises:
        WorkflowError: it is not right.
    """
    return _validate(mapping, source, "inline", folder or Path())


def scenario_files(folder: Path) -> dict[str, Path]:
    """The scenario files of a folder, by the name that URLs use."""
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def bundled_scenarios() -> dict[str, Scenario]:
    """All scenarios that come with the simulator, by name."""
    return {name: load_scenario(path) for name, path in scenario_files(SCENARIOS).items()}


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise WorkflowError(
            f"the scenario cannot be read: {reason}", path=str(path), cure="give the path of a YAML file"
        ) from error
    if len(data) > _MAX_BYTES:
        raise WorkflowError(
            f"the scenario has {len(data)} bytes", path=str(path), cure=f"keep it under {_MAX_BYTES} bytes"
        )
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise WorkflowError(
            f"byte {error.start} is not UTF-8", path=str(path), line=line, cure="save the file as UTF-8"
        ) from error


def _validate(mapping: Mapping[str, Any], source: str, name: str, folder: Path) -> Scenario:
    plain = _plain(mapping, source, [_MAX_NODES])
    try:
        scenario = Scenario.model_validate({"name": name} | plain)
    except ValidationError as error:
        problems = [_problem(details, mapping, source) for details in error.errors()]
        raise min(problems, key=lambda problem: (problem.line or _LAST, problem.column or 0)) from error
    if scenario.replay is None:
        return scenario
    return _placed(scenario, scenario.replay.inside(folder), mapping, source)


def _placed(scenario: Scenario, replay: Replay, mapping: Mapping[str, Any], source: str) -> Scenario:
    """The scenario with the path of its recording made whole; sees that there is one."""
    key = "log" if replay.file is None else "file"
    if not Path(replay.path).is_file():
        line, column = _position(mapping, ("replay", key))
        raise WorkflowError(
            f"there is no recording {replay.path!r}",
            path=source,
            line=line,
            column=column,
            key=f"replay.{key}",
            cure="give a path relative to the scenario's file",
        )
    # Only the path is changed: which keys were given must stay known.
    return scenario.model_copy(update={"replay": replay})


def _plain(value: Any, source: str, left: list[int]) -> Any:
    """The value without ruamel's types, bounded: aliases can make a small file expand without end."""
    left[0] -= 1
    if left[0] < 0:
        raise WorkflowError(
            f"the scenario expands to more than {_MAX_NODES} values", path=source, cure="write fewer aliases"
        )
    if isinstance(value, dict):
        return {str(key): _plain(item, source, left) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, source, left) for item in value]
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float):
        return float(value)
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _problem(details: ErrorDetails, mapping: Mapping[str, Any], source: str) -> WorkflowError:
    location = details["loc"]
    line, column = _position(mapping, location)
    key = ".".join(str(part) for part in location if part != "int")
    message, cure = _explain(details, key)
    return WorkflowError(message, path=source, line=line, column=column, key=key or None, cure=cure)


def _explain(details: ErrorDetails, key: str) -> tuple[str, str]:
    if details["type"] == "extra_forbidden":
        return _unknown_key(details["loc"])
    if details["type"] == "missing":
        return f"the key {key!r} is missing", "see docs/simulator.md"
    message = details["msg"].removeprefix("Value error, ")
    return (f"{key}: {message}" if key else message), "see docs/simulator.md"


def _unknown_key(location: tuple[int | str, ...]) -> tuple[str, str]:
    parents = [part for part in location[:-1] if isinstance(part, str)]
    known = list(_MODELS.get(parents[-1], Scenario).model_fields) if parents else list(Scenario.model_fields)
    name = str(location[-1])
    near = difflib.get_close_matches(name, known, n=1)
    return (
        f"unknown key {name!r}",
        f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}",
    )


def _position(node: Any, location: tuple[int | str, ...]) -> tuple[int | None, int | None]:
    """Line and column (from 1) of the deepest part of a location that is in the file."""
    place: tuple[int | None, int | None] = (None, None)
    for part in location:
        if isinstance(node, CommentedMap) and part in node:
            line, column = node.lc.key(part)
        elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
            line, column = node.lc.item(part)
        else:
            break
        place = (line + 1, column + 1)
        node = node[part]
    return place
