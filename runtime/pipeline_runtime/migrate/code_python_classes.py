"""Handlers as classes with `on_chunk` and `on_complete`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from pipeline_runtime.migrate.code_python_result import reads_of, result_edit
from pipeline_runtime.migrate.code_python_state import changed_state, module_state
from pipeline_runtime.migrate.code_python_tree import NotSimpleError, Tree, below
from pipeline_runtime.migrate.code_uses import Use
from pipeline_runtime.migrate.findings import GUIDE_ARCHITECTURE
from pipeline_runtime.migrate.geometry import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK, COMPLETE = "on_chunk", "on_complete"
TODAY = {CHUNK: "_on_delta", COMPLETE: "_on_done"}
_PARAMETERS = 2
ADAPT = "left alone: {}; change it by hand, or run it as it is through LegacyHandlerAdapter"


def class_uses(tree: Tree) -> Iterator[Use]:
    """The legacy methods of all classes, with what they become."""
    state = module_state(tree)
    for node in tree.nodes:
        if isinstance(node, cst.ClassDef):
            methods = _methods(node)
            if CHUNK in methods and "handle_event" not in methods:
                yield from _LegacyClass(tree, node, methods).uses(state)


def _methods(node: cst.ClassDef) -> dict[str, cst.FunctionDef]:
    return {one.name.value: one for one in node.body.body if isinstance(one, cst.FunctionDef)}


class _LegacyClass:
    def __init__(self, tree: Tree, node: cst.ClassDef, methods: dict[str, cst.FunctionDef]) -> None:
        self._tree = tree
        self._node = node
        self._all = methods
        self._methods = {name: methods[name] for name in TODAY if name in methods}
        self._names = {"Delta", "Done"} if COMPLETE in methods else {"Delta"}

    def uses(self, state: frozenset[str]) -> Iterator[Use]:
        changed = changed_state(self._node, state)
        try:
            check_state(changed)
            edits, why = self._edits(), ""
        except NotSimpleError as reason:
            edits, why = {}, ADAPT.format(reason)
        for name, method in self._methods.items():
            what = f"{self._node.name.value}.{name}"
            becomes = f"handle_event(event), which calls {TODAY[name]}" if edits else "handle_event(event)"
            yield Use(
                self._tree.span(method.name)[0], what, becomes, GUIDE_ARCHITECTURE, why,
                tuple(edits.get(name, ())), frozenset(self._names if edits else ()),
            )  # fmt: skip
        if changed is not None:
            yield state_use(self._tree, *changed)

    def _edits(self) -> dict[str, list[Edit]]:
        self._check_class()
        edits = {
            name: [self._tree.replace(method.name, TODAY[name])] for name, method in self._methods.items()
        }
        for method in self._methods.values():
            self._check_method(method)
        for call in self._calls():
            edits[call.attr.value].append(self._tree.replace(call.attr, TODAY[call.attr.value]))
        if COMPLETE in self._methods:
            edits[COMPLETE] += self._result_edits(self._methods[COMPLETE])
        edits[CHUNK].append(self._dispatch())
        return edits

    def _check_class(self) -> None:
        bases = [one.value for one in self._node.bases]
        if self._node.keywords or any(
            not isinstance(one, cst.Name) or one.value != "object" for one in bases
        ):
            raise NotSimpleError("it inherits from another class")
        for name in TODAY.values():
            if name in self._all:
                raise NotSimpleError(f"it has a method `{name}` already")

    def _check_method(self, method: cst.FunctionDef) -> None:
        params = method.params
        name = method.name.value
        others = (*params.kwonly_params, *params.posonly_params, params.star_kwarg)
        if len(params.params) != _PARAMETERS or any(others) or isinstance(params.star_arg, cst.Param):
            raise NotSimpleError(f"`{name}` takes more, or less, than one thing")
        if method.decorators:
            raise NotSimpleError(f"`{name}` is decorated")
        if any(isinstance(one, cst.Yield) for one in below(method)):
            raise NotSimpleError(f"`{name}` is a generator")
        if params.params[0].name.value != "self":
            raise NotSimpleError(f"`{name}` has no `self`")

    def _calls(self) -> list[cst.Attribute]:
        """`self.on_chunk` in the class."""
        inside = {id(one) for one in below(self._node)}
        found: list[cst.Attribute] = []
        for node in self._tree.nodes:
            if isinstance(node, cst.Attribute) and node.attr.value in self._methods:
                own = isinstance(node.value, cst.Name) and node.value.value == "self"
                if id(node) not in inside or not own:
                    raise NotSimpleError(f"line {self._tree.line(node)} uses `{node.attr.value}`")
                found.append(node)
        return found

    def _result_edits(self, method: cst.FunctionDef) -> list[Edit]:
        param = method.params.params[1]
        name = param.name.value
        found = [result_edit(self._tree, one, name) for one in reads_of(self._tree, method.body, name)]
        edits = [one for one in found if one is not None]
        if param.annotation is not None:
            edits.append(self._tree.replace(param.annotation.annotation, "Response"))
            self._names.add("Response")
        return edits

    def _dispatch(self) -> Edit:
        """The new method, before the first legacy one and its comments."""
        tree = self._tree
        first = min(self._methods.values(), key=lambda one: tree.span(one)[0])
        start = tree.source.line_start(tree.span(first)[0])
        indent = tree.text[start : tree.span(first)[0]]
        for line in reversed(first.leading_lines):
            if line.comment is None:
                break
            start = tree.source.line_start(start - 1)
        step, end = tree.module.default_indent, tree.source.line_break(tree.span(first)[0])
        lines = self._dispatch_lines(step)
        body = "".join(f"{indent}{line}{end}" for line in lines)
        return Edit(start, start, f"{body}{end}")

    def _dispatch_lines(self, step: str) -> list[str]:
        chunk, done = self._methods[CHUNK], self._methods.get(COMPLETE)
        is_async = any(one.asynchronous for one in self._methods.values())
        typed = chunk.params.params[1].annotation is not None
        types = "Delta | Done" if done is not None else "Delta"
        head = f"(self, event: {types}) -> None:" if typed else "(self, event):"
        wait = "await " if chunk.asynchronous else ""
        lines = [
            f"{'async ' if is_async else ''}def handle_event{head}",
            f'{step}if isinstance(event, Delta) and event.lane == "text":',
            f"{step * 2}{wait}self.{TODAY[CHUNK]}(event.content)",
        ]
        if done is not None:
            wait = "await " if done.asynchronous else ""
            lines += [
                f"{step}elif isinstance(event, Done):",
                f"{step * 2}{wait}self.{TODAY[COMPLETE]}(event.response)",
            ]
        return lines


def check_state(changed: tuple[str, cst.CSTNode] | None) -> None:
    """Refuse a handler with state in its module.

    Raises:
        NotSimpleError: it has.
    """
    if changed is not None:
        raise NotSimpleError(f"it keeps state in the module (`{changed[0]}`)")


def state_use(tree: Tree, name: str, node: cst.CSTNode) -> Use:
    """State in the module."""
    why = "all runs share it: keep it in a class, which is made anew for every run"
    return Use(tree.span(node)[0], tree.code(node), f"self.{name}", GUIDE_ARCHITECTURE, why)
