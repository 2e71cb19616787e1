"""A Python source as LibCST's tree, with the place of every node in the text."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING, TypeVar

import libcst as cst
from libcst.metadata import (
    ByteSpanPositionProvider,
    ExpressionContext,
    ExpressionContextProvider,
    MetadataWrapper,
    ParentNodeProvider,
)

from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.migrate.geometry import BOM, Edit, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = TypeVar("Kind", bound=cst.CSTNode)
_CURE = "mend the source, then run it again"


class NotSimpleError(Exception):
    """A handler that is not rewritten, and why."""


class Tree:
    """One source. Offsets are characters of its text, a byte order mark included."""

    def __init__(self, text: str) -> None:
        """Parse it.

        Raises:
            WorkflowError: it is not Python, with its line, or too deeply nested.
        """
        self.text = text
        self.source = Source(text)
        body = text.removeprefix(BOM)
        self._shift = len(text) - len(body)
        try:
            _check(body)
            self.module = cst.parse_module(body)
            wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)
            self._spans = wrapper.resolve(ByteSpanPositionProvider)
            self._parents = wrapper.resolve(ParentNodeProvider)
            self._contexts = wrapper.resolve(ExpressionContextProvider)
            self.nodes = list(below(self.module))
        except cst.ParserSyntaxError as error:
            raise WorkflowError(f"not Python: {error.message}", line=error.raw_line, cure=_CURE) from None
        except (RecursionError, MemoryError):
            raise WorkflowError(
                "it is too deeply nested to be read", line=1, cure="change it by hand"
            ) from None
        if self.module.code != body:
            raise WorkflowError("its line ends cannot be kept", line=1, cure="change it by hand")
        self._bytes = None if body.isascii() else body.encode()

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """What a node is part of."""
        return self._parents.get(node)

    def owner(self, node: cst.CSTNode, *kinds: type[Kind]) -> Kind | None:
        """The nearest node of these kinds around a node."""
        above = self.parent(node)
        while above is not None and not isinstance(above, kinds):
            above = self.parent(above)
        return above

    def is_read(self, node: cst.CSTNode) -> bool:
        """Whether an expression's value is used, and not set or deleted."""
        return self._contexts.get(node) is ExpressionContext.LOAD

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """Where a node begins and ends, without its parentheses and comments."""
        span = self._spans[node]
        return self._character(span.start), self._character(span.start + span.length)

    def whole_span(self, node: cst.BaseExpression | cst.MatchPattern) -> tuple[int, int]:
        """Where a node with its parentheses begins and ends."""
        start, end = self.span(node)
        left = sum(len(self.module.code_for_node(one)) for one in getattr(node, "lpar", ()))
        right = sum(len(self.module.code_for_node(one)) for one in getattr(node, "rpar", ()))
        return start - left, end + right

    def code(self, node: cst.CSTNode) -> str:
        """A node's text."""
        start, end = self.span(node)
        return self.text[start:end]

    def replace(self, node: cst.CSTNode, text: str) -> Edit:
        """An edit that puts another text in a node's place.

        Raises:
            NotSimpleError: it has a comment, which would be lost.
        """
        return self.cut(*self.span(node), text)

    def cut(self, start: int, end: int, text: str) -> Edit:
        """An edit of a place.

        Raises:
            NotSimpleError: it has a comment, which would be lost.
        """
        if "#" in self.text[start:end]:
            raise NotSimpleError("a comment stands where it would be lost")
        return Edit(start, end, text)

    def line(self, node: cst.CSTNode) -> int:
        """The line that a node begins on."""
        return self.source.position(self.span(node)[0])[0]

    def _character(self, at: int) -> int:
        return self._shift + (at if self._bytes is None else len(self._bytes[:at].decode()))


class _Collector(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.nodes: list[cst.CSTNode] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        self.nodes.append(node)
        return True


def below(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and all in it, in the text's order."""
    collector = _Collector()
    node.visit(collector)
    yield from collector.nodes


def string_of(node: cst.CSTNode | None) -> str | None:
    """What a plain string literal says."""
    value = node.evaluated_value if isinstance(node, cst.SimpleString) else None
    return value if isinstance(value, str) else None


def index_of(node: cst.CSTNode | None) -> cst.BaseExpression | None:
    """What stands in `x[…]`, if it is one plain index."""
    if not isinstance(node, cst.Subscript) or len(node.slice) != 1:
        return None
    index = node.slice[0].slice
    return index.value if isinstance(index, cst.Index) and not index.star else None


def _check(body: str) -> None:
    """CPython's own parser first: it knows when to give up, LibCST's crashes on what is nested too deeply.

    Raises:
        WorkflowError: it is not Python.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(body)
    except SyntaxError as error:
        raise WorkflowError(
            f"not Python: {error.msg}", line=error.lineno or 1, column=error.offset or 1, cure=_CURE
        ) from None
    except ValueError as error:
        raise WorkflowError(f"not Python: {error}", line=1, cure=_CURE) from None
