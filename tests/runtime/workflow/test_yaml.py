from __future__ import annotations

import pytest

from helpers_workflow import only_problem
from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.workflow.problems import Report
from pipeline_runtime.workflow.yaml_reader import MAX_DEPTH, MAX_VALUES, read_yaml


def read(text):
    report = Report("f.yaml")
    return read_yaml(text, report), report


def data_of(text):
    data, report = read(text)
    assert report.sorted() == []
    return data


def problem_of(text):
    _, report = read(text)
    (problem,) = report.sorted()
    return problem


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("False", False), ("yes", "yes"), ("off", "off"), ("~", None), ("", None), ("null", None),
        ("12", 12), ("-3", -3), ("0o17", 15), ("0x1F", 31), ("007", 7), ("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5),
        ("'12'", "12"), ("2024-01-02", "2024-01-02"), ("12:30", "12:30"), ("1_000", "1_000"), ("!!str 12", "12"),
        ("!!float 3", 3.0), ("! 12", "12"), ('"\\ud83d\\ude00"', "😀"), ("a\u2028b", "a\u2028b"),
    ],
)  # fmt: skip
def test_scalars_follow_yaml_1_2(text, value):
    data = data_of(f"k: {text}")
    assert data == {"k": value}
    assert type(data["k"]) is type(value)


@pytest.mark.parametrize(
    "text", [".inf", "-.INF", ".nan", "1e999", "9" * 30, "9" * 5000, '"\\ud800"', "!!int x", "!foo x"]
)
def test_values_that_cannot_be_sent_are_problems(text):
    problem = problem_of(f"a: 1\nk: {text}")
    assert (problem.line, problem.column, problem.key) == (2, 4, "k")
    assert problem.cure


def test_places_of_keys_and_values():
    _, report = read("a: 1\nsteps:\n  - id: x\n    prompt: |\n      text\n")
    assert report.places["steps", 0, "id"] == (3, 5, 3, 9, False)
    assert report.places["steps", 0, "prompt"] == (4, 5, 4, 13, True)
    assert report.place(("steps", 0, "gone", "deep")) == report.places["steps", 0]


def test_aliases_and_merges():
    text = (
        "base: &b {x: 1, y: 2}\none: *b\ntwo: {<<: *b, y: 3}\nthree: {<<: [*b, {z: 4, x: 9}]}\nq: {'<<': 1}"
    )
    assert data_of(text) == {
        "base": {"x": 1, "y": 2},
        "one": {"x": 1, "y": 2},
        "two": {"x": 1, "y": 3},
        "three": {"x": 1, "y": 2, "z": 4},
        "q": {"<<": 1},
    }
    assert "mapping" in problem_of("a: {<<: 3}").message


def test_duplicate_keys_name_both_lines():
    problem = problem_of("a: 1\nb: 2\na: 3\n")
    assert (problem.line, problem.column) == (3, 1)
    assert "`a` stands twice (first on line 1)" in problem.message
    assert problem_of('a: 1\n"a": 3\n').line == 2
    _, report = read("k: {x: 1, x: 2}\nl: [{x: 1, x: 2}]")
    assert [problem.key for problem in report.sorted()] == ["k.x", "l[0].x"]


@pytest.mark.parametrize("key", ["1", "true", "null", "[a]", "{{ x }}"])
def test_keys_are_texts(key):
    _, report = read(f"? {key}\n: 1\nok: 2")
    assert any("a key must be text" in problem.message for problem in report.sorted())
    assert data_of('"1": x') == {"1": "x"}


def fatal(text):
    with pytest.raises(WorkflowError) as caught:
        read(text)
    assert caught.value.path == "f.yaml"
    assert caught.value.__cause__ is None
    assert caught.value.cure or "not YAML" in caught.value.message
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a:\n\tb: 1", 2, 1, "a tab"),
        ("a: 'open\nb: 1\n", 1, 4, "never closed"),
        ("a: b: c", 1, 5, "`:`"),
        ("a: [1, 2\nb: 3", 2, 2, "not well formed"),
        ("a:\n  - b\n c: 1", 3, 2, "indentation"),
        ("a: 1\n---\nb: 2", 2, 1, "second document"),
        ("a: 1\nb: *gone", 2, 4, "names no anchor"),
        ("a: &a [*a]", 1, 8, "names no anchor"),
        ("a: 1\nb: x\x1by", 2, 5, "U+001B"),
        ("a: @x", 1, 4, "`@`"),
        ("%YAML 2.0\n---\na: 1", 1, 1, "%YAML"),
        ('a: "\\UFFFFFFFF"', 1, 1, "not YAML"),
    ],
)
def test_broken_yaml_says_where_and_what(text, line, column, words):
    error = fatal(text)
    assert (error.line, error.column) == (line, column)
    assert words in error.message


def test_an_alias_bomb_is_stopped_before_it_expands():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert f"{MAX_VALUES:,} values" in fatal("\n".join(lines)).message


def test_size_and_depth_are_bounded():
    assert "values" in fatal("- a\n" * (MAX_VALUES + 1)).message
    assert "deep" in fatal("[" * 100_000).message
    assert "deep" in fatal("a: " + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)).message
    assert data_of("[" * MAX_DEPTH + "]" * MAX_DEPTH)


def test_a_version_line_changes_nothing():
    assert data_of("%YAML 1.1\n---\na: yes") == {"a": "yes"}
    assert "not YAML" in fatal("%YAML 1.9\n---\na: yes").message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("# only this\n", "empty"),
        ("---\n", "empty"),
        ("- a\n", "a list"),
        ("text\n", "single value"),
    ],
)
def test_a_root_that_is_no_mapping(text, words):
    line, _, message, cure = only_problem(text)
    assert line == (2 if text == "---\n" else 1)
    assert words in message
    assert "steps" in cure
