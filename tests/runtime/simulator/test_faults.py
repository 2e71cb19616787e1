"""The fault grammar."""

from __future__ import annotations

import re

import pytest

from pipeline_runtime.faults.durations import parse_duration
from pipeline_runtime.simulator.faults import FORMS, Fault, parse_fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("stall@30:3s", Fault("stall", at=30, seconds=3.0)),
        ("stall@0:250ms", Fault("stall", at=0, seconds=0.25)),
        ("disconnect@17", Fault("disconnect", at=17)),
        ("error@12:rate_limit_error", Fault("error", at=12, error="rate_limit_error")),
        ("error@12", Fault("error", at=12, error="overloaded_error")),
        ("status:529", Fault("status", status=529, times=1)),
        ("status:500*always", Fault("status", status=500, times=None)),
        ("status:429*2:retry-after=1", Fault("status", status=429, times=2, headers=(("retry-after", "1"),))),
        (
            "status:503:retry-after-ms=20,x-should-retry=false",
            Fault("status", status=503, headers=(("retry-after-ms", "20"), ("x-should-retry", "false"))),
        ),
        ("malform@9", Fault("malform", at=9)),
        ("unknown@5", Fault("unknown", at=5)),
        ("duplicate@4", Fault("duplicate", at=4)),
        ("no_terminator", Fault("no_terminator")),
        ("keepalive:0.5s", Fault("keepalive", seconds=0.5)),
    ],
)
def test_every_form_is_read(text, fault):
    assert parse_fault(text) == fault


def test_every_advertised_form_is_a_form():
    assert [parse_fault(form).kind for form in FORMS]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("disconect@17", "disconnect@17"),
        ("disconnect", "disconnect@17"),
        ("stall@30", "stall@30:3s"),
        ("stall@30:3", "3s, 0.5s or 250ms"),
        ("status:200", "400 to 599"),
        ("status:429*0", "status:429*2"),
        ("status:429:set-cookie=x", "retry-after"),
        ("status:429:retry-after=1\r\nx: y", "retry-after"),
        ("keepalive:0s", "0.01s"),
        ("", "known forms"),
        ("meteor", "known forms"),
    ],
)
def test_a_wrong_fault_names_the_right_form(text, hint):
    with pytest.raises(ValueError, match=re.escape(hint)):
        parse_fault(text)


@pytest.mark.parametrize(("text", "seconds"), [("3s", 3.0), ("0.5s", 0.5), ("250ms", 0.25), ("2m", 120.0)])
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["3", "s", "-1s", "3 s", "1h", "infs", "1e3s"])
def test_what_is_no_duration(text):
    with pytest.raises(ValueError, match="length of time"):
        parse_duration(text)
