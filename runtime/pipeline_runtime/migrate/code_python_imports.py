"""The import that a rewritten handler needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from pipeline_runtime.migrate.code_python_tree import NotSimpleError, Tree, string_of
from pipeline_runtime.migrate.geometry import BOM, Edit

if TYPE_CHECKING:
    from collections.abc import Iterable

_PACKAGE = "pipeline_runtime"
_HOMES = (_PACKAGE, f"{_PACKAGE}.events")


def import_edit(tree: Tree, names: Iterable[str]) -> Edit | None:
    """An edit that imports names of the runtime, behind other imports; `None` if none is missing.

    Raises:
        NotSimpleError: a name means something else here.
    """
    here = imported(tree)
    missing = sorted(set(names) - here)
    for node in tree.nodes:
        if isinstance(node, cst.Name) and node.value in missing:
            parent = tree.parent(node)
            if not (isinstance(parent, cst.Attribute) and parent.attr is node):
                raise NotSimpleError(f"`{node.value}` means something else on line {tree.line(node)}")
    if not missing:
        return None
    line = f"from {_PACKAGE} import {', '.join(missing)}"
    last = _last_import(tree)
    if last is None:
        return _on_top(tree, line)
    at = tree.source.next_line(tree.span(last)[1])
    end = tree.source.line_break(tree.span(last)[1])
    is_cut = not tree.text[:at].endswith(("\n", "\r"))
    return Edit(at, at, f"{end}{line}" if is_cut else f"{line}{end}")


def imported(tree: Tree) -> set[str]:
    """What the module has of the runtime already."""
    found: set[str] = set()
    for statement in tree.module.body:
        for small in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
            if isinstance(small, cst.ImportFrom) and _home(tree, small) in _HOMES and not small.relative:
                aliases = small.names if not isinstance(small.names, cst.ImportStar) else ()
                found |= {
                    one.name.value for one in aliases if not one.asname and isinstance(one.name, cst.Name)
                }
    return found


def _home(tree: Tree, statement: cst.ImportFrom) -> str:
    return tree.module.code_for_node(statement.module) if statement.module is not None else ""


def _last_import(tree: Tree) -> cst.SimpleStatementLine | None:
    """The last of the imports that a module begins with, or its docstring."""
    last: cst.SimpleStatementLine | None = None
    for index, statement in enumerate(tree.module.body):
        if not isinstance(statement, cst.SimpleStatementLine):
            break
        first = statement.body[0]
        is_doc = index == 0 and isinstance(first, cst.Expr) and string_of(first.value) is not None
        if not is_doc and not isinstance(first, (cst.Import, cst.ImportFrom)):
            break
        last = statement
    return last


def _on_top(tree: Tree, line: str) -> Edit:
    """Before the first statement and its comments; behind those that the file begins with."""
    first = tree.module.body[0]
    decorated = getattr(first, "decorators", ())
    at = tree.source.line_start(tree.span(decorated[0] if decorated else first)[0])
    above = at
    while above > 0 and tree.text[tree.source.line_start(above - 1) :].startswith("#"):
        above = tree.source.line_start(above - 1)
    at = above if above > tree.source.line_start(0) else at
    at = max(at, len(BOM)) if tree.text.startswith(BOM) else at
    end = tree.source.line_break(at)
    return Edit(at, at, f"{line}{end}{end}{end}")
