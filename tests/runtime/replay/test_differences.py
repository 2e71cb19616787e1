"""What of a request is told when it is not as recorded."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_runtime.events import Request
from pipeline_runtime.replay.cassette.differences import differences

URL = "https://api.example.com/v1/chat/completions"
HEADERS = (("content-type", "application/json"), ("authorization", "***"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def request(body=None, url=URL, method="POST", headers=HEADERS):
    return Request(method, url, headers, {} if body is None else body)


BODY = {"model": "m", "messages": [{"role": "user", "content": "Say A"}], "stream": True}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"model": "n"}, 'body.model: recorded "m", now "n"'),
        ({"stream": 1}, "body.stream: recorded true, now 1"),
        ({"temperature": 0.5}, "body.temperature: recorded nothing, now 0.5"),
        ({"temperature": None}, "body.temperature: recorded nothing, now null"),
        ({"messages": []}, 'body.messages[0]: recorded {"role":"user","content":"Say A"}, now nothing'),
        (
            {"messages": [{"role": "user", "content": "Say B"}]},
            'body.messages[0].content: recorded "Say A", now "Say B"',
        ),
    ],
)
def test_each_place_that_differs_is_named(change, told):
    assert differences(request(BODY), request({**BODY, **change})) == [told]


def test_of_a_long_text_the_place_where_it_differs_is_shown():
    before = "same " * 100
    (told,) = differences(request({"prompt": f"{before}old end"}), request({"prompt": f"{before}new end"}))
    assert 'old end", now "' in told.replace("…", "")
    assert len(told) < 160


def test_many_differences_are_counted():
    told = differences(request({str(n): 1 for n in range(10)}), request({str(n): 2 for n in range(10)}))
    assert told[-1] == "and 6 more"
    assert len(told) == 5


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        (URL, "https://gateway.example.com/v1/chat/completions", True),
        (URL, "https://api.example.com/v2/chat/completions", False),
        (URL, URL + "?key=other", True),
        (URL + "?alt=sse", URL, False),
        ("http://127.0.0.1:4711/stall/v1/chat/completions", URL, True),
        ("http://127.0.0.1:4711/stall/v1/messages", URL, False),
    ],
)
def test_of_the_address_the_path_and_the_query_count(then, now, same):
    assert (differences(request(url=then), request(url=now)) == []) is same


def test_of_the_headers_those_count_that_change_the_answer():
    then = (*HEADERS, ("anthropic-version", "2023-06-01"), ("user-agent", "pipeline-tui/0.1.0"))
    now = (*HEADERS, ("anthropic-version", "2030-01-01"), ("user-agent", "pipeline-tui/0.2.0"))
    assert differences(request(headers=then), request(headers=now)) == [
        'header anthropic-version: recorded "2023-06-01", now "2030-01-01"'
    ]
    assert differences(request(), request(method="GET")) == ['method: recorded "POST", now "GET"']


@given(JSON, JSON)
def test_equal_bodies_and_only_they_match(one, other):
    assert differences(request({"x": one}), request({"x": one})) == []
    same = msgspec.json.encode(one, order="sorted") == msgspec.json.encode(other, order="sorted")
    assert (differences(request({"x": one}), request({"x": other})) == []) is same
