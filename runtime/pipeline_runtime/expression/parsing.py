"""From tokens to the tree. `and` binds closer than `or`; terms beside each other are joined by `and`."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, cast

from pipeline_runtime.expression.error import ExpressionError
from pipeline_runtime.expression.fields import ALIASES, FIELDS, Field, NumberField, TextField, WordField
from pipeline_runtime.expression.patterns import literal, pattern_problem
from pipeline_runtime.expression.quantities import read_quantity
from pipeline_runtime.expression.syntax import And, Compare, Holds, Not, Nth, OneOf, Or, Regex, Text
from pipeline_runtime.expression.tokens import Token, tokenize

if TYPE_CHECKING:
    from pipeline_runtime.expression.syntax import Node, Operator

DEEPEST = 64
"""Levels of parentheses: more would be no sentence of a person."""
_CLOSE = 0.8


def parse(text: str) -> Node | None:
    """The tree of an expression; `None` for one that is empty, which is true of every event.

    Raises:
        ExpressionError: It cannot be understood; names the column and the nearest right word.
    """
    parser = _Parser(text)
    if parser.peek().kind == "end":
        return None
    node = parser.either()
    rest = parser.peek()
    if rest.kind != "end":
        raise parser.wrong(
            rest, f"{rest.text!r} has no place here", cure='put text that holds it in quotes: "…"'
        )
    return node


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokenize(text)
        self._at = 0
        self._depth = 0

    def peek(self) -> Token:
        return self._tokens[self._at]

    def take(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def wrong(self, token: Token, message: str, *, cure: str = "", inside: int = 0) -> ExpressionError:
        return ExpressionError(self._text, token.column + inside, message, cure=cure)

    # --- joining ------------------------------------------------------------------------------------------

    def either(self) -> Node:
        parts = [self._all()]
        while self._is_word("or"):
            self.take()
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self) -> Node:
        parts = [self._one()]
        while True:
            if self._is_word("and"):
                self.take()
            elif self._is_word("or") or self.peek().kind in {"end", ")", ","}:
                break
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _is_word(self, word: str) -> bool:
        token = self.peek()
        return token.kind == "word" and token.text.lower() == word

    # --- one thing ----------------------------------------------------------------------------------------

    def _one(self) -> Node:
        token = self.take()
        if token.kind == "word":
            return self._word(token)
        if token.kind == "quoted":
            return Text(token.text)
        if token.kind == "regex":
            return self._regex(token)
        if token.kind == "field":
            return self._term(token)
        if token.kind == "(":
            return self._group(token)
        message = "the expression ends here" if token.kind == "end" else f"{token.text!r} has no place here"
        raise self.wrong(
            token, f"{message}: a term was expected", cure="such as type:delta, /regex/ or a word"
        )

    def _word(self, token: Token) -> Node:
        word = token.text.lower()
        if word == "not":
            self._enter(token)
            node = Not(self._one())
            self._depth -= 1
            return node
        if word in {"and", "or"}:
            cure = f'a term was expected; put it in quotes to look for "{token.text}"'
            raise self.wrong(token, f"{token.text} joins two terms, and here is only one", cure=cure)
        if word == "nth" and self.peek().kind == "(":
            return self._nth()
        return Text(token.text)

    def _group(self, opening: Token) -> Node:
        self._enter(opening)
        node = self.either()
        self._close(opening)
        self._depth -= 1
        return node

    def _nth(self) -> Node:
        opening = self.take()
        number = self.take()
        if number.kind != "word" or not number.text.isdecimal() or int(number.text) < 1:
            raise self.wrong(number, "nth counts from 1", cure="write nth(3, type:delta)")
        comma = self.take()
        if comma.kind != ",":
            raise self.wrong(comma, "a comma was expected", cure="write nth(3, type:delta)")
        self._enter(opening)
        inner = self.either()
        self._close(opening)
        self._depth -= 1
        return Nth(int(number.text), inner)

    def _enter(self, token: Token) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self.wrong(
                token, f"nested more than {DEEPEST} levels deep", cure="write it in fewer levels"
            )

    def _close(self, opening: Token) -> None:
        token = self.take()
        if token.kind != ")":
            if token.kind == "end":
                raise self.wrong(opening, "this parenthesis is not closed", cure="add ) where it ends")
            raise self.wrong(token, f"{token.text!r} has no place here", cure="add ) before it")

    # --- terms --------------------------------------------------------------------------------------------

    def _term(self, token: Token) -> Node:
        name = ALIASES.get(token.text.lower(), token.text.lower())
        field = FIELDS.get(name)
        if field is None:
            near = get_close_matches(name, [*FIELDS, *ALIASES], n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(FIELDS)}"
            cure = f"{hint} Put text that holds {token.operator} in quotes"
            raise self.wrong(token, f"no field is called {token.text}", cure=cure)
        value = self.peek()
        if value.kind not in {"word", "quoted", "regex"} or self._is_apart(token, value):
            raise self.wrong(
                token, f"{token.text}{token.operator} needs a value", cure=f"as in {field.example}"
            )
        self.take()
        if isinstance(field, NumberField):
            return self._number(name, field, token, value)
        if isinstance(field, TextField) or token.operator == "~" or value.kind == "regex":
            return self._holds(name, field, token, value)
        return self._words(name, field, token, value)

    @staticmethod
    def _is_apart(token: Token, value: Token) -> bool:
        return value.column != token.column + len(token.text) + len(token.operator)

    def _number(self, name: str, field: NumberField, token: Token, value: Token) -> Node:
        if token.operator == "~" or value.kind == "regex":
            raise self.wrong(token, f"{token.text} is a number", cure=f"as in {field.example}")
        limit = read_quantity(value.text, field.units)
        if isinstance(limit, str):
            raise self.wrong(value, limit, cure=f"as in {field.example}")
        operator = cast("Operator", "=" if token.operator == ":" else token.operator)
        return Compare(name, operator, limit, value.text)

    def _holds(self, name: str, field: Field, token: Token, value: Token) -> Node:
        if token.operator not in {"~", ":"}:
            raise self.wrong(
                token, f"{token.text} is a text: it holds, or not", cure=f"as in {field.example}"
            )
        if value.kind == "regex":
            return Holds(name, self._regex(value))
        return Holds(name, Regex(literal(value.text), ignore_case=value.text == value.text.lower()))

    def _words(self, name: str, field: WordField, token: Token, value: Token) -> Node:
        if token.operator not in {":", "=", "!="}:
            raise self.wrong(token, f"{token.text} has no order", cure=f"as in {field.example}")
        values = [value]
        while self.peek().kind == ",":
            self.take()
            values.append(self.take())
            if values[-1].kind not in {"word", "quoted"}:
                raise self.wrong(
                    values[-1], "a word was expected after the comma", cure=f"as in {field.example}"
                )
        for one in values:
            self._check_word(field, one)
        return OneOf(name, tuple(one.text for one in values), negated=token.operator == "!=")

    def _check_word(self, field: WordField, value: Token) -> None:
        word = value.text.lower()
        if not field.known or word in field.known or {"*", "?"} & set(word):
            return
        near = get_close_matches(word, field.known, n=1, cutoff=_CLOSE)
        if near or field.closed:
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(field.known)}"
            raise self.wrong(value, f"there is no {value.text}", cure=hint)

    def _regex(self, token: Token) -> Regex:
        if token.operator.strip("i"):
            raise self.wrong(
                token, f"/{token.text}/{token.operator}: there is only the flag i", cure="i ignores case"
            )
        problem = pattern_problem(token.text)
        if problem is not None:
            raise self.wrong(
                token, f"this pattern is not right: {problem}", cure="RE2 syntax; quotes search text"
            )
        return Regex(token.text, ignore_case=bool(token.operator))
