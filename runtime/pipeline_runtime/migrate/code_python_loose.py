"""Chunks and results that are told apart elsewhere than in a handler: in a loop, in a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from pipeline_runtime.migrate.code_python_classes import ADAPT
from pipeline_runtime.migrate.code_python_functions import BECOMES
from pipeline_runtime.migrate.code_python_shapes import compared_word, pair_word, word_of
from pipeline_runtime.migrate.code_python_tree import Tree, string_of
from pipeline_runtime.migrate.code_uses import Use
from pipeline_runtime.migrate.findings import GUIDE_ARCHITECTURE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime.migrate.code_python_branches import Word

_WHY = ADAPT.format("it is no handler of one event")
_BOTH = {"chunk", "complete"}


def loose_uses(tree: Tree) -> Iterator[Use]:
    """All places; those of handlers too, which others tell better."""
    groups: dict[tuple[int, str], list[tuple[Word, cst.CSTNode]]] = {}
    for node in tree.nodes:
        if isinstance(node, cst.Comparison):
            word, value = compared_word(node), node.left
        elif isinstance(node, cst.MatchCase):
            matched = tree.owner(node, cst.Match)
            if pair_word(node) is not None or matched is None:
                yield from _pair(tree, node)
                continue
            word, value, node = _plain(node), matched.subject, node.pattern  # noqa: PLW2901 - the pattern is told
        else:
            continue
        if word is not None:
            function = tree.owner(node, cst.FunctionDef)
            groups.setdefault((id(function), tree.code(value)), []).append((word, node))
    for group in groups.values():
        if {word for word, _ in group} == _BOTH:
            for word, node in group:
                yield _use(tree, word, node)


def _pair(tree: Tree, case: cst.MatchCase) -> Iterator[Use]:
    word = pair_word(case)
    if word is not None:
        yield _use(tree, word, case.pattern)


def _plain(case: cst.MatchCase) -> Word | None:
    """`case "chunk":`."""
    return word_of(string_of(case.pattern.value)) if isinstance(case.pattern, cst.MatchValue) else None


def _use(tree: Tree, word: Word, node: cst.CSTNode) -> Use:
    return Use(tree.span(node)[0], tree.code(node), BECOMES[word], GUIDE_ARCHITECTURE, _WHY)
