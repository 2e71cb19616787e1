"""Where in a document legacy keys may stand: steps of any depth, `defaults`, templates of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_runtime.migrate.keys import HANDLER, IN_OPTIONS, OPTIONS_KEY, STEP_KEYS, is_old_module
from pipeline_runtime.migrate.nodes import MERGE_KEY, Entry, Mapping, Scalar, Sequence, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime.migrate.nodes import Node

_DATA = frozenset(
    {"prompt", "params", "inputs", "tools", "input_schema", "headers", "scenario", "content", "variables",
     "opts", "stream_handler_opts", "gemini_options", "parameters", "schema", "output_schema"}
)  # fmt: skip
"""What stands below these is somebody's data, and no step."""
DEFAULTS_KEY = "defaults"
_ROOT_KEYS = frozenset({"steps", "workflow", DEFAULTS_KEY})
_STEP_SIGNS = frozenset(
    {"id", "name", "type", "provider", "model", "prompt", "steps", "tasks", "parallel_tasks"}
)
_FEWEST_SIGNS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Host:
    """A mapping that is a step, the defaults, or a template of them, and has legacy keys in it or below."""

    mapping: Mapping
    options: Entry | None
    """Its `claude_options`."""
    is_defaults: bool = False
    is_root: bool = False
    """It is the file itself: its streaming keys belong into `defaults` today."""
    overridden: Entry | None = None
    """The `claude_options` that a merge would bring, had it none of its own."""

    def own(self, *names: str) -> list[Entry]:
        """Its entries of these names, in the order of the text."""
        return [entry for entry in self.mapping.entries if entry.name in names]


def looks_like_workflow(document: Node) -> bool:
    """Whether a document is a workflow, a step, or a list of steps."""
    if isinstance(document, Mapping):
        names = {entry.name for entry in document.entries}
        return not names.isdisjoint(_ROOT_KEYS) or _looks_like_step(document)
    return isinstance(document, Sequence) and any(_looks_like_step(resolve(item)) for item in document.items)


def find_hosts(document: Node) -> list[Host]:
    """Every mapping of a document whose legacy keys are to be migrated, in the order of the text.

    Raises:
        ValueError: `claude_options` stands twice in a step, or a template serves both steps and options.
    """
    mappings = list(_mappings(document))
    holders = [entry for _, mapping in mappings for entry in mapping.entries if entry.name == OPTIONS_KEY]
    options = {id(one) for entry in holders for one in _sources(entry.value)}
    roots = _roots(document)
    hosts: list[Host] = []
    for key, mapping in mappings:
        if id(mapping) in options:
            continue
        own = [entry for entry in mapping.entries if entry.name == OPTIONS_KEY]
        if len(own) > 1 and any(_legacy_options(entry.value) for entry in own):
            raise ValueError(f"`{OPTIONS_KEY}` stands twice in a step")
        merged = _sources(mapping)[1:]
        if any(id(one) in options and _legacy_options(one) for one in merged):
            raise ValueError(f"an anchor is merged into a step and into `{OPTIONS_KEY}`")
        overridden = _overridden(merged) if own else None
        if overridden or (own and _legacy_options(own[0].value)) or _has_step_keys(mapping):
            entry = own[0] if own else None
            is_root = mapping in roots
            is_defaults = is_root or key == DEFAULTS_KEY
            hosts.append(Host(mapping, entry, is_defaults, is_root, overridden))
    return hosts


def _roots(document: Node) -> list[Mapping]:
    """The mappings that are the file itself: those that hold its steps."""
    if not isinstance(document, Mapping):
        return []
    inner = [entry.value for entry in document.entries if entry.name == "workflow"]
    return [
        one
        for one in (document, *inner)
        if isinstance(one, Mapping)
        and any(entry.name == "steps" for entry in one.entries)
        and not _is_step(one)
    ]


def _is_step(mapping: Mapping) -> bool:
    """Whether a mapping with steps is a step itself, such as a loop on its own."""
    return not {"id", "type", "prompt"}.isdisjoint({entry.name for entry in mapping.entries})


def _overridden(merged: list[Mapping]) -> Entry | None:
    """The legacy `claude_options` of the strongest merged mapping that has any."""
    found = next((entry for one in merged for entry in one.entries if entry.name == OPTIONS_KEY), None)
    return found if found is not None and _legacy_options(found.value) else None


def _legacy_options(node: Node) -> bool:
    return not IN_OPTIONS.isdisjoint(flatten(node))


def flatten(node: Node) -> dict[str, Entry]:
    """The entries of a mapping by name, and what its merge keys bring: its own win, then the first merged."""
    found: dict[str, Entry] = {}
    for mapping in _sources(node):
        for entry in mapping.entries:
            if entry.name is not None and entry.name != MERGE_KEY:
                found.setdefault(entry.name, entry)
    return found


def _sources(node: Node) -> list[Mapping]:
    """A mapping, and those that are merged into it, each once, the strongest first."""
    found: list[Mapping] = []
    waiting: list[Node] = [node]
    while waiting:
        one = resolve(waiting.pop(0))
        if isinstance(one, Sequence):
            waiting[:0] = one.items
        elif isinstance(one, Mapping) and all(one is not other for other in found):
            found.append(one)
            waiting[:0] = [entry.value for entry in one.entries if entry.name == MERGE_KEY]
    return found


def _mappings(document: Node) -> Iterator[tuple[str | None, Mapping]]:
    """Every mapping that is not data, with the key that it stands under."""
    waiting: list[tuple[str | None, Node]] = [(None, document)]
    while waiting:
        key, node = waiting.pop()
        if isinstance(node, Mapping):
            yield key, node
            below = [(entry.name, entry.value) for entry in node.entries if entry.name not in _DATA]
            waiting += reversed(below)
        elif isinstance(node, Sequence):
            waiting += [(None, item) for item in reversed(node.items)]


def _has_step_keys(mapping: Mapping) -> bool:
    for entry in mapping.entries:
        if entry.name in STEP_KEYS:
            return True
        if entry.name == HANDLER and any(is_old_module(name) for name in handler_texts(entry.value)):
            return True
    return False


def handler_texts(node: Node) -> list[str]:
    """The handler names of a `stream_handler`: one, or those of a list."""
    node = resolve(node)
    if isinstance(node, Scalar):
        return [node.value]
    return [one.value for one in node.items if isinstance(one, Scalar)] if isinstance(node, Sequence) else []


def _looks_like_step(node: Node) -> bool:
    if not isinstance(node, Mapping):
        return False
    names = {entry.name for entry in node.entries}
    return OPTIONS_KEY in names or len(names & _STEP_SIGNS) >= _FEWEST_SIGNS
