"""What a legacy handler reads of its result, and what that is of today's response."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from pipeline_runtime.migrate.code_python_tree import NotSimpleError, Tree, below, index_of, string_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime.migrate.geometry import Edit

_PLAIN = {"text": "text", "content": "text", "finish_reason": "finish_reason", "model": "model"}
_USAGE = {"tokens": "output", "output_tokens": "output", "input_tokens": "input", "total_tokens": "total"}
_KEY_AND_DEFAULT = 2


def reads_of(tree: Tree, within: cst.CSTNode, name: str) -> Iterator[cst.Name]:
    """Where a name is read.

    Raises:
        NotSimpleError: it is bound again there.
    """
    for node in below(within):
        if not isinstance(node, cst.Name) or node.value != name:
            continue
        parent = tree.parent(node)
        if isinstance(parent, cst.Attribute) and parent.attr is node:
            continue
        if isinstance(parent, cst.Arg) and parent.keyword is node:
            continue
        if not tree.is_read(node):
            raise NotSimpleError(f"`{name}` is bound again on line {tree.line(node)}")
        yield node


def result_edit(tree: Tree, node: cst.BaseExpression, base: str) -> Edit | None:
    """An edit of one use of the result; `None` if it says the same today.

    Args:
        tree: The source.
        node: The expression that is the result.
        base: The expression that is the response.

    Raises:
        NotSimpleError: nobody can say what it is today.
    """
    outer, key, default = _use(tree, node)
    if key in _PLAIN:
        today = f"{base}.{_PLAIN[key]}"
    elif key in _USAGE:
        today = f"({base}.usage and {base}.usage.{_USAGE[key]})"
    else:
        raise NotSimpleError(f"a response has no `{key}` (line {tree.line(node)})")
    if default is not None:
        today = f"({today} or {default})"
    if not tree.is_read(outer) and not isinstance(outer, cst.Call):
        raise NotSimpleError(f"the result is changed on line {tree.line(node)}")
    return tree.replace(outer, today) if tree.code(outer) != today else None


def _use(tree: Tree, node: cst.BaseExpression) -> tuple[cst.BaseExpression, str, str | None]:
    """The expression that reads one thing of the result, its key, and what stands for a missing one."""
    parent = tree.parent(node)
    if isinstance(parent, cst.Subscript) and parent.value is node:
        key = string_of(index_of(parent))
        if key is not None:
            return parent, key, None
    if isinstance(parent, cst.Attribute) and parent.value is node:
        call = tree.parent(parent)
        if isinstance(call, cst.Call) and call.func is parent and parent.attr.value == "get":
            return _get(tree, call)
        return parent, parent.attr.value, None
    raise NotSimpleError(f"what happens to the whole result on line {tree.line(node)} cannot be told")


def _get(tree: Tree, call: cst.Call) -> tuple[cst.BaseExpression, str, str | None]:
    args = call.args
    key = string_of(args[0].value) if 1 <= len(args) <= _KEY_AND_DEFAULT else None
    if key is None or any(arg.keyword or arg.star for arg in args):
        raise NotSimpleError(f"the key on line {tree.line(call)} is not plain")
    default = tree.module.code_for_node(args[1].value) if len(args) == _KEY_AND_DEFAULT else None
    return call, key, default
