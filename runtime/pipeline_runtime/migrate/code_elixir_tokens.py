"""Elixir source as tokens, without what only looks like code: comments, strings, sigils, characters.

What stands inside `#{…}` is code again. No more is understood than that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from pipeline_runtime.errors import WorkflowError

Kind: TypeAlias = Literal["alias", "name", "key", "atom", "string", "mark"]
_CODE = re.compile(
    r"""
    (?P<skip>\s+|\#[^\r\n]*|::|\d\w*)
    | (?P<char>\?(?:\\[\s\S]|[^\s\\]))
    | (?P<sigil>~(?:[a-z]|[A-Z][A-Z0-9]*)(?=["'(\[{</|]))
    | (?P<quote>\"\"\"(?=[ \t]*[\r\n])|'''(?=[ \t]*[\r\n])|"|')
    | (?P<alias>[A-Z]\w*(?:\.[A-Z]\w*)*)
    | (?P<key>[^\W\d]\w*[?!]?:(?=[\s)\]}]|\Z))
    | (?P<name>[^\W\d]\w*[?!]?)
    | (?P<atom>:[^\W\d][\w@]*[?!]?)
    | (?P<mark>[\s\S])
    """,
    re.VERBOSE,
)
_SIGIL_OPENS = re.compile(r"\"\"\"(?=[ \t]*[\r\n])|'''(?=[ \t]*[\r\n])|[\"'(\[{</|]")
_CLOSES = {"(": ")", "[": "]", "{": "}", "<": ">"}
_MODIFIERS = re.compile(r"[a-zA-Z]*")
_HEREDOC = 3


class Token(NamedTuple):
    """A piece of code; of a string, what is in it, if there is no code in it."""

    kind: Kind
    text: str
    start: int


@dataclass(slots=True)
class _Open:
    """A string, heredoc or sigil that is not closed yet."""

    start: int
    ends: re.Pattern[str]
    """Finds what is to be looked at: an escape, an interpolation, the end (group 1)."""
    is_sigil: bool
    content: int
    """Where its content begins."""
    plain: bool = True
    """No code has been in it."""


@dataclass(slots=True)
class _Braces:
    """Code inside of a string, and how deep its braces are."""

    depth: int = 0


def tokenize(text: str) -> list[Token]:
    """All tokens of an Elixir source.

    Raises:
        WorkflowError: a string is never closed, with the line where it begins.
    """
    return _Tokenizer(text).run()


class _Tokenizer:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._inside: list[_Open | _Braces] = []
        self._tokens: list[Token] = []

    def run(self) -> list[Token]:
        while self._at < len(self._text):
            top = self._inside[-1] if self._inside else None
            if isinstance(top, _Open):
                self._string(top)
            else:
                self._code(top)
        unclosed = next((one for one in self._inside if isinstance(one, _Open)), None)
        if unclosed is not None:
            line = len(re.findall(r"\r\n|\r|\n", self._text[: unclosed.start])) + 1
            raise WorkflowError(
                "a string is never closed", line=line, cure="mend the source, then run it again"
            )
        return self._tokens

    def _code(self, braces: _Braces | None) -> None:
        found = _CODE.match(self._text, self._at)
        assert found is not None  # the last alternative takes anything
        kind, piece = found.lastgroup or "", found.group()
        self._at = found.end()
        if kind == "sigil":
            self._open_sigil(found.start(), raw=piece[1].isupper())
        elif kind == "quote":
            self._open(found.start(), piece, raw=False, is_sigil=False)
        elif kind == "mark":
            self._mark(piece, found.start(), braces)
        elif kind in ("alias", "name", "key", "atom"):
            self._tokens.append(Token(kind, piece, found.start()))  # type: ignore[arg-type]

    def _mark(self, piece: str, start: int, braces: _Braces | None) -> None:
        if braces is not None and piece in "{}":
            braces.depth += 1 if piece == "{" else -1
            if braces.depth < 0:
                self._inside.pop()
                return
        self._tokens.append(Token("mark", piece, start))

    def _open_sigil(self, start: int, *, raw: bool) -> None:
        opens = _SIGIL_OPENS.match(self._text, self._at)
        assert opens is not None  # the sigil was matched with one behind it
        self._at = opens.end()
        self._open(start, opens.group(), raw=raw, is_sigil=True)

    def _open(self, start: int, mark: str, *, raw: bool, is_sigil: bool) -> None:
        close = re.escape(_CLOSES.get(mark, mark))
        if len(mark) == _HEREDOC:
            close = rf"(?<=[\r\n]){'[ ' + chr(92) + 't]*'}{close}"
        escape = rf"\\{re.escape(_CLOSES.get(mark, mark)[0])}" if raw else r"\\[\s\S]|\#\{"
        self._inside.append(_Open(start, re.compile(rf"{escape}|({close})"), is_sigil, self._at))

    def _string(self, top: _Open) -> None:
        found = top.ends.search(self._text, self._at)
        if found is None:
            self._at = len(self._text)
            return
        self._at = found.end()
        if found[1] is not None:
            self._close(top, found.start())
        elif found.group() == "#{":
            top.plain = False
            self._inside.append(_Braces())

    def _close(self, top: _Open, end: int) -> None:
        self._inside.pop()
        if top.is_sigil:
            modifiers = _MODIFIERS.match(self._text, self._at)
            self._at = modifiers.end() if modifiers else self._at
        elif top.plain:
            self._tokens.append(Token("string", self._text[top.content : end], top.start))
