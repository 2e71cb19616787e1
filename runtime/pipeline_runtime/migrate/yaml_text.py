"""One YAML text, migrated by edits of the keys that change, and only if the rest is proven to be the same."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.migrate.contexts import DEFAULTS_KEY, looks_like_workflow
from pipeline_runtime.migrate.findings import GUIDE_YAML, Finding, Migrated
from pipeline_runtime.migrate.geometry import apply_edits
from pipeline_runtime.migrate.keys import FLAG, HANDLER, IN_OPTIONS, OPTIONS_KEY, OPTS, WORDS
from pipeline_runtime.migrate.layout import Layout
from pipeline_runtime.migrate.nodes import Alias, Mapping, Scalar, compose
from pipeline_runtime.migrate.planning import DocumentPlan

if TYPE_CHECKING:
    from pipeline_runtime.migrate.geometry import Edit
    from pipeline_runtime.migrate.nodes import Node
    from pipeline_runtime.migrate.slots import Draft

_WORD = re.compile("|".join(map(re.escape, WORDS)))
_LONGEST = 60
_OURS = IN_OPTIONS | {FLAG, HANDLER, OPTS}
_MAY_COME_AND_GO = {OPTIONS_KEY, DEFAULTS_KEY}
"""Where streaming keys were all that there was, or are."""


def may_be_legacy(text: str) -> bool:
    """Whether a text holds a word that a migration would look at: cheap, and never wrongly no."""
    return _WORD.search(text) is not None


def migrate(text: str, path: str) -> Migrated:
    """What becomes of a YAML text with legacy streaming keys.

    Args:
        text: The text, as decoded: line ends and a byte order mark as they are.
        path: What findings call the file.

    Raises:
        WorkflowError: it is not YAML.
    """
    documents = compose(text)
    layout = Layout(text, documents)
    edits: list[Edit] = []
    drafts: list[Draft] = []
    try:
        for document in documents:
            if looks_like_workflow(document):
                plan = DocumentPlan(document, layout)
                edits += plan.edits
                drafts += plan.drafts
        after = _final_break(text, apply_edits(text, edits))
        if edits:
            _prove(layout, documents, after)
    except (ValueError, WorkflowError) as reason:
        found = sorted({_left(draft, layout, path) for draft in drafts})
        line, column = (found[0].line, found[0].column) if found else (1, 1)
        refused = Finding(
            path, line, column, "legacy streaming keys", "", GUIDE_YAML, "error", fixable=False,
            why=f"the file is left alone: {reason}; change it by hand",
        )  # fmt: skip
        return Migrated(text, text, (refused, *found))
    return Migrated(text, after, tuple(sorted({_finding(draft, layout, path) for draft in drafts})))


def _finding(draft: Draft, layout: Layout, path: str) -> Finding:
    entry = draft.entry
    line, column = layout.source.position(entry.key.start)
    stands = " ".join(layout.text[entry.key.start : max(entry.key.end, entry.value.end)].split())
    what = stands if len(stands) <= _LONGEST else stands[: _LONGEST - 1] + "…"
    fixable = draft.severity != "error"
    return Finding(path, line, column, what, draft.becomes, draft.section, draft.severity, fixable, draft.why)


def _left(draft: Draft, layout: Layout, path: str) -> Finding:
    found = _finding(draft, layout, path)
    return replace(found, severity="error", fixable=False)


def _final_break(before: str, after: str) -> str:
    """A text that did not end its last line does not end it afterwards."""
    if before.endswith(("\n", "\r")) or not after.endswith(("\n", "\r")):
        return after
    return re.sub(r"(?:\r\n|\r|\n)\Z", "", after)


def _prove(layout: Layout, documents: list[Node], after: str) -> None:
    """Hold the result to the text before.

    Raises:
        ValueError: more than streaming keys differs, a comment is lost, or a second run would go on.
        WorkflowError: the result is not YAML.
    """
    now = compose(after)
    new_layout = Layout(after, now)
    comments = [
        Counter(one.text[two.start : two.end] for two in one.comments) for one in (layout, new_layout)
    ]
    if comments[0] != comments[1]:
        raise ValueError("a comment stands where it would be lost")
    if [_data(one) for one in documents] != [_data(one) for one in now]:
        raise ValueError("something else would change too")
    for document in now:
        if looks_like_workflow(document) and DocumentPlan(document, new_layout).edits:
            raise ValueError("it would not be done in one go")


def _data(node: Node) -> Any:
    """What a node says, but for the streaming keys: equal before and after."""
    if isinstance(node, Alias):
        return ("*", node.name)
    if isinstance(node, Scalar):
        return (node.value, node.tag, node.style)
    if isinstance(node, Mapping):
        pairs = [
            (one.name, _data(one.key), _data(one.value)) for one in node.entries if one.name not in _OURS
        ]
        kept = [one for one in pairs if one[0] not in _MAY_COME_AND_GO or one[2] != (None, [])]
        return (node.anchor, kept)
    return (node.anchor, [_data(item) for item in node.items])
