"""Reading the documentation: tables, commands, and how a type is written in JSON."""

from __future__ import annotations

import re

from msgspec import inspect as types

SCALARS = {
    types.StrType: "string",
    types.IntType: "integer",
    types.FloatType: "number",
    types.BoolType: "boolean",
    types.NoneType: "null",
    types.AnyType: "any",
    types.DictType: "object",
}


def json_type(kind: types.Type) -> str:
    """How a field's type is called in docs/events.md."""
    match kind:
        case types.UnionType():
            words = [json_type(one) for one in kind.types]
            return " or ".join(sorted(words, key=lambda word: word == "null"))
        case types.LiteralType():
            return " or ".join(f"`{value}`" for value in kind.values)
        case types.StructType():
            return f"[{kind.cls.__name__}](#{kind.cls.__name__.lower()})"
        case types.VarTupleType():
            return f"array of {json_type(kind.item_type)}"
        case types.TupleType():
            return f"[{', '.join(json_type(one) for one in kind.item_types)}]"
    return SCALARS[type(kind)]


def section(page: str, heading: str) -> str:
    """The text under a heading, up to the next one of the same or a higher level."""
    level = heading.partition(" ")[0]
    found = re.search(
        rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{len(level)}}} |\Z)", page, re.MULTILINE | re.DOTALL
    )
    assert found is not None, f"there is no heading {heading!r}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of a table's rows, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
