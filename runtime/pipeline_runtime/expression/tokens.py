"""From the text of an expression to its tokens, each with its column."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from msgspec import Struct

from pipeline_runtime.expression.error import ExpressionError

Kind: TypeAlias = Literal["word", "quoted", "regex", "field", "(", ")", ",", "end"]

_SPACE = re.compile(r"\s*")
_FIELD = re.compile(r"(?P<name>[A-Za-z_]+)(?P<operator>!=|>=|<=|[:=<>~])")
_WORD = re.compile(r"[^\s()\",]+")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


class Token(Struct, frozen=True):
    """One token. `column` counts from 1."""

    kind: Kind
    text: str
    column: int
    operator: str = ""
    """Of a field: what stands behind its name. Of a regex: its flags."""


def tokenize(text: str) -> list[Token]:
    """The tokens, the last one of kind `end`.

    Raises:
        ExpressionError: A quote or a regex is not closed.
    """
    tokens: list[Token] = []
    at = 0
    while (at := _after_space(text, at)) < len(text):
        after_field = bool(tokens) and tokens[-1].kind == "field" and not text[at - 1].isspace()
        token, at = _next_token(text, at, after_field=after_field)
        tokens.append(token)
    tokens.append(Token("end", "", len(text) + 1))
    return tokens


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _next_token(text: str, at: int, *, after_field: bool) -> tuple[Token, int]:
    first = text[at]
    if first in "(),":
        return Token(first, first, at + 1), at + 1  # type: ignore[arg-type]
    if first == '"':
        return _quoted(text, at)
    if first == "/":
        return _regex(text, at)
    field = None if after_field else _FIELD.match(text, at)
    if field is not None:
        return Token("field", field["name"], at + 1, field["operator"]), field.end()
    word = _WORD.match(text, at)
    assert word is not None
    return Token("word", word[0], at + 1), word.end()


def _quoted(text: str, start: int) -> tuple[Token, int]:
    parts: list[str] = []
    at = start + 1
    while at < len(text) and text[at] != '"':
        if text[at] == "\\" and at + 1 < len(text):
            at += 1
            parts.append(_ESCAPES.get(text[at], text[at]))
        else:
            parts.append(text[at])
        at += 1
    if at == len(text):
        raise ExpressionError(text, start + 1, "this quote is not closed", cure='add " where the text ends')
    return Token("quoted", "".join(parts), start + 1), at + 1


def _regex(text: str, start: int) -> tuple[Token, int]:
    parts: list[str] = []
    at = start + 1
    while at < len(text) and text[at] != "/":
        if text[at] == "\\" and at + 1 < len(text):
            if text[at + 1] != "/":
                parts.append("\\")
            at += 1
        parts.append(text[at])
        at += 1
    if at == len(text):
        cure = "add / where the pattern ends; a / to search for is written in quotes"
        raise ExpressionError(text, start + 1, "this /pattern is not closed", cure=cure)
    end = at + 1
    while end < len(text) and text[end].isalpha():
        end += 1
    return Token("regex", "".join(parts), start + 1, text[at + 1 : end]), end
