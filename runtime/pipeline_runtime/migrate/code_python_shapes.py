"""Finds the functions that tell chunks from the result, in one of the forms that were written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from pipeline_runtime.migrate.code_python_branches import PAIR, Branch, Shape, Word, own_params
from pipeline_runtime.migrate.code_python_tree import Tree, below, index_of, string_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_TYPE = ("type", "kind", "event")
_TODAY = "event"


def shape_of(tree: Tree, function: cst.FunctionDef) -> Shape | None:
    """A function's branches for chunks and results, if it has any."""
    own = list(_own_nodes(function))
    return _by_match(function, own) or _by_comparison(tree, function, own)


def _own_nodes(function: cst.FunctionDef) -> Iterator[cst.CSTNode]:
    """What is in a function, without functions and classes in it."""
    skipped: set[int] = set()
    for node in below(function.body):
        if id(node) in skipped:
            continue
        if isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
            skipped |= {id(one) for one in below(node)}
            continue
        yield node


def word_of(text: str | None) -> Word | None:
    """`chunk` or `complete`."""
    return "chunk" if text == "chunk" else "complete" if text == "complete" else None


def _by_match(function: cst.FunctionDef, own: list[cst.CSTNode]) -> Shape | None:
    """`match event: case ("chunk", data): …`."""
    matches = [
        node for node in own if isinstance(node, cst.Match) and any(pair_word(one) for one in node.cases)
    ]
    if not matches:
        return None
    subject = matches[0].subject
    name = subject.value if isinstance(subject, cst.Name) else ""
    shape = Shape(function, name, param=name)
    simple = len(matches) == 1 and name in {one.name.value for one in own_params(function)}
    shape.matched = matches[0] if simple else None
    for case in (case for match in matches for case in match.cases):
        word = pair_word(case)
        if word is not None:
            body = case.body if simple and case.guard is None else None
            shape.branches.append(Branch(word, case.pattern, body, shape))
    return shape


def pair_word(case: cst.MatchCase) -> Word | None:
    """Which pair a pattern takes apart, if it does."""
    pattern = case.pattern
    if not isinstance(pattern, (cst.MatchTuple, cst.MatchList)) or len(pattern.patterns) != PAIR:
        return None
    first, second = pattern.patterns
    if not isinstance(first, cst.MatchSequenceElement) or not isinstance(second, cst.MatchSequenceElement):
        return None
    return word_of(string_of(first.value.value)) if isinstance(first.value, cst.MatchValue) else None


def _by_comparison(tree: Tree, function: cst.FunctionDef, own: list[cst.CSTNode]) -> Shape | None:
    """`if kind == "chunk"`, with `kind` being the first of two parts."""
    params = [one.name.value for one in own_params(function)]
    shape = _two_parts(function, params) or _unpacked(function, own, params)
    sure = shape is not None
    shape = shape or Shape(function, params[-1] if params else "", param=params[-1] if params else "")
    for node in own:
        if isinstance(node, cst.Comparison):
            word = compared_word(node)
            if word is not None and _is_word(node.left, shape):
                sure = sure or _is_first(node.left)
                above = tree.parent(node)
                body = above.body if isinstance(above, cst.If) and above.test is node else None
                shape.branches.append(Branch(word, node, body, shape))
    words = {one.kind for one in shape.branches}
    enough = words == {"chunk", "complete"} or ("chunk" in words and sure and shape.param is not None)
    return shape if enough else None


def _two_parts(function: cst.FunctionDef, params: list[str]) -> Shape | None:
    """`def handle(kind, data)`."""
    if len(params) != PAIR:
        return None
    return Shape(function, _TODAY, word=params[0], data=params[1])


def _unpacked(function: cst.FunctionDef, own: list[cst.CSTNode], params: list[str]) -> Shape | None:
    """`kind, data = event`."""
    for line in own:
        if not isinstance(line, cst.SimpleStatementLine) or not isinstance(line.body[0], cst.Assign):
            continue
        assign = line.body[0]
        target = assign.targets[0].target
        value = assign.value.value if isinstance(assign.value, cst.Name) else ""
        if value not in params or len(assign.targets) != 1 or not isinstance(target, (cst.Tuple, cst.List)):
            continue
        names = [one.value.value for one in target.elements if isinstance(one.value, cst.Name)]
        if len(names) == len(target.elements) == PAIR:
            return Shape(function, value, param=value, word=names[0], data=names[1], unpacking=line)
    return None


def compared_word(node: cst.Comparison) -> Word | None:
    """Which word something is compared with, if it is one."""
    if len(node.comparisons) != 1 or not isinstance(node.comparisons[0].operator, cst.Equal):
        return None
    return word_of(string_of(node.comparisons[0].comparator))


def _is_word(left: cst.BaseExpression, shape: Shape) -> bool:
    """Whether an expression is the first part, or the field that says the kind."""
    if isinstance(left, cst.Name):
        return left.value == shape.word
    return shape.word is None and _base_name(left) == shape.param


def _base_name(left: cst.BaseExpression) -> str | None:
    """The name in `event[0]`, `event["type"]`, `event.type` and `event.get("type")`."""
    base: cst.BaseExpression | None = None
    if isinstance(left, cst.Subscript):
        base = left.value if _is_first(left) or string_of(index_of(left)) in _TYPE else None
    elif isinstance(left, cst.Attribute):
        base = left.value if left.attr.value in _TYPE else None
    elif isinstance(left, cst.Call) and isinstance(left.func, cst.Attribute) and left.args:
        got = left.func.attr.value == "get" and string_of(left.args[0].value) in _TYPE
        base = left.func.value if got else None
    return base.value if isinstance(base, cst.Name) else None


def _is_first(left: cst.BaseExpression) -> bool:
    index = index_of(left)
    return isinstance(index, cst.Integer) and index.value == "0"
