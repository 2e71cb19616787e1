"""Legacy arguments, names and strings in Python, outside of handlers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from pipeline_runtime.migrate.code_python_shapes import word_of
from pipeline_runtime.migrate.code_python_tree import Tree, index_of, string_of
from pipeline_runtime.migrate.code_uses import SECTION_OF_MODULES, Use, is_old_name, module_today, why_module
from pipeline_runtime.migrate.findings import GUIDE_ARCHITECTURE, GUIDE_STEPS, GUIDE_YAML
from pipeline_runtime.migrate.geometry import Edit
from pipeline_runtime.migrate.keys import FLAG, FLAGS, HANDLER, HANDLERS, handler_name

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEYS = FLAGS | HANDLERS
_CALLERS = frozenset({"invoke", "invoke_sync"})
_OLD_CLASS = "AsyncStreaming"
_OLD_MODULE = "async_streaming"
_PAIR = 2
_READER = "whoever reads it must change with it"
_EVENTS = {"chunk": "a Delta event", "complete": "a Done event"}


def other_uses(tree: Tree) -> Iterator[Use]:
    """All of them."""
    params = {one.name.value for one in tree.nodes if isinstance(one, cst.Param)} & _KEYS
    speaks = any(flag in tree.text for flag in (*FLAGS, _OLD_CLASS))
    for node in tree.nodes:
        if isinstance(node, cst.Arg):
            yield from _argument(tree, node, params)
        elif isinstance(node, cst.Param) and node.name.value in (_KEYS if speaks else FLAGS):
            why = "rename it together with what is given to it"
            yield Use(
                tree.span(node.name)[0], node.name.value, _today(node.name.value), GUIDE_ARCHITECTURE, why
            )
        elif isinstance(node, cst.SimpleString):
            yield from _string(tree, node)
        elif isinstance(node, cst.Name):
            yield from _name(tree, node)
    yield from _pairs(tree)


def _today(key: str) -> str:
    return FLAG if key in FLAGS else HANDLER


def _argument(tree: Tree, arg: cst.Arg, params: set[str]) -> Iterator[Use]:
    """`async_stream=True` of a call."""
    call = tree.parent(arg)
    if arg.keyword is None or arg.keyword.value not in _KEYS or not isinstance(call, cst.Call):
        return
    key = arg.keyword.value
    called = call.func.attr if isinstance(call.func, cst.Attribute) else call.func
    is_invoke = isinstance(called, cst.Name) and called.value in _CALLERS
    today = "on_event" if is_invoke and key in HANDLERS else _today(key)
    start, end = tree.span(arg.keyword)
    given = [one.keyword.value for one in call.args if one.keyword is not None]
    why = ""
    edits: tuple[Edit, ...] = (Edit(start, end, today),)
    if today in given or len([one for one in given if one in _KEYS and _today(one) == _today(key)]) > 1:
        why, edits = f"`{today}` is given twice: keep one", ()
    elif params:
        why, edits = f"a function here has a parameter `{min(params)}`: rename both", ()
    section = GUIDE_STEPS if is_invoke else GUIDE_ARCHITECTURE
    given_to = string_of(arg.value) or ""
    value = f'"{module_today(given_to)}"' if is_old_name(given_to) else tree.module.code_for_node(arg.value)
    shown = f"{today}={value}"
    yield Use(start, tree.code(arg), shown, section, why, edits)


def _string(tree: Tree, node: cst.SimpleString) -> Iterator[Use]:
    """A legacy module's name, or a key of a step."""
    value = string_of(node)
    if value is None or isinstance(tree.parent(node), cst.Expr):
        return
    start, end = tree.span(node)
    if is_old_name(value):
        known = handler_name(value)
        today, why = module_today(value), why_module(value)
        edits: tuple[Edit, ...] = ()
        if known is not None and known.built_in is not None and node.raw_value == value:
            quote = len(node.prefix) + len(node.quote)
            edits = (Edit(start + quote, end - len(node.quote), today),)
        yield Use(start, tree.code(node), f'"{today}"', SECTION_OF_MODULES, why, edits)
    elif value in _KEYS and _is_key(tree, node):
        yield Use(start, tree.code(node), f'"{_today(value)}"', GUIDE_YAML, _READER)


def _is_key(tree: Tree, node: cst.SimpleString) -> bool:
    parent = tree.parent(node)
    if isinstance(parent, cst.DictElement):
        return parent.key is node
    if isinstance(parent, cst.Index):
        outer = tree.owner(parent, cst.Subscript)
        return index_of(outer) is node
    call = tree.parent(parent) if isinstance(parent, cst.Arg) else None
    if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute):
        return False
    return call.func.attr.value in ("get", "pop", "setdefault") and call.args[0].value is node


def _name(tree: Tree, node: cst.Name) -> Iterator[Use]:
    """`AsyncStreaming…`, and modules of that name."""
    name = node.value
    in_import = tree.owner(node, cst.Import, cst.ImportFrom) is not None
    if not (name.startswith(_OLD_CLASS) or (in_import and name == _OLD_MODULE)):
        return
    start = tree.span(node)[0]
    above = tree.parent(node)
    called = above.attr.value if isinstance(above, cst.Attribute) and above.value is node else ""
    if called in ("invoke", "invoke_sync"):
        assert isinstance(above, cst.Attribute)
        becomes = f"pipeline_runtime.{called}(ctx, prompt=…, stream=True, on_event=handle_event)"
        yield Use(start, tree.code(above), becomes, GUIDE_STEPS, "ctx is a pipeline_runtime.Context")
    else:
        yield Use(
            start, name, "pipeline_runtime.handlers", SECTION_OF_MODULES, "the module is none of today's"
        )


def _pairs(tree: Tree) -> Iterator[Use]:
    """`emit(("chunk", text))`: who makes the old events; `complete` alone may say anything."""
    found = [(node, word) for node in tree.nodes for word in [_made(tree, node)] if word is not None]
    if not any(word == "chunk" for _, word in found):
        return
    for node, word in found:
        why = "the runtime makes the events; in tests, scripted_stream of pipeline_runtime.testing does"
        yield Use(tree.span(node)[0], tree.code(node), _EVENTS[word], GUIDE_ARCHITECTURE, why)


def _made(tree: Tree, node: cst.CSTNode) -> str | None:
    if not isinstance(node, cst.Tuple) or len(node.elements) != _PAIR:
        return None
    if not isinstance(tree.parent(node), (cst.Arg, cst.Yield, cst.Return)):
        return None
    return word_of(string_of(node.elements[0].value))
