"""State that a handler keeps in its module: shared by all runs, and so what the guide warns of."""

from __future__ import annotations

import libcst as cst

from pipeline_runtime.migrate.code_python_tree import Tree, below

_MAKERS = frozenset(
    {"list", "dict", "set", "deque", "defaultdict", "Counter", "OrderedDict", "bytearray", "StringIO"}
)
_CHANGES = frozenset({
    "add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem", "popleft", "put",
    "remove", "setdefault", "update", "write",
})  # fmt: skip
_MUTABLE = (cst.List, cst.Dict, cst.Set, cst.ListComp, cst.DictComp, cst.SetComp)


def module_state(tree: Tree) -> frozenset[str]:
    """The names of the module that are bound to something that can change."""
    found: set[str] = set()
    for statement in tree.module.body:
        if not isinstance(statement, cst.SimpleStatementLine):
            continue
        for small in statement.body:
            if isinstance(small, cst.Assign) and _can_change(small.value):
                found |= {one.target.value for one in small.targets if isinstance(one.target, cst.Name)}
            elif isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name):
                found |= {small.target.value} if small.value and _can_change(small.value) else set()
    return frozenset(found)


def changed_state(handler: cst.CSTNode, state: frozenset[str]) -> tuple[str, cst.CSTNode] | None:
    """The first of a module's names that a handler changes, and where."""
    for node in below(handler):
        if isinstance(node, cst.Global):
            return node.names[0].name.value, node
        name = _changed(node)
        if name in state:
            return name, node
    return None


def _can_change(value: cst.BaseExpression) -> bool:
    if isinstance(value, cst.Call):
        func = value.func.attr if isinstance(value.func, cst.Attribute) else value.func
        return isinstance(func, cst.Name) and func.value in _MAKERS
    return isinstance(value, _MUTABLE)


def _changed(node: cst.CSTNode) -> str | None:
    """The name whose object a node changes."""
    target: cst.CSTNode | None = None
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        target = node.func.value if node.func.attr.value in _CHANGES else None
    elif isinstance(node, (cst.AssignTarget, cst.AugAssign)):
        target = node.target
        if isinstance(node, cst.AssignTarget) and isinstance(target, cst.Name):
            return None
    elif isinstance(node, cst.Del):
        target = node.target
    while isinstance(target, cst.Subscript):
        target = target.value
    return target.value if isinstance(target, cst.Name) else None
