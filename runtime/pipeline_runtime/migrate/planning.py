"""A document's edits and findings: every step is decided first, then all are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.migrate.contexts import find_hosts
from pipeline_runtime.migrate.cutting import cut, empty_flow
from pipeline_runtime.migrate.geometry import Edit
from pipeline_runtime.migrate.nodes import Mapping
from pipeline_runtime.migrate.rewriting import StepEdits
from pipeline_runtime.migrate.rootkeys import RootEdits
from pipeline_runtime.migrate.settings import Settings, decide_settings
from pipeline_runtime.migrate.slots import Decisions, Draft, decide_flag_and_handler

if TYPE_CHECKING:
    from pipeline_runtime.migrate.contexts import Host
    from pipeline_runtime.migrate.layout import Layout
    from pipeline_runtime.migrate.nodes import Entry, Node


class DocumentPlan:
    """What becomes of one document."""

    def __init__(self, document: Node, layout: Layout) -> None:
        """Plan it.

        Raises:
            ValueError: a legacy key is written in a way that is not worth the risk of an edit.
        """
        self._layout = layout
        self.edits: list[Edit] = []
        self.drafts: list[Draft] = []
        decided = _decide(find_hosts(document))
        self.drafts = [draft for _, decisions, _ in decided for draft in decisions.drafts]
        left = {id(one.entry) for _, decisions, _ in decided for one in decisions.left}
        self._going: dict[int, Entry] = {}
        for _, decisions, settings in decided:
            legacies = [one.legacy for one in decisions.rewrites] + decisions.removed + settings.sources
            for legacy in legacies:
                if legacy.in_options and id(legacy.entry) not in left:
                    self._going[id(legacy.entry)] = legacy.entry
        self._moved: list[Entry] = []
        self._emptied: set[int] = set()
        for host, decisions, settings in decided:
            self._write(host, decisions, settings)
        self._cut_options()

    def _write(self, host: Host, decisions: Decisions, settings: Settings) -> None:
        step = (RootEdits if host.is_root else StepEdits)(host, decisions, settings, self._layout)
        if isinstance(step, RootEdits):
            step.write()
        elif step.hoisted:
            step.write_hoisted(instead=self._goes_wholly(host))
        self.edits += step.edits
        self._moved += step.moved
        legacies = [*decisions.removed, *settings.sources]
        if host.is_root:
            legacies += [one.legacy for one in decisions.rewrites]
        gone = [one.entry for one in legacies if not one.in_options]
        gone = [entry for entry in gone if entry not in step.replaced]
        if gone:
            self._take(host.mapping, gone, self._moved)

    def _goes_wholly(self, host: Host) -> bool:
        """Whether nothing of a step's own `claude_options` stays, and nobody else refers to it."""
        value = host.options.value if host.options else None
        if not isinstance(value, Mapping) or id(value) in self._layout.aliased:
            return False
        if not all(id(entry) in self._going for entry in value.entries):
            return False
        self._emptied.add(id(value))
        return True

    def _cut_options(self) -> None:
        mappings: dict[int, tuple[Mapping, list[Entry]]] = {}
        for entry in self._going.values():
            mapping = self._layout.mapping_of(entry)
            mappings.setdefault(id(mapping), (mapping, []))[1].append(entry)
        for mapping, entries in mappings.values():
            if id(mapping) not in self._emptied:
                self._take(mapping, entries, self._moved)
            elif not mapping.flow:
                self.edits += cut(mapping, entries, self._layout, moved=self._moved)

    def _take(self, mapping: Mapping, entries: list[Entry], moved: list[Entry]) -> None:
        """Cut entries; a mapping that loses all of them becomes `{}`."""
        if len(entries) < len(mapping.entries):
            self.edits += cut(mapping, entries, self._layout, moved=moved)
        elif mapping.flow:
            self.edits.append(empty_flow(mapping, self._layout))
        else:
            self.edits += cut(mapping, entries, self._layout, moved=moved)
            self.edits.append(self._braces(mapping))

    def _braces(self, mapping: Mapping) -> Edit:
        """`{}` behind the key, or the anchor, of a block that loses everything."""
        text = self._layout.text
        at = (
            len(text[: mapping.content].rstrip())
            if mapping.start < mapping.content
            else self._after_colon(mapping)
        )
        return Edit(at, at, " {}")

    def _after_colon(self, mapping: Mapping) -> int:
        line_start = self._layout.source.line_start(mapping.start)
        before = [one for one in self._layout.colons if one <= line_start]
        if not before or not self._layout.source.first_on_line(mapping.start):
            raise ValueError("a mapping would be empty")
        return before[-1]


def _decide(hosts: list[Host]) -> list[tuple[Host, Decisions, Settings]]:
    """What becomes of each step; the defaults first, because their handler counts for the steps."""
    decisions = {id(host): decide_flag_and_handler(host) for host in hosts}
    shared = next((decisions[id(host)].handler for host in hosts if host.is_defaults), None)
    return [
        (
            host,
            decisions[id(host)],
            decide_settings(host, decisions[id(host)], None if host.is_defaults else shared),
        )
        for host in hosts
    ]
