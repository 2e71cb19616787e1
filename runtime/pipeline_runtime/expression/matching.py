"""From the tree to a test of one event: closures, so that asking costs little."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any, TypeAlias

from pipeline_runtime.events import Delta
from pipeline_runtime.expression.fields import FIELDS, NumberField, TextField, WordField
from pipeline_runtime.expression.patterns import end_searcher, searcher
from pipeline_runtime.expression.saying import says
from pipeline_runtime.expression.syntax import And, Compare, Holds, Not, Nth, OneOf, Or, Regex, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.expression.facts import Facts
    from pipeline_runtime.expression.syntax import Node

    Test: TypeAlias = Callable[[AnyEvent, Facts], bool]

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


def compile_node(node: Node) -> Test:
    """A test of its own: the counts of `nth` begin anew with each."""
    if isinstance(node, Not | And | Or):
        return _joined(node)
    test: Test = _COMPILERS[type(node)](node)
    return test


def _joined(node: Not | And | Or) -> Test:
    if isinstance(node, Not):
        inner = compile_node(node.inner)
        return lambda event, facts: not inner(event, facts)
    tests = [compile_node(part) for part in node.parts]
    if any(counts(part) for part in node.parts):  # one that counts must see every event: no short cut
        join = all if isinstance(node, And) else any
        return lambda event, facts: join([test(event, facts) for test in tests])
    return _every(tests) if isinstance(node, And) else _some(tests)


def _every(tests: list[Test]) -> Test:
    def test_all(event: AnyEvent, facts: Facts) -> bool:
        for test in tests:  # noqa: SIM110 - a generator would cost as much as the tests
            if not test(event, facts):
                return False
        return True

    return test_all


def _some(tests: list[Test]) -> Test:
    def test_any(event: AnyEvent, facts: Facts) -> bool:
        for test in tests:  # noqa: SIM110 - a generator would cost as much as the tests
            if test(event, facts):
                return True
        return False

    return test_any


def counts(node: Node) -> bool:
    """Whether there is an `nth` in it."""
    match node:
        case Nth():
            return True
        case Not():
            return counts(node.inner)
        case And() | Or():
            return any(counts(part) for part in node.parts)
        case _:
            return False


def looks_back(node: Node) -> bool:
    """Whether it asks for accumulated text."""
    match node:
        case Holds():
            return isinstance(FIELDS[node.field], TextField)
        case Not() | Nth():
            return looks_back(node.inner)
        case And() | Or():
            return any(looks_back(part) for part in node.parts)
        case _:
            return False


def _text(node: Text) -> Test:
    text = node.text
    if text != text.lower():
        return lambda event, _: text in says(event)
    return lambda event, _: text in says(event).lower()


def _regex(node: Regex) -> Test:
    found = searcher(node.pattern, ignore_case=node.ignore_case)
    return lambda event, _: found(says(event))


def _compare(node: Compare) -> Test:
    field = FIELDS[node.field]
    assert isinstance(field, NumberField)
    get, holds, limit = field.get, _COMPARISONS[node.operator], node.limit

    def test(event: AnyEvent, facts: Facts) -> bool:
        value = get(event, facts)
        return value is not None and holds(value, limit)

    return test


def word_test(words: Iterable[str]) -> Callable[[str], bool]:
    """Whether a word is one of these, case aside; `*` and `?` in them stand for any characters."""
    words = tuple(words)
    plain = frozenset(word.lower() for word in words if not _is_glob(word))
    globs = [_glob(word) for word in words if _is_glob(word)]

    def fits(word: str) -> bool:
        if word in plain:
            return True
        lower = word.lower()
        return lower in plain or any(glob.fullmatch(lower) for glob in globs)

    return fits


def _one_of(node: OneOf) -> Test:
    field = FIELDS[node.field]
    assert isinstance(field, WordField)
    get, negated, fits = field.get, node.negated, word_test(node.words)

    def test(event: AnyEvent, _: Facts) -> bool:
        has_one = False
        for word in get(event):
            if word is not None:
                has_one = True
                if fits(word):
                    return not negated
        return has_one and negated

    return test


def _is_glob(word: str) -> bool:
    return "*" in word or "?" in word


def _glob(word: str) -> re.Pattern[str]:
    """`*` is anything, `?` one character: neither can make `re` backtrack for long in a short word."""
    parts = (
        ".*?" if part[0] == "*" else "." if part == "?" else re.escape(part) for part in _glob_parts(word)
    )
    return re.compile("".join(parts), re.DOTALL)


def _glob_parts(word: str) -> list[str]:
    return re.findall(r"\*+|\?|[^*?]+", word.lower())


def _holds(node: Holds) -> Test:
    field = FIELDS[node.field]
    if isinstance(field, TextField):
        lane = field.lane
        ends = end_searcher(node.regex.pattern, ignore_case=node.regex.ignore_case)
        return lambda event, facts: (
            isinstance(event, Delta) and event.lane == lane and ends(facts.tail, event.content)
        )
    assert isinstance(field, WordField)
    get = field.get
    found = searcher(node.regex.pattern, ignore_case=node.regex.ignore_case)
    return lambda event, _: any(word is not None and found(word) for word in get(event))


def _nth(node: Nth) -> Test:
    inner = compile_node(node.inner)
    seen = 0

    def test(event: AnyEvent, facts: Facts) -> bool:
        nonlocal seen
        if not inner(event, facts):
            return False
        seen += 1
        return seen == node.n

    return test


_COMPILERS: Mapping[type[Node], Callable[[Any], Test]] = {
    Text: _text,
    Regex: _regex,
    Compare: _compare,
    OneOf: _one_of,
    Holds: _holds,
    Nth: _nth,
}
