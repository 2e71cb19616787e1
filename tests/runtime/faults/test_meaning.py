"""Faults in words, and what is offered while one is typed."""

from __future__ import annotations

import pytest

from pipeline_runtime.faults import FORMS, complete_fault, meaning, parse_fault, told


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("stall@30:3s", "silence for 3 s, at delta 30"),
        ("stall@byte:40:250ms", "silence for 250 ms, before byte 40 of the body"),
        ("disconnect@-1", "the connection is closed, at delta -1 (the last)"),
        ("drop@2-4", "it is not sent, at each delta from 2 to 4"),
        ("drop@2-", "it is not sent, at each delta from 2 on"),
        ("jitter:80ms", "it comes 0 to 80 ms later, at each delta"),
        ("status:529", "status 529 for the first request"),
        (
            "status:429*2:retry-after=1",
            "status 429 for the first 2 requests, retry-after: 1",
        ),
        ("status:500*always", "status 500 for all requests"),
        ("slow-headers:2s", "status and headers come 2 s later"),
    ],
)
def test_a_fault_in_words(fault, says):
    assert meaning(parse_fault(fault)) == says


@pytest.mark.parametrize("form", FORMS)
def test_every_form_has_a_line_of_its_own(form):
    said = meaning(parse_fault(form))
    assert 10 < len(said) < 80
    assert "\n" not in said


def test_what_is_typed_is_gone_on_with():
    assert [text for text, _ in complete_fault("sp")] == ["split@5:3", "split-utf8@5"]
    assert complete_fault("stall@12") == [("stall@12:3s", "silence for 3 s, at delta 12")]
    assert [text for text, _ in complete_fault("stall@byte:9:")] == []
    assert complete_fault("stall@30:3s") == []
    assert complete_fault("nope") == []
    everything = [text for text, _ in complete_fault("")]
    assert everything == [form for form in FORMS if not form.startswith("keepalive")]


def test_what_a_run_cannot_have_has_no_meaning_for_it():
    assert told("keepalive:1s") is None
    assert told("stall@") is None
    assert told("stall@1:1s") == "silence for 1 s, at delta 1"
