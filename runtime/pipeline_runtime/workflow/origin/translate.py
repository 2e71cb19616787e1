"""A file of the guide's origin as the data of today's format, with the places of its keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from pipeline_runtime.workflow.models import Defaults, InnerPath
from pipeline_runtime.workflow.notices import Notice, Notices
from pipeline_runtime.workflow.origin.legacy import legacy_keys
from pipeline_runtime.workflow.origin.reading import Keys
from pipeline_runtime.workflow.origin.state import FileState
from pipeline_runtime.workflow.origin.step import translate_step
from pipeline_runtime.workflow.origin.words import FLOW_REASONS, LEGACY_STEP_KEYS, WITHOUT_EFFECT

if TYPE_CHECKING:
    from pipeline_runtime.workflow.lines import TextLines
    from pipeline_runtime.workflow.problems import Loc, Report

_OUTPUT_DIR = "outputs"
_SHARED = (
    "stream",
    "stream_handler",
    "timeout",
    "retry",
    "max_tokens",
    "temperature",
    "on_handler_error",
    "on_drop",
)


@dataclass(frozen=True, slots=True)
class Translated:
    """What came of it."""

    data: dict[str, Any]
    """As a file of today's format would give it."""
    lines: dict[Loc, TextLines]
    """Where the lines of its templates stand."""
    notices: tuple[Notice, ...]


def translate(data: dict[str, Any], report: Report) -> Translated:
    """Translate it; `report` gets the problems, and the places of today's keys."""
    notices = Notices(report)
    root: Loc = ("workflow",) if isinstance(data.get("workflow"), dict) else ()
    flow = Keys(data["workflow"] if root else data, root, report, notices)
    for loc in legacy_keys(flow.data, root):
        notices.add(
            "legacy", "legacy streaming keys", loc, f"run `pipeline-tui migrate {report.path or 'FILE'}`"
        )
    state = FileState(flow, _variables(flow), report, notices)
    steps = flow.get("steps")
    state.alias(("steps",), flow.at("steps"))
    for index, step in enumerate(steps if isinstance(steps, list) else ()):
        translate_step(step, index, state)
    state.simulate_fields()
    out = _root(flow, state)
    for key in data.keys() - {"workflow"} if root else ():
        notices.add("ignored", f"`{key}` is ignored: it stands outside of `workflow`", (key,))
    flow.tell_rest(FLOW_REASONS, untold=WITHOUT_EFFECT | LEGACY_STEP_KEYS)
    state.defaults.tell_rest(FLOW_REASONS, untold=LEGACY_STEP_KEYS)
    return Translated(out, state.lines, notices.sorted())


def _root(flow: Keys, state: FileState) -> dict[str, Any]:
    shared = {key for key in _SHARED if key in Defaults.model_fields}
    defaults = state.defaults.passed(shared)
    opts = state.defaults.get("stream_handler_opts")
    if isinstance(opts, dict) and isinstance(defaults.get("stream_handler"), str):
        defaults["stream_handler"] = [{"handler": defaults["stream_handler"], "opts": opts}]
    for key in defaults:
        state.alias(("defaults", key), state.defaults.at(key))
    inputs, steps = flow.get("inputs"), flow.get("steps")
    given = {key: value for key in ("name", "description") if (value := flow.text(key)) is not None}
    return {
        **given,
        **flow.passed(("providers",)),
        "inputs": {**state.inputs, **inputs} if isinstance(inputs, dict) else state.inputs,
        "defaults": defaults,
        "output_dir": _output_dir(state.defaults),
        **({"steps": state.steps if isinstance(steps, list) else steps} if steps else {}),
    }


def _variables(flow: Keys) -> dict[str, Any]:
    """What the file gives a value to: `variables` and `input`, the single values in them."""
    found: dict[str, Any] = {}
    for key in ("input", "variables"):
        keys = flow.child(key)
        single = [name for name, value in keys.data.items() if isinstance(value, str | bool | int | float)]
        found |= keys.passed(single)
        keys.tell_rest(dict.fromkeys(keys.data, "only single values are known here"))
    return found


def _output_dir(defaults: Keys) -> str:
    given = defaults.text("output_dir")
    if given is None:
        return _OUTPUT_DIR
    try:
        return TypeAdapter(InnerPath).validate_python(given)
    except ValidationError:
        message = f"`output_dir` leads out of the working directory: answers go to `{_OUTPUT_DIR}`"
        defaults.notices.add("assumed", message, defaults.at("output_dir"))
        return _OUTPUT_DIR
