"""The expression language: what each term is true of, and what is said of one that cannot be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpers_docs import rows, section
from helpers_events import delta, done, error, frame, lint, stall, started
from pipeline_runtime.events import AttemptStarted, Request
from pipeline_runtime.expression import ExpressionError, complete, describe, parse_expression
from pipeline_runtime.expression.fields import FIELDS
from pipeline_runtime.expression.syntax import And, Compare, Holds, Not, Nth, OneOf, Or, Regex, Text

MS = 1_000_000
PAGE = Path(__file__).parents[3] / "docs" / "expressions.md"


def hits(expression, events):
    matcher = parse_expression(expression).matcher()
    return [at for at, event in enumerate(events) if matcher.feed(event)]


STREAM = [
    started(seq=0, step="draft", provider="claude", protocol="anthropic", model="claude-sonnet-4-6"),
    frame(seq=1, n=0, at=100 * MS, event="message_start", data="{}", size=400, chunk=0),
    frame(seq=2, n=1, at=150 * MS, event="content_block_delta", data='{"text":"The"}', size=60, chunk=1),
    delta(seq=3, at=150 * MS, content="Hmm, the", lane="thinking", frame=1),
    frame(seq=4, n=2, at=150 * MS, event="content_block_delta", data='{"text":" end"}', size=61, chunk=1),
    delta(seq=5, at=150 * MS, content="This is the", frame=2),
    frame(seq=6, n=3, at=900 * MS, event="content_block_delta", data="{}", size=5000, chunk=2),
    delta(seq=7, at=900 * MS, content=" end, said Anna", frame=3),
    lint(seq=8, at=900 * MS, code="split_utf8", frame=3),
    frame(seq=9, n=4, at=905 * MS, event="message", data=None, comment=" keepalive", size=14, chunk=3),
    stall(seq=10, at=3000 * MS, gap=2100 * MS),
    delta(seq=11, at=3000 * MS, content='{"city":', lane="tool_input", index=1, tool="get_weather", frame=4),
    delta(seq=12, at=3001 * MS, content='"Paris"}', lane="tool_input", index=1, tool="get_weather", frame=4),
    error(seq=13, at=3100 * MS, type="overloaded_error", message="Overloaded", status=200),
    done(seq=14, at=3200 * MS, text="This is the end", finish_reason="stop", output_tokens=1200),
]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("", range(15)),
        ("type:delta", [3, 5, 7, 11, 12]),
        ("kind:delta", [3, 5, 7, 11, 12]),
        ("type:delta,lint", [3, 5, 7, 8, 11, 12]),
        ("type:content_*", [2, 4, 6]),
        ("type:comment", [9]),
        ("type:DELTA", [3, 5, 7, 11, 12]),
        ("type~/_start/", [0, 1]),
        ("lane:thinking", [3]),
        ("lane!=text", [3, 11, 12]),
        ("type:delta not lane:text", [3, 11, 12]),
        ("step:draft", range(15)),
        ("step:dra", []),
        ("step:dra*", range(15)),
        ("tool:get_weather index:1", [11, 12]),
        ("lint:split_utf8", [8]),
        ("code:split_*", [8]),
        ("error:overloaded_error status:200", [13]),
        ("phase:ended", [10]),
        ("provider:claude model:claude-*", [0]),
        ("provider:anthropic", [0]),
        ("delivery:stream finish:stop", [14]),
        ("tokens>1000", [14]),
        ("tokens>1200", []),
        ("gap>500ms", [6, 7, 8, 10]),
        ("gap>0.5s type:frame", [6]),
        ("gap>=50 gap<=50", [2, 3]),
        ("gap!=50 type:delta", [7, 11, 12]),
        ("at>3s", [12, 13, 14]),
        ("bytes>4096", [6]),
        ("bytes>4KiB or size<20", [6, 9]),
        ("chars>12", [7]),
        ("n:2", [4, 5]),
        ("frame:2", [4, 5]),
        ("seq>=12 seq<14", [12, 13]),
        ("attempt:1 type:stall", [10]),
        ("attempt:2", []),
        ("end", [4, 7, 8, 14]),
        ("END", []),
        ("Anna", [7]),
        ("anna", [7]),
        ('"the end"', [14]),
        ("/e.d/", [4, 7, 8, 14]),
        ("/ANNA/i", [7]),
        ("/ANNA/", []),
        ("text~/the end/", [7]),
        ('text~"THE END"', []),
        ("text:the", [5]),
        ("thinking~/^Hmm/", [3]),
        ('tool_input~/"city":"Paris"/', [12]),
        ("nth(1, type:delta)", [3]),
        ("nth(3, type:delta lane:text or lane:tool_input)", [11]),
        ("nth(2, type:delta) lane:text", [5]),
        ("nth(9, type:delta)", []),
        ("(lane:text or lane:thinking) gap>500ms", [7]),
        ("lane:text or lane:thinking gap>500ms", [5, 7]),
        ("lane:thinking and not gap>500ms", [3]),
        ("type:frame not type:comment", [1, 2, 4, 6]),
        ("keepalive", [9]),
    ],
)  # fmt: skip
def test_it_is_true_of(expression, expected):
    assert hits(expression, STREAM) == list(expected)


def test_text_so_far_begins_anew_with_an_attempt_but_not_with_a_resumed_one():
    def attempt(number, why):
        request = Request("POST", "http://localhost/", (), None)
        return AttemptStarted("r", "draft", number, 0, 0, request, "stream", why)

    def leg(why):
        return [delta(content="the "), attempt(2, why), delta(content="end", attempt=2)]

    assert hits("text~/the end/", leg("retry")) == []
    assert hits("text~/the end/", leg("resume")) == [2]


def test_steps_that_run_at_once_have_gaps_and_texts_of_their_own():
    events = [
        frame(step="a", n=0, at=0, chunk=0),
        frame(step="b", n=0, at=600 * MS, chunk=0),
        frame(step="a", n=1, at=700 * MS, chunk=1),
        delta(step="a", frame=1, content="the "),
        delta(step="b", frame=0, content="end"),
    ]
    assert hits("gap>500ms", events) == [2, 3]
    assert hits("text~/the end/", events) == []


def test_two_matchers_of_one_expression_count_apart():
    expression = parse_expression("nth(2, type:delta)")
    first, second = expression.matcher(), expression.matcher()
    assert [first.feed(delta()), first.feed(delta()), second.feed(delta())] == [False, True, False]
    assert expression.counts
    assert not parse_expression("type:delta").counts


def test_only_what_is_needed_is_kept():
    assert parse_expression("not (a or text~/x/)").looks_back
    assert not parse_expression("type~/x/ gap>1s").looks_back


@pytest.mark.parametrize(
    ("text", "column", "told"),
    [
        ("gpa>3", 1, "did you mean gap?"),
        ("type:delta gap>", 12, "as in gap>500ms"),
        ("gap> 3", 1, "needs a value"),
        ("gap>3x", 5, "there is no unit x"),
        ("gap>fast", 5, "is no number"),
        ("lane:txt", 6, "did you mean text?"),
        ("lane:voice", 6, "there are text, thinking, tool_input, refusal"),
        ("type:detla", 6, "did you mean delta?"),
        ("type:delta,detla", 12, "did you mean delta?"),
        ("(a", 1, "not closed"),
        ("a)", 2, "no place here"),
        ('say "this', 5, "quote is not closed"),
        ("/this", 1, "not closed"),
        ("/a(/", 1, "missing )"),
        (r"/(a)\1/", 1, "invalid escape"),
        ("/a/x", 1, "only the flag i"),
        ("and a", 1, "only one"),
        ("a or", 5, "a term was expected"),
        ("not", 4, "a term was expected"),
        ("nth(0, a)", 5, "counts from 1"),
        ("nth(2 a)", 7, "a comma was expected"),
        ("step>3", 1, "has no order"),
        ("n~/3/", 1, "is a number"),
        ("text>3", 1, "as in text~/the end/"),
        ("http://localhost", 1, "Put text that holds : in quotes"),
        ("(" * 100 + "a" + ")" * 100, 65, "64 levels"),
        ("lane:text,", 11, "after the comma"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_column_and_cure(text, column, told):
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text)
    assert caught.value.column == column
    assert told in f"{caught.value} {caught.value.cure}"
    line, caret = caught.value.pointed().split("\n")
    assert (line, caret) == (text, " " * (column - 1) + "^")


@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from([*'()",/:~<>=!-*? \\"', "type", "nth", "not", "or", "gap", "text", "3ms", "a"])
    ).map("".join)
)
@example("text~/\ud800/")
@example('"\ud800"')
def test_any_text_is_read_or_told(text):
    try:
        expression = parse_expression(text)
    except ExpressionError as error:
        assert 1 <= error.column <= len(text) + 1  # noqa: PT017 - either is right
        return
    assert describe(expression.node)
    assert parse_expression(str(expression)).node == expression.node
    matcher = expression.matcher()
    for event in (*STREAM, delta(content="half \ud800 a character")):
        matcher.feed(event)


WORDS = st.text(min_size=1, max_size=8).filter(
    lambda text: text.isprintable() and not re.search("[\ud800-\udfff]", text)
)
LEAVES = st.one_of(
    st.builds(Text, WORDS),
    st.builds(Regex, st.sampled_from(["a", "a b", "/x/", r"\d+", 'q"']), st.booleans()),
    st.builds(lambda limit: Compare("gap", ">", limit * 1e6, f"{limit}ms"), st.integers(0, 999)),
    st.builds(
        lambda words, no: OneOf("step", tuple(words), no),
        st.lists(WORDS, min_size=1, max_size=3),
        st.booleans(),
    ),
    st.builds(Holds, st.just("text"), st.builds(Regex, st.sampled_from(["a", "b/"]))),
)
NODES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(Not),
        st.builds(Nth, st.integers(1, 9), inner),
        st.lists(inner.filter(lambda node: not isinstance(node, And)), min_size=2, max_size=3).map(
            lambda parts: And(tuple(parts))
        ),
        st.lists(inner.filter(lambda node: not isinstance(node, Or)), min_size=2, max_size=3).map(
            lambda parts: Or(tuple(parts))
        ),
    ),
    max_leaves=8,
)


@given(NODES)
def test_what_is_written_down_is_read_as_the_same(node):
    assert parse_expression(str(node)).node == node


def test_a_pattern_that_would_make_a_backtracking_engine_hang_does_not():
    assert hits("/(a+)+$/", [delta(content="a" * 5_000 + "b")]) == []
    assert hits("text~/(x+x+)+y/", [delta(content="x" * 5_000)]) == []


def test_completion_knows_fields_words_and_the_run():
    def names(text, **known):
        return [one.text for one in complete(text, len(text), known)]

    assert names("ga") == ["gap>"]
    assert names("type:delta an") == ["and"]
    assert names("lane:t") == ["text", "thinking", "tool_input"]
    assert names("type:delta,don") == ["done"]
    assert names("step:", step=["draft", "polish"]) == ["draft", "polish"]
    assert names("(gap>5ms or lane:ref") == ["refusal"]
    assert names('"lane:t') == []
    assert names("/lane:t") == []
    [candidate] = complete("type:delta ga lane:text", 13)
    assert (candidate.text, candidate.start) == ("gap>", 11)


def rows_under(heading):
    return rows(section(PAGE.read_text(encoding="utf-8"), heading))


def test_the_page_lists_each_field_as_it_is():
    listed = {name.strip("`"): (says, example.strip("`")) for name, says, example in rows_under("## Fields")}
    assert listed == {name: (field.says, field.example) for name, field in FIELDS.items()}


def test_each_example_of_the_page_can_be_read():
    examples = [written.strip("`") for _, written in rows_under("## Examples")]
    assert len(examples) > 5
    for written in (*examples, *(field.example for field in FIELDS.values())):
        assert parse_expression(written).node is not None
