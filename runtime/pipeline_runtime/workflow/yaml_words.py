"""What ruamel.yaml says of broken YAML, in plain words with a cure."""

from __future__ import annotations

from pipeline_runtime.workflow.spelling import shorten

_WORDS: tuple[tuple[str, str, str], ...] = (
    ("'\\t'", "a tab where YAML wants spaces", "indent with spaces"),
    (
        "mapping values are not allowed",
        "a `:` in a place where no `key: value` can stand",
        "put the text in quotes, or write it below `key: |`, or mend the indentation",
    ),
    (
        "could not find expected ':'",
        "a line that is neither `key: value` nor part of the text above",
        "add the `:` or mend the indentation",
    ),
    ("'@'", "a text that begins with `@`", "put it in quotes"),
    ("'`'", "a text that begins with a backtick", "put it in quotes"),
    ("'%'", "a text that begins with `%`", "put it in quotes"),
    (
        "found unexpected end of stream",
        "a quote is opened here and never closed",
        "close it on the same line or where the text ends",
    ),
    ("but found '<block end>'", "the indentation does not fit what is above", "align it with its neighbours"),
    ("<block mapping start>", "the indentation does not fit what is above", "align it with its neighbours"),
    ("expected <block end>", "the indentation does not fit what is above", "align it with its neighbours"),
    ("incompatible YAML document", "a `%YAML` version that is not 1.x", "leave the `%YAML` line out"),
    ("duplicate", "something stands twice", "keep one of the two"),
)


def explain(problem: str, context: str) -> tuple[str, str]:
    """Message and cure for a parser's complaint.

    Args:
        problem: What the parser found.
        context: What it was doing, such as `while parsing a flow mapping`.
    """
    if "flow" in context:
        return (
            f"a `[` or `{{` list is not well formed: {shorten(problem)}",
            "close it, or put commas between its parts; a text with `{{ }}` needs quotes",
        )
    for sign, message, cure in _WORDS:
        if sign in problem:
            return message, cure
    where = f" ({context})" if context else ""
    return f"this is not YAML: {shorten(problem)}{where}", "mend the line, or the one above it"
