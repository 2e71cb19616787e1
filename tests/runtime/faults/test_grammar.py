"""The fault grammar, its places and its mistakes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_runtime.faults import FORMS, Fault, FaultSyntaxError, parse_fault, parse_faults
from pipeline_runtime.faults.model import EVER


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("disconnect@-1", Fault("disconnect", at=-1)),
        ("disconnect@byte:4096", Fault("disconnect", at=4096, unit="byte")),
        ("delay@10-20:200ms", Fault("delay", at=10, until=20, seconds=0.2)),
        ("delay@10-:200ms", Fault("delay", at=10, until=EVER, seconds=0.2)),
        ("jitter:80ms", Fault("jitter", at=0, until=EVER, seconds=0.08)),
        ("coalesce@10-20", Fault("coalesce", at=10, until=20)),
        ("split@5", Fault("split", at=5, number=2)),
        ("split@5:3", Fault("split", at=5, number=3)),
        ("split-utf8@5", Fault("split-utf8", at=5)),
        ("truncate@9", Fault("truncate", at=9)),
        ("endless@6", Fault("endless", at=6)),
        ("slow-headers:2s", Fault("slow-headers", seconds=2)),
        ("content-type:text/html; charset=x", Fault("content-type", content_type="text/html; charset=x")),
        ("seed:7", Fault("seed", number=7)),
    ],
)
def test_every_form_is_read(text, fault):
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "column", "hint"),
    [
        ("disconect@17", 1, "disconnect@17"),
        ("disconnect@x", 12, "disconnect@17"),
        ("disconnect@3-5", 13, "disconnect@17"),
        ("disconnect@17!", 14, "disconnect@17"),
        ("disconnect@17:3s", 15, "disconnect@17"),
        ("drop@byte:3", 6, "drop@4"),
        ("drop@9-3", 6, "upwards"),
        ("drop@-0", 6, "last one is -1"),
        ("stall@30:3x", 10, "length of time"),
        ("split@5:1", 9, "at least 2"),
        ("seed@3", 5, "seed:7"),
        ("content-type:a\r\nb: c", 14, "text/plain"),
        ("status:200", 8, "400 to 599"),
    ],
)
def test_a_mistake_is_told_with_its_column(text, column, hint):
    with pytest.raises(FaultSyntaxError) as caught:
        parse_fault(text)
    assert caught.value.column == column
    assert hint in caught.value.cure


@given(
    st.text(max_size=20) | st.sampled_from(FORMS).flatmap(lambda form: st.text(max_size=3).map(form.__add__))
)
def test_any_text_is_a_fault_or_says_where_it_is_none(text):
    columns = range(1, len(text) + 2)
    try:
        parse_faults([text])
    except FaultSyntaxError as error:
        columns = range(error.column, error.column + 1) if error.column in columns else range(0)
    assert columns
