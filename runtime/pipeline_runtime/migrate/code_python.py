"""Legacy use in Python sources; handlers of the simple shapes are rewritten."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.migrate.code_python_calls import other_uses
from pipeline_runtime.migrate.code_python_classes import ADAPT, class_uses
from pipeline_runtime.migrate.code_python_functions import function_uses
from pipeline_runtime.migrate.code_python_imports import import_edit
from pipeline_runtime.migrate.code_python_loose import loose_uses
from pipeline_runtime.migrate.code_python_tree import NotSimpleError, Tree
from pipeline_runtime.migrate.findings import Migrated
from pipeline_runtime.migrate.geometry import apply_edits
from pipeline_runtime.migrate.keys import FLAGS, HANDLERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_runtime.migrate.code_uses import Use

_WORDS = [
    "on_chunk",
    "AsyncStreaming",
    "async_streaming",
    "AsyncHandler",
    r"""["']chunk["']""",
    *FLAGS,
    *HANDLERS,
]
_WORD = re.compile("|".join(_WORDS) + r"|Pipeline\.Streaming\.Handlers")


def may_be_legacy(text: str) -> bool:
    """Whether a text holds a word that could be legacy: cheap, and never wrongly no."""
    return _WORD.search(text) is not None


def migrate(text: str, path: str) -> Migrated:
    """What becomes of a Python source.

    Args:
        text: The source, as decoded: line ends and a byte order mark as they are.
        path: What findings call the file.

    Raises:
        WorkflowError: it is not Python.
    """
    if not may_be_legacy(text):
        return Migrated(text, text, ())
    tree = Tree(text)
    uses = _unique(_uses(tree))
    try:
        after = _rewritten(tree, uses)
    except NotSimpleError as reason:
        return _left(tree, uses, path, str(reason))
    except (ValueError, WorkflowError) as reason:
        return _left(tree, uses, path, f"it would not be right afterwards: {reason}")
    return Migrated(text, after, tuple(sorted({use.finding(path, tree.source) for use in uses})))


def _uses(tree: Tree) -> Iterable[Use]:
    return [*class_uses(tree), *function_uses(tree), *loose_uses(tree), *other_uses(tree)]


def _unique(uses: Iterable[Use]) -> list[Use]:
    """A use once, as who found it first tells it: a function's before those anywhere."""
    found: dict[tuple[int, str], Use] = {}
    for use in uses:
        found.setdefault((use.start, use.what), use)
    return list(found.values())


def _rewritten(tree: Tree, uses: list[Use]) -> str:
    """The text with all edits.

    Raises:
        NotSimpleError: a name that it needs means something else.
        ValueError: two edits touch the same place, or a second run would go on.
        WorkflowError: it would not be Python.
    """
    edits = [edit for use in uses for edit in use.edits]
    if not edits:
        return tree.text
    added = import_edit(tree, {name for use in uses for name in use.names})
    after = apply_edits(tree.text, [*edits, *([added] if added is not None else [])])
    if any(use.edits for use in _uses(Tree(after))):
        raise ValueError("a second run would change it again")
    return after


def _left(tree: Tree, uses: list[Use], path: str, reason: str) -> Migrated:
    """Nothing is changed."""
    why = ADAPT.format(reason)
    left = [replace(use, edits=(), why=why) if use.edits else use for use in uses]
    return Migrated(tree.text, tree.text, tuple(sorted({use.finding(path, tree.source) for use in left})))
