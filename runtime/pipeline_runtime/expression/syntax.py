"""What an expression is once it is read: a tree of frozen nodes. `str(node)` writes it down again."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from msgspec import Struct

Operator: TypeAlias = Literal["=", "!=", ">", "<", ">=", "<=", "~"]

_BARE = re.compile(r"[^\s()\"/:=<>!~,#-][^\s()\",]*")
RESERVED = frozenset({"and", "or", "not"})


class Text(Struct, frozen=True):
    """The event says this: ignoring case, unless it holds a capital."""

    text: str

    def __str__(self) -> str:
        """A word as it is, everything else in quotes."""
        plain = self.text.lower() not in RESERVED and not re.search(r"[:=<>~]", self.text)
        return self.text if plain and _BARE.fullmatch(self.text) else quoted(self.text)


class Regex(Struct, frozen=True):
    """What the event says holds a match."""

    pattern: str
    ignore_case: bool = False

    def __str__(self) -> str:
        """`/pattern/`, with `i` behind it when case is ignored."""
        return f"/{self.pattern.replace('/', chr(92) + '/')}/{'i' * self.ignore_case}"


class Compare(Struct, frozen=True):
    """A number of the event, in the field's base unit, against a limit."""

    field: str
    operator: Operator
    limit: float
    written: str
    """The limit as it was written, with its unit."""

    def __str__(self) -> str:
        """`field>limit`."""
        return f"{self.field}{_colon(self.operator)}{self.written}"


class OneOf(Struct, frozen=True):
    """A word of the event is one of these; `*` and `?` in them stand for any characters."""

    field: str
    words: tuple[str, ...]
    negated: bool = False
    """It has such a word, and it is none of these."""

    def __str__(self) -> str:
        """`field:word,word`."""
        return f"{self.field}{'!=' if self.negated else ':'}{','.join(_value(word) for word in self.words)}"


class Holds(Struct, frozen=True):
    """A word or the accumulated text that the field names holds a match."""

    field: str
    regex: Regex

    def __str__(self) -> str:
        """`field~/pattern/`."""
        return f"{self.field}~{self.regex}"


class Nth(Struct, frozen=True):
    """True for the event that is the nth for which `inner` is true."""

    n: int
    inner: Node

    def __str__(self) -> str:
        """`nth(3, inner)`."""
        return f"nth({self.n}, {self.inner})"


class Not(Struct, frozen=True):
    """The opposite."""

    inner: Node

    def __str__(self) -> str:
        """`not inner`."""
        return f"not {_grouped(self.inner, And, Or)}"


class And(Struct, frozen=True):
    """All of them."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        """The parts beside each other."""
        return " ".join(_grouped(part, And, Or) for part in self.parts)


class Or(Struct, frozen=True):
    """At least one of them."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        """The parts with `or` between them."""
        return " or ".join(_grouped(part, Or) for part in self.parts)


Node: TypeAlias = Text | Regex | Compare | OneOf | Holds | Nth | Not | And | Or


def quoted(text: str) -> str:
    """The text in quotes, as the language reads them."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return '"' + escaped.replace("\t", "\\t") + '"'


def _colon(operator: Operator) -> str:
    return ":" if operator == "=" else operator


def _value(word: str) -> str:
    return word if re.fullmatch(r"[^\s()\",/~]+", word) else quoted(word)


def _grouped(node: Node, *kinds: type[And | Or]) -> str:
    return f"({node})" if isinstance(node, kinds) else str(node)
