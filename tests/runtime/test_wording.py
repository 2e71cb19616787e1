"""Words for people."""

from __future__ import annotations

import pytest

from pipeline_runtime.events import Response, Timings, Usage
from pipeline_runtime.wording import listed, summarise

TIMINGS = Timings(total=1_200_000_000, first_delta=340_000_000)


@pytest.mark.parametrize(("count", "told"), [(0, "0 tokens"), (1, "1 token"), (12_345, "12,345 tokens")])
def test_an_answer_in_one_line_counts_its_tokens(count, told):
    response = Response("x", "stream", TIMINGS, finish_reason="stop", usage=Usage(output=count))
    assert summarise(response) == f"STREAM · first delta 340 ms · total 1.2 s · {told} · finish stop"


@pytest.mark.parametrize(
    ("words", "told"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_a_list_in_words(words, told):
    assert listed(words) == told
