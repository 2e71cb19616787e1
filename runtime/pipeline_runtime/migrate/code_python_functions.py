"""Handlers as functions that tell `("chunk", text)` from `("complete", result)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from pipeline_runtime.migrate.code_python_classes import ADAPT, check_state, state_use
from pipeline_runtime.migrate.code_python_result import result_edit
from pipeline_runtime.migrate.code_python_shapes import shape_of
from pipeline_runtime.migrate.code_python_state import changed_state, module_state
from pipeline_runtime.migrate.code_python_tree import NotSimpleError, Tree
from pipeline_runtime.migrate.code_uses import Use
from pipeline_runtime.migrate.findings import GUIDE_ARCHITECTURE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime.migrate.code_python_branches import Branch, Shape
    from pipeline_runtime.migrate.geometry import Edit

BECOMES = {"chunk": "Delta: event.content", "complete": "Done: event.response"}
NEEDS = {"chunk": "Delta", "complete": "Done"}


def function_uses(tree: Tree) -> Iterator[Use]:
    """Where functions look for chunks and results, with what that becomes."""
    state = module_state(tree)
    for node in tree.nodes:
        if isinstance(node, cst.FunctionDef):
            shape = shape_of(tree, node)
            if shape is not None:
                yield from _uses(tree, shape, state)


def _uses(tree: Tree, shape: Shape, state: frozenset[str]) -> Iterator[Use]:
    changed = changed_state(shape.function, state)
    why = ""
    edits: dict[int, list[Edit]] = {}
    try:
        check_state(changed)
        edits = _edits(tree, shape)
    except NotSimpleError as reason:
        why = ADAPT.format(reason)
    for index, branch in enumerate(shape.branches):
        needs = frozenset({NEEDS[branch.kind]} | ({"Delta", "Done"} if shape.annotated else set()))
        yield Use(
            tree.span(branch.place)[0], tree.code(branch.place), BECOMES[branch.kind], GUIDE_ARCHITECTURE,
            why, tuple(edits.get(index, ())), needs if edits else frozenset(),
        )  # fmt: skip
    if changed is not None:
        yield state_use(tree, *changed)


def _edits(tree: Tree, shape: Shape) -> dict[int, list[Edit]]:
    """Each branch's edits; the first has those of the whole function."""
    _check_calls(tree, shape.function)
    shape.check(tree)
    edits = {index: _branch_edits(tree, branch) for index, branch in enumerate(shape.branches)}
    edits[0] += shape.head_edits(tree)
    return edits


def _branch_edits(tree: Tree, branch: Branch) -> list[Edit]:
    payload = branch.payload(tree)
    edits = [branch.test_edit(tree)]
    for node in payload:
        if branch.kind == "chunk":
            if branch.content != tree.code(node):
                edits.append(tree.replace(node, branch.content))
        else:
            edit = result_edit(tree, node, branch.content)
            edits += [edit] if edit is not None else []
    return edits


def _check_calls(tree: Tree, function: cst.FunctionDef) -> None:
    """A function that its own module calls with a pair would not be understood any more."""
    for node in tree.nodes:
        if isinstance(node, cst.Call):
            called = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
            if isinstance(called, cst.Name) and called.value == function.name.value:
                raise NotSimpleError(f"line {tree.line(node)} calls it")
