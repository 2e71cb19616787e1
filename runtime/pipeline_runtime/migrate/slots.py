"""What a step's legacy flag and handler become: pure decisions, no text yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from pipeline_runtime.migrate.contexts import flatten, handler_texts
from pipeline_runtime.migrate.findings import GUIDE_ARCHITECTURE, GUIDE_YAML
from pipeline_runtime.migrate.keys import (
    BUILT_IN,
    FLAG,
    FLAGS,
    GONE,
    HANDLER,
    HANDLERS,
    OPTS,
    HandlerName,
    handler_name,
    is_old_module,
    truth,
)
from pipeline_runtime.migrate.nodes import Scalar, Sequence, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_runtime.migrate.contexts import Host
    from pipeline_runtime.migrate.findings import Severity
    from pipeline_runtime.migrate.nodes import Entry, Node

Meaning: TypeAlias = "bool | tuple[HandlerName, ...]"
NO_HANDLER = (
    f"nobody can say which handler it is: today's are {', '.join(BUILT_IN)}; "
    "port yours to handle_event(event) and name it by its Python path"
)
_PLAIN_TRUTHS = frozenset({"true", "True", "TRUE", "false", "False", "FALSE"})


@dataclass(frozen=True, slots=True, eq=False)
class Legacy:
    """One legacy entry of a step."""

    entry: Entry
    in_options: bool
    """It stands in `claude_options`, not in the step itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Rewrite:
    """A legacy entry and today's key for it; the values that change, by their node."""

    legacy: Legacy
    key: str
    values: tuple[tuple[Scalar, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A finding before it knows its file, line and column."""

    entry: Entry
    becomes: str
    severity: Severity
    why: str = ""
    section: str = GUIDE_YAML


@dataclass(slots=True)
class Decisions:
    """What is decided for one step."""

    rewrites: list[Rewrite] = field(default_factory=list)
    removed: list[Legacy] = field(default_factory=list)
    left: list[Legacy] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    handler: HandlerName | None = None
    """The handler that the step has in the end, if one is named."""
    handler_is_left: bool = False
    extra: list[tuple[str, str]] = field(default_factory=list)
    """Keys that the step needs so that a merge does not bring it what it had overridden."""

    def rewrite(self, legacy: Legacy, key: str, values: tuple[tuple[Scalar, str], ...], shown: str) -> None:
        """It gets today's key."""
        self.rewrites.append(Rewrite(legacy, key, values))
        section = GUIDE_ARCHITECTURE if key == FLAG else GUIDE_YAML
        self.drafts.append(Draft(legacy.entry, f"{key}: {shown}", "warning", section=section))

    def tell(self, legacy: Legacy, becomes: str) -> None:
        """It becomes options of today's handler."""
        self.drafts.append(Draft(legacy.entry, becomes, "warning"))

    def note(self, entry: Entry, why: str, becomes: str = "") -> None:
        """Part of it goes, or something is added that a reader should know of."""
        self.drafts.append(Draft(entry, becomes, "note", why))

    def remove(self, legacy: Legacy, why: str) -> None:
        """It goes."""
        self.removed.append(legacy)
        self.drafts.append(Draft(legacy.entry, "", "note", why))

    def leave_handler(self, why: str) -> None:
        """The handler stays, although it could be rewritten: without its options it could not be made."""
        rewrites = [one for one in self.rewrites if one.key == HANDLER]
        entries = [one.legacy.entry for one in rewrites]
        self.rewrites = [one for one in self.rewrites if one not in rewrites]
        self.drafts = [draft for draft in self.drafts if draft.entry not in entries]
        self.leave((one.legacy for one in rewrites), why)

    def leave(self, legacies: Iterable[Legacy], why: str) -> None:
        """They stay, and somebody must decide."""
        for legacy in legacies:
            self.left.append(legacy)
            self.drafts.append(Draft(legacy.entry, "", "error", why))


def decide_flag_and_handler(host: Host) -> Decisions:
    """What becomes of `async_stream`, `async_handler` and their like."""
    decisions = Decisions()
    _flag(host, decisions)
    _handler(host, decisions)
    for legacy in legacy_entries(host, GONE, GONE):
        decisions.remove(legacy, GONE[legacy.entry.name or ""])
    if host.overridden is not None:
        _keep_overridden(host, host.overridden, decisions)
    return decisions


def _keep_overridden(host: Host, overridden: Entry, decisions: Decisions) -> None:
    """A step's own options replaced merged ones whole; today's keys replace each other one by one."""
    merged = flatten(overridden.value)
    keys = {one.key for one in decisions.rewrites} | {entry.name for entry in host.mapping.entries}
    streams = FLAG in keys
    if not streams and not FLAGS.isdisjoint(merged):
        decisions.extra.append((FLAG, "false"))
    elif streams and HANDLER not in keys and HANDLER in merged:
        decisions.extra.append((HANDLER, "console"))
        if OPTS not in keys:
            decisions.extra.append((OPTS, "{}"))
    if decisions.extra and host.options is not None:
        shown = ", ".join(f"{key}: {text}" for key, text in decisions.extra)
        decisions.note(host.options, "its own options kept the merged ones away, and so does this", shown)


def legacy_entries(host: Host, in_step: Iterable[str], in_options: Iterable[str]) -> list[Legacy]:
    """A step's legacy entries of these names: its own, then those that its `claude_options` come to."""
    own = [Legacy(entry, in_options=False) for entry in host.own(*in_step)]
    below = flatten(host.options.value) if host.options else {}
    wanted = set(in_options)
    return own + [Legacy(entry, in_options=True) for name, entry in below.items() if name in wanted]


def _flag(host: Host, decisions: Decisions) -> None:
    legacies = legacy_entries(host, FLAGS, FLAGS)
    now = host.own(FLAG)
    read = {id(one): _truth(one.entry.value) for one in legacies}
    unread = [one for one in legacies if read[id(one)] is None]
    if unread:
        decisions.leave(legacies, "it is neither true nor false: write `stream: true` or `stream: false`")
        return
    values = {read[id(one)] for one in legacies} | {_truth(entry.value) for entry in now}
    if len(values) > 1 and legacies:
        decisions.leave(legacies, f"`{FLAG}` is said twice, and differently: keep one")
        return
    for legacy in _winner(legacies, taken=bool(now), key=FLAG, decisions=decisions):
        shown = "true" if read[id(legacy)] else "false"
        scalar = resolve(legacy.entry.value)
        assert isinstance(scalar, Scalar)
        plain = scalar.style is None and scalar.value in _PLAIN_TRUTHS
        decisions.rewrite(legacy, FLAG, () if plain else ((scalar, shown),), shown)


def _handler(host: Host, decisions: Decisions) -> None:
    legacies = legacy_entries(host, HANDLERS, {*HANDLERS, HANDLER})
    now = host.own(HANDLER)
    stale = [entry for entry in now if any(is_old_module(text) for text in handler_texts(entry.value))]
    legacies[:0] = [Legacy(entry, in_options=False) for entry in stale]
    now = [entry for entry in now if entry not in stale]
    names = {id(one): _handler_names(one.entry.value) for one in legacies}
    empty = [one for one in legacies if _is_empty(one.entry.value)]
    for legacy in empty:
        decisions.remove(legacy, "it names no handler")
    legacies = [one for one in legacies if one not in empty]
    if any(names[id(one)] is None for one in legacies):
        decisions.leave(legacies, NO_HANDLER)
        decisions.handler_is_left = True
        return
    kept = [_handler_names(entry.value) for entry in now]
    if len({_identity(one) for one in [*kept, *names.values()] if one}) > 1 and legacies:
        decisions.leave(legacies, f"`{HANDLER}` is said twice, and differently: keep one")
        decisions.handler_is_left = True
        return
    winners = _winner(legacies, taken=bool(now), key=HANDLER, decisions=decisions)
    for legacy in winners:
        found = names[id(legacy)] or ()
        changed = tuple(
            (scalar, name.text)
            for scalar, name in zip(_handler_scalars(legacy.entry.value), found, strict=True)
            if scalar.value != name.text
        )
        decisions.rewrite(legacy, HANDLER, changed, ", ".join(name.text for name in found))
    last = next((one for one in [*(names[id(w)] for w in winners), *kept] if one), None)
    decisions.handler = last[0] if last and len(last) == 1 else None


def _winner(legacies: list[Legacy], *, taken: bool, key: str, decisions: Decisions) -> list[Legacy]:
    """The one entry that is rewritten; the others say the same, and go."""
    winners = [] if taken else legacies[:1]
    for legacy in legacies[len(winners) :]:
        decisions.remove(legacy, f"`{key}` says the same")
    return winners


def _truth(node: Node) -> bool | None:
    node = resolve(node)
    return truth(node.value) if isinstance(node, Scalar) else None


def _handler_scalars(node: Node) -> list[Scalar]:
    """The names of a handler entry; none if there is anything else in it."""
    node = resolve(node)
    if isinstance(node, Scalar):
        return [node]
    if isinstance(node, Sequence):
        scalars = [item for item in map(resolve, node.items) if isinstance(item, Scalar)]
        return scalars if len(scalars) == len(node.items) else []
    return []


def _handler_names(node: Node) -> tuple[HandlerName, ...] | None:
    found = tuple(handler_name(scalar.value) for scalar in _handler_scalars(node))
    known = tuple(name for name in found if name is not None)
    return known if known and len(known) == len(found) else None


def _identity(names: tuple[HandlerName, ...]) -> tuple[str, ...]:
    return tuple(name.built_in or name.text for name in names)


def _is_empty(node: Node) -> bool:
    node = resolve(node)
    return isinstance(node, Scalar) and node.style is None and node.value in ("", "~", "null", "Null", "NULL")
