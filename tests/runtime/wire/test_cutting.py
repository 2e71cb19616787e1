"""The cutting of blocks against the line grammar of the standard, written as one pattern."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_runtime.wire.cutting import LONGEST_BLANK, block_ends

bodies = st.lists(st.sampled_from([b"a", b"\r", b"\n"]), max_size=14).map(b"".join)


def ends_by_the_grammar(body):
    """Where empty lines end: `end-of-line = CR LF / CR / LF`."""
    ends, line = [], 0
    for match in re.finditer(rb"\r\n|\r|\n", body):
        if match.start() == line:
            ends.append(match.end())
        line = match.end()
    return ends


@settings(deadline=None, max_examples=500)
@given(bodies)
def test_blocks_end_with_each_empty_line(body):
    assert block_ends(body, first=0, resume=0, final=True) == ends_by_the_grammar(body)


@settings(deadline=None, max_examples=500)
@given(bodies, bodies)
def test_a_search_that_goes_on_finds_what_a_whole_one_finds(begun, more):
    if block_ends(begun, first=0, resume=0, final=False):
        return
    resume = max(0, len(begun) - (LONGEST_BLANK - 1))
    body = begun + more
    assert block_ends(body, first=0, resume=resume, final=True) == ends_by_the_grammar(body)
