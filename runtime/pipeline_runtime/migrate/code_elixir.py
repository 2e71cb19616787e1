"""Legacy use in Elixir sources: found, told, never rewritten."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline_runtime.migrate.code_elixir_tokens import Token, tokenize
from pipeline_runtime.migrate.code_uses import (
    LEGACY_KEYS,
    SECTION_OF_MODULES,
    Use,
    is_old_name,
    key_today,
    module_today,
    why_module,
)
from pipeline_runtime.migrate.findings import GUIDE_ARCHITECTURE, GUIDE_TESTING, GUIDE_YAML, Migrated
from pipeline_runtime.migrate.geometry import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD = re.compile(
    r"AsyncStreaming|AsyncHandler|Pipeline\.Streaming\.Handlers|:chunk\b|:complete\b|\bon_chunk\b|\bon_complete\b|"
    + "|".join(map(re.escape, sorted(LEGACY_KEYS)))
)
_STREAMS = re.compile("stream", re.IGNORECASE)
_TUPLES = {":chunk": "{:delta, %{content: …}}", ":complete": "{:done, response}"}
_METHODS = {"on_chunk": "`{:delta, %{content: chunk}}`", "on_complete": "`{:done, response}`"}
_INVOKE = "Pipeline.LLM.invoke!(ctx, …, stream: true, on_event: &Handler.handle_event/1)"
_NOT_REWRITTEN = "Elixir is not rewritten"
_NOTHING = Token("mark", "", 0)


def may_be_legacy(text: str) -> bool:
    """Whether a text holds a word that could be legacy: cheap, and never wrongly no."""
    return _WORD.search(text) is not None


def migrate(text: str, path: str) -> Migrated:
    """What is legacy in an Elixir source; nothing of it is changed.

    Raises:
        WorkflowError: a string in it is never closed.
    """
    if not may_be_legacy(text):
        return Migrated(text, text, ())
    source = Source(text)
    uses = _Search(text, tokenize(text)).uses()
    return Migrated(text, text, tuple(sorted({use.finding(path, source) for use in uses})))


class _Search:
    def __init__(self, text: str, tokens: list[Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._short = _short_names(tokens)
        self._grouped: set[int] = set()
        """Where names stand that were told with the group that they are in."""
        self._streams = _STREAMS.search(text) is not None
        """`{:complete, …}` says many things; in a file that never speaks of streams, none of ours."""

    def uses(self) -> Iterator[Use]:
        for index, token in enumerate(self._tokens):
            if token.kind == "alias":
                yield from self._module(index, token)
            elif token.kind in ("key", "atom", "string"):
                yield from self._key(index, token)
                yield from self._tuple(index, token)
            if token.kind in ("name", "key"):
                yield from self._method(index, token)

    def _at(self, index: int) -> Token:
        return self._tokens[index] if 0 <= index < len(self._tokens) else _NOTHING

    def _module(self, index: int, token: Token) -> Iterator[Use]:
        if token.text == "Pipeline":
            yield from self._group(index)
            return
        if self._at(index - 1).text == "as:" or token.start in self._grouped:
            return
        first, dot, rest = token.text.removeprefix("Elixir.").partition(".")
        name = self._short.get(first, first) + dot + rest
        if not is_old_name(name):
            return
        if (
            token.text == module_today(name).rpartition(".")[2]
        ):  # its `alias` is told, and is all that changes
            return
        if self._at(index + 1).text == "." and self._at(index + 2).text in ("invoke!", "invoke"):
            what = f"{token.text}.{self._at(index + 2).text}"
            yield Use(token.start, what, _INVOKE, SECTION_OF_MODULES, _NOT_REWRITTEN)
            return
        why = why_module(name) or _NOT_REWRITTEN
        yield Use(token.start, token.text, module_today(name), SECTION_OF_MODULES, why)

    def _group(self, index: int) -> Iterator[Use]:
        """`alias Pipeline.{AsyncStreaming, LLM}`."""
        for token in _grouped(self._tokens, index):
            name = f"Pipeline.{token.text}"
            self._grouped.add(token.start)
            if is_old_name(name):
                why = why_module(name) or _NOT_REWRITTEN
                yield Use(token.start, name, module_today(name), SECTION_OF_MODULES, why)

    def _tuple(self, index: int, token: Token) -> Iterator[Use]:
        if token.kind != "atom" or token.text not in _TUPLES:
            return
        opens, comma = self._at(index - 1), self._at(index + 1)
        if opens.text != "{" or comma.text != "," or self._at(index - 2).text in ("%", "alias"):
            return
        if token.text == ":chunk" or self._streams:
            what = self._braced(index - 1)
            yield Use(opens.start, what, _TUPLES[token.text], GUIDE_ARCHITECTURE, _NOT_REWRITTEN)

    def _braced(self, index: int) -> str:
        """A tuple's own text."""
        start, depth = self._tokens[index].start, 0
        for token in self._tokens[index:]:
            if token.kind == "mark" and token.text in "{}":
                depth += 1 if token.text == "{" else -1
                if depth == 0:
                    return self._text[start : token.start + 1]
        return self._text[start : self._tokens[index + 1].start] + self._tokens[index + 1].text

    def _method(self, index: int, token: Token) -> Iterator[Use]:
        name = token.text.removesuffix(":")
        defined = self._at(index - 1).text in ("def", "defp", "defdelegate", "@callback", "callback")
        if name in _METHODS and (defined or token.kind == "key"):
            becomes = "on_event: &Handler.handle_event/1" if token.kind == "key" else "handle_event/1"
            why = f"it matches {_METHODS[name]}; {_NOT_REWRITTEN}"
            yield Use(token.start, token.text, becomes, GUIDE_ARCHITECTURE, why)

    def _key(self, index: int, token: Token) -> Iterator[Use]:
        name = token.text.strip(":") if token.kind != "string" else token.text
        if name not in LEGACY_KEYS or (token.kind == "string" and not self._is_key(index)):
            return
        if self._at(index - 1).text in ("tag", "moduletag", "describetag"):
            yield Use(token.start, token.text, ":streaming", GUIDE_TESTING, "run it by `--only streaming`")
            return
        becomes, why = key_today(name)
        shown = (
            {"key": f"{becomes}:", "atom": f":{becomes}"}.get(token.kind, f'"{becomes}"') if becomes else ""
        )
        what = f'"{name}"' if token.kind == "string" else token.text
        yield Use(token.start, what, shown, GUIDE_YAML, why or _NOT_REWRITTEN)

    def _is_key(self, index: int) -> bool:
        """Whether a string is the key of a map, or looks one up: not a value that happens to be called so."""
        before, behind = self._at(index - 1).text, self._at(index + 1).text
        if behind == "=":
            return self._at(index + 2).text == ">"
        return (before, behind) == ("[", "]") or (before == "," and behind in (",", ")"))


def _grouped(tokens: list[Token], index: int) -> Iterator[Token]:
    if index + 2 >= len(tokens) or (tokens[index + 1].text, tokens[index + 2].text) != (".", "{"):
        return
    for token in tokens[index + 3 :]:
        if token.kind == "alias":
            yield token
        elif token.text != ",":
            return


def _short_names(tokens: list[Token]) -> dict[str, str]:
    """What legacy modules are called in this file, after `alias`."""
    short: dict[str, str] = {}
    for index, token in enumerate(tokens[:-1]):
        if (token.kind, token.text) != ("name", "alias") or tokens[index + 1].kind != "alias":
            continue
        named = tokens[index + 1].text
        names = (
            [f"Pipeline.{one.text}" for one in _grouped(tokens, index + 1)]
            if named == "Pipeline"
            else [named]
        )
        for name in names:
            if is_old_name(name):
                short[name.rpartition(".")[2]] = name
        behind = tokens[index + 2 : index + 5]
        if [one.text for one in behind[:2]] == [",", "as:"] and is_old_name(named):
            short.pop(named.rpartition(".")[2], None)
            short[behind[-1].text] = named
    return short
