"""Background responses: they go on without their client, and can be read again from any event."""

from __future__ import annotations

import http.client
import json

import pytest

from helpers_simulator import ask, request_body, stream
from pipeline_runtime.simulator import Simulator, parse_scenario
from pipeline_runtime.simulator.background import KEPT, rest_of
from pipeline_runtime.simulator.script import Cut, Plan, Send, Wait

PROTOCOL = "openai-responses"


def begin(simulator, key):
    """A background response: its id, and what its first connection got."""
    answer = stream(simulator, key, PROTOCOL, background=True)
    return answer.events[0]["response"]["id"], answer


def get(simulator, key, response, query="?stream=true"):
    return ask(simulator, key, PROTOCOL, method="GET", path=f"/{key}/v1/responses/{response}{query}")


def test_it_is_queued_before_it_begins(simulator, add):
    _, answer = begin(simulator, add(reply="One two"))
    assert [(event["type"], event["response"]["status"]) for event in answer.events[:3]] == [
        ("response.created", "queued"),
        ("response.queued", "queued"),
        ("response.in_progress", "in_progress"),
    ]
    assert answer.events[-1]["response"]["background"] is True


@pytest.mark.parametrize("after", [0, 3, 7, 99])
def test_from_any_event_the_rest_is_what_was_sent_byte_by_byte(simulator, add, after):
    key = add(faults=["unknown@2", "keepalive:0.5s"])
    response, answer = begin(simulator, key)
    rest = get(simulator, key, response, f"?stream=true&starting_after={after}")
    assert rest.headers["content-type"].startswith("text/event-stream")
    expected = [event for event in answer.events if event["sequence_number"] > after]
    assert rest.events == expected
    assert answer.body.endswith(rest.body)


def test_without_starting_after_all_of_it_is_sent(simulator, add):
    key = add()
    response, answer = begin(simulator, key)
    assert get(simulator, key, response).events == answer.events


def test_each_disconnect_cuts_one_connection(simulator, add):
    key = add(faults=["disconnect@1", "disconnect@3"])
    response, first = begin(simulator, key)
    second = get(
        simulator, key, response, f"?stream=true&starting_after={first.events[-1]['sequence_number']}"
    )
    third = get(
        simulator, key, response, f"?stream=true&starting_after={second.events[-1]['sequence_number']}"
    )
    assert [answer.complete for answer in (first, second, third)] == [False, False, True]
    events = [*first.events, *second.events, *third.events]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert "".join(event["delta"] for event in events if event["type"].endswith("text.delta")).startswith(
        "One two"
    )
    assert events[-1]["type"] == "response.completed"


def test_without_stream_it_is_told_as_it_stands(simulator, add):
    key = add(reply="One two")
    response, answer = begin(simulator, key)
    assert get(simulator, key, response, "").json == answer.events[-1]["response"]


def test_one_that_still_runs_is_told_so():
    with Simulator() as slow:
        key = slow.add(parse_scenario({"reply": "One.", "faults": ["stall@0:600s"]}, "test"))
        path = f"/{key}/v1/responses"
        connection = http.client.HTTPConnection("127.0.0.1", slow.port, timeout=30)
        connection.request("POST", path, json.dumps(request_body(PROTOCOL, stream=True, background=True)))
        opened = connection.getresponse()
        created = json.loads([opened.readline(), opened.readline()][1].removeprefix(b"data: "))
        connection.close()
        told = get(slow, key, created["response"]["id"], "").json
    assert (told["status"], told["output"]) == ("queued", [])


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("?stream=true&starting_after=x", 400, "starting_after"),
        ("?stream=true&starting_after=-2", 400, "integer"),
    ],
)
def test_a_wrong_place_is_refused(simulator, add, query, status, words):
    key = add()
    response, _ = begin(simulator, key)
    answer = get(simulator, key, response, query)
    assert (answer.status, words in answer.problem) == (status, True)


def test_what_was_not_made_in_the_background_is_not_kept(simulator, add):
    key = add()
    response = stream(simulator, key, PROTOCOL).events[0]["response"]["id"]
    for name in (response, "resp_none"):
        answer = get(simulator, key, name)
        assert (answer.status, answer.problem) == (404, f"Response with id '{name}' not found.")


def test_another_method_is_refused(simulator, add):
    key = add()
    response, _ = begin(simulator, key)
    assert ask(simulator, key, PROTOCOL, path=f"/{key}/v1/responses/{response}").status == 405


def test_the_oldest_is_forgotten_first(simulator, add):
    key = add(reply="One")
    made = [begin(simulator, key)[0] for _ in range(KEPT + 1)]
    assert [get(simulator, key, made[place]).status for place in (0, 1, -1)] == [404, 200, 200]


def test_what_is_due_comes_at_once_and_the_rest_in_its_time():
    event = b'data: {"sequence_number":%d}\n\n'
    sends = [Send(event % number) for number in range(4)]
    plan = Plan(
        (
            sends[0],
            Wait(1.0),
            sends[1],
            Wait(1.0),
            Send(b": hi\n\n"),
            Wait(1.0),
            sends[2],
            Wait(2.0),
            sends[3],
            Cut(),
        )
    )
    assert rest_of(plan, 0, 3.5).actions == (
        Wait(0.0), sends[1], Wait(0.0), sends[2], Wait(1.5), sends[3], Wait(0.0), Cut(),
    )  # fmt: skip
    assert rest_of(plan, 2, 0.0).actions == (Wait(5.0), sends[3], Wait(0.0), Cut())
