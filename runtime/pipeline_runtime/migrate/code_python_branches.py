"""The branches of a legacy function: `case ("chunk", data)`, `if kind == "chunk"`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import libcst as cst

from pipeline_runtime.migrate.code_python_result import reads_of
from pipeline_runtime.migrate.code_python_tree import NotSimpleError, Tree, below, index_of, string_of
from pipeline_runtime.migrate.geometry import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Word: TypeAlias = Literal["chunk", "complete"]
PAIR = 2
_TESTS = {
    "chunk": 'isinstance({0}, Delta) and {0}.lane == "text"',
    "complete": "isinstance({0}, Done)",
}
_CONTENT = {"chunk": "{0}.content", "complete": "{0}.response"}
_FIELDS = {
    "chunk": frozenset({"content", "data", "chunk", "text"}),
    "complete": frozenset({"result", "response", "data"}),
}


@dataclass(slots=True)
class Branch:
    """What is done for a chunk, or for the result."""

    kind: Word
    place: cst.CSTNode
    """The pattern, or the comparison."""
    body: cst.CSTNode | None
    """What is done; `None` where that is not simply a branch."""
    shape: Shape
    content: str = ""
    """What the payload is called today."""

    def test_edit(self, tree: Tree) -> Edit:
        """Today's test."""
        if isinstance(self.place, (cst.MatchTuple, cst.MatchList)):
            return tree.cut(*tree.whole_span(self.place), self._pattern(tree))
        test = _TESTS[self.kind].format(self.shape.subject)
        return tree.replace(self.place, test)

    def _pattern(self, tree: Tree) -> str:
        assert isinstance(self.place, (cst.MatchTuple, cst.MatchList))
        inner = self.place.patterns[1]
        assert isinstance(inner, cst.MatchSequenceElement)
        named = tree.module.code_for_node(inner.value)
        if self.kind == "chunk":
            return f'Delta(content={named}, lane="text")'
        if not isinstance(inner.value, cst.MatchAs) or inner.value.pattern is not None:
            raise NotSimpleError("its pattern looks into the result")
        return f"Done(response={named})"

    def payload(self, tree: Tree) -> list[cst.BaseExpression]:
        """Where the payload is used in it."""
        if self.body is None:
            raise NotSimpleError(f"line {tree.line(self.place)} is no plain branch")
        if isinstance(self.place, (cst.MatchTuple, cst.MatchList)):
            second = self.place.patterns[1]
            inner = second.value if isinstance(second, cst.MatchSequenceElement) else None
            name = inner.name.value if isinstance(inner, cst.MatchAs) and inner.name else None
            self.content = name or ""
            found = reads_of(tree, self.body, name) if name and self.kind == "complete" else ()
            return list(found)
        self.content = _CONTENT[self.kind].format(self.shape.subject)
        return list(self.shape.payload_in(tree, self))


@dataclass(slots=True)
class Shape:
    """A legacy function."""

    function: cst.FunctionDef
    subject: str
    """What the event is called, today."""
    param: str | None = None
    """Its parameter; `None`: it takes the two parts."""
    word: str | None = None
    """The name that the first part is bound to."""
    data: str | None = None
    """The name that the second part is bound to."""
    unpacking: cst.SimpleStatementLine | None = None
    branches: list[Branch] = field(default_factory=list)
    matched: cst.Match | None = None

    @property
    def annotated(self) -> bool:
        """Whether its parameter says what it takes, which changes."""
        return self.param is not None and any(
            one.annotation for one in own_params(self.function) if one.name.value == self.param
        )

    def payload_in(self, tree: Tree, branch: Branch) -> Iterator[cst.BaseExpression]:
        """Where a branch uses the second part."""
        assert branch.body is not None
        if self.data is not None:
            yield from reads_of(tree, branch.body, self.data)
        if self.param is not None:
            for node in reads_of(tree, branch.body, self.param):
                outer = tree.parent(node)
                if not isinstance(outer, cst.Subscript) or outer.value is not node:
                    raise NotSimpleError(
                        f"what line {tree.line(node)} does with `{self.param}` cannot be told"
                    )
                index = index_of(outer)
                is_second = isinstance(index, cst.Integer) and index.value == "1"
                if not (is_second or string_of(index) in _FIELDS[branch.kind]) or not tree.is_read(outer):
                    raise NotSimpleError(
                        f"what line {tree.line(node)} does with `{self.param}` cannot be told"
                    )
                yield outer

    def check(self, tree: Tree) -> None:
        """Look at what is outside of the branches.

        Raises:
            NotSimpleError: it is not simple.
        """
        params = own_params(self.function)
        whole = self.function.params
        if (
            whole.kwonly_params
            or whole.star_kwarg
            or whole.posonly_params
            or isinstance(whole.star_arg, cst.Param)
        ):
            raise NotSimpleError("it takes more than an event")
        if len(params) != (1 if self.param else PAIR):
            raise NotSimpleError("it takes more than an event")
        self._check_function(tree)
        if self.matched is not None:
            _check_cases(tree, self.matched, [one.place for one in self.branches])
        inside = {
            id(node)
            for one in self.branches
            for part in (one.place, one.body)
            if part
            for node in below(part)
        }
        inside |= {id(node) for node in below(self.unpacking)} if self.unpacking else set()
        for name in filter(None, (self.param, self.word, self.data)):
            for node in reads_of_rest(tree, self.function, name, inside):
                if self.matched is None or self.matched.subject is not node:
                    raise NotSimpleError(f"line {tree.line(node)} uses `{name}` outside of its branches")
        self._check_rest(tree)

    def _check_function(self, tree: Tree) -> None:
        if self.function.decorators:
            raise NotSimpleError("it is decorated")
        for node in below(self.function):
            if isinstance(node, cst.Yield):
                raise NotSimpleError("it is a generator")
            if self.param is None and isinstance(node, cst.Name) and node.value == self.subject:
                raise NotSimpleError(f"`{self.subject}` means something else on line {tree.line(node)}")

    def _check_rest(self, tree: Tree) -> None:
        for branch in self.branches:
            if self.word and branch.body and list(reads_of(tree, branch.body, self.word)):
                raise NotSimpleError(f"a branch uses `{self.word}`")
            chain = tree.parent(branch.place)
            if (
                isinstance(chain, cst.If)
                and isinstance(chain.orelse, cst.Else)
                and not harmless(chain.orelse.body)
            ):
                raise NotSimpleError("its `else` would get other lanes than the text")

    def head_edits(self, tree: Tree) -> list[Edit]:
        """Edits of the parameters, and of the line that takes the event apart."""
        if self.unpacking is not None:
            return [_cut_line(tree, self.unpacking), *self._annotation(tree)]
        if self.param is not None:
            return self._annotation(tree)
        first, second = own_params(self.function)
        return [tree.cut(tree.span(first)[0], tree.span(second)[1], self.subject)]

    def _annotation(self, tree: Tree) -> list[Edit]:
        params = [one for one in own_params(self.function) if one.name.value == self.param]
        return [tree.replace(one.annotation.annotation, "Delta | Done") for one in params if one.annotation]


def own_params(function: cst.FunctionDef) -> Sequence[cst.Param]:
    """Its parameters, without `self`."""
    params = function.params.params
    return params[1:] if params and params[0].name.value in ("self", "cls") else params


def reads_of_rest(tree: Tree, function: cst.FunctionDef, name: str, inside: set[int]) -> Iterator[cst.Name]:
    """Where a function uses a name outside of what is known."""
    for node in below(function.body):
        if isinstance(node, cst.Name) and node.value == name and id(node) not in inside:
            parent = tree.parent(node)
            if isinstance(parent, cst.Attribute) and parent.attr is node:
                continue
            yield node


def harmless(body: cst.BaseSuite) -> bool:
    """Whether a branch for everything else does nothing."""
    for one in body.body:
        smalls = one.body if isinstance(one, cst.SimpleStatementLine) else (one,)
        if not all(isinstance(small, cst.Pass) or _returns_nothing(small) for small in smalls):
            return False
    return True


def _returns_nothing(small: cst.CSTNode) -> bool:
    if isinstance(small, cst.Return):
        return small.value is None or (isinstance(small.value, cst.Name) and small.value.value == "None")
    return isinstance(small, cst.Expr) and isinstance(small.value, cst.Ellipsis)


def _check_cases(tree: Tree, matched: cst.Match, places: list[cst.CSTNode]) -> None:
    for case in matched.cases:
        if not any(case.pattern is place for place in places) and not harmless(case.body):
            raise NotSimpleError(f"the case on line {tree.line(case)} would get other lanes than the text")


def _cut_line(tree: Tree, line: cst.SimpleStatementLine) -> Edit:
    """Take a line away; its comment stays."""
    if len(line.body) != 1:
        raise NotSimpleError("the line that takes the event apart does more")
    start, end = tree.span(line.body[0])
    if line.trailing_whitespace.comment is not None:
        gap = len(line.trailing_whitespace.whitespace.value)
        return Edit(start, end + gap, "")
    return Edit(tree.source.line_start(start), tree.source.next_line(start), "")
