"""Markdown of a long answer: only its end is rendered, from the beginning of a line."""

from __future__ import annotations

import pytest

from pipeline_tui.text.ending import LEFT_OUT, markdown_ending


@pytest.mark.parametrize("text", ["", "one", "one\ntwo\n", "1\n2\n3", "\n\n\n"])
def test_a_short_text_stays_as_it_is(text: str) -> None:
    assert markdown_ending(text, 20, 3) == text


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("1\n2\n3\n4", "2\n3\n4"),
        ("1\n2\n3\n4\n", "2\n3\n4\n"),
        ("the first line is long\nsecond", "second"),
        ("the first line is long\nand so is the second one", "the second one"[-20:]),
        ("x" * 30, "x" * 20),
    ],
)
def test_a_long_text_is_left_by_its_end(text: str, end: str) -> None:
    found = markdown_ending(text, 20, 3)
    assert found.startswith(LEFT_OUT)
    assert found.endswith(end)
    assert len(found) <= len(LEFT_OUT) + 20


def test_a_cut_in_code_leaves_code() -> None:
    text = "```python\n" + "a = 1\n" * 9 + "```\nso it is\n"
    assert markdown_ending(text, 1_000, 4) == f"{LEFT_OUT}```\na = 1\na = 1\n```\nso it is\n"
    assert markdown_ending(text, 1_000, 1) == f"{LEFT_OUT}so it is\n"


def test_a_text_of_many_lines_is_cut_at_a_line() -> None:
    text = "".join(f"- item {n}\n" for n in range(10_000))
    found = markdown_ending(text, 20_000, 300).removeprefix(LEFT_OUT).splitlines()
    assert found == [f"- item {n}" for n in range(9_700, 10_000)]
