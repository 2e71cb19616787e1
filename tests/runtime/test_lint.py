"""The catalogue of lints, and its page for people."""

from __future__ import annotations

import string

import msgspec
import pytest

from pipeline_runtime.lint import CATALOGUE, lint_event
from pipeline_runtime.origin import Origin

ORIGIN = Origin.of_run("r").of_step("s").of_attempt(2)


def test_the_page_lists_exactly_the_catalogue(repository):
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (repository / "docs" / "lint.md").read_text().splitlines()
        if line.startswith("| `")
    ]
    assert rows == [[f"`{code}`", rule.title, rule.sentence, rule.cure] for code, rule in CATALOGUE.items()]


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_rule_makes_an_event_of_its_facts(code):
    rule = CATALOGUE[code]
    facts = {name: "<fact>" for _, name, _, _ in string.Formatter().parse(rule.sentence) if name}
    event = lint_event(ORIGIN, 7, code, 3, **facts)
    assert (event.run, event.step, event.attempt, event.at, event.frame) == ("r", "s", 2, 7, 3)
    assert event.message.count("<fact>") == len(facts)
    assert "{" not in event.message
    assert event.cure
    assert msgspec.json.decode(msgspec.json.encode(event))["kind"] == "lint"


def test_an_unknown_code_and_a_missing_fact_are_errors():
    with pytest.raises(KeyError):
        lint_event(ORIGIN, 0, "no_such_code", None)
    with pytest.raises(KeyError, match="index"):
        lint_event(ORIGIN, 0, "delta_without_start", None)


def test_a_lint_takes_the_next_seq():
    origin = Origin.of_run("r")
    assert [lint_event(origin, 0, "empty_stream", None).seq for _ in range(3)] == [0, 1, 2]
