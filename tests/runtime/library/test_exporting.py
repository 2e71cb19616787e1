"""What is exported is what was recorded, in the forms that other tools read."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from datetime import datetime

import msgspec
import pytest

from helpers_core import (
    InTurn,
    events_of,
    head,
    live,
    mocked,
    of,
    only,
    pieces,
    play,
    replying,
    whole,
    workflow_for,
)
from helpers_events import delta, started
from helpers_library import log_of
from helpers_transport import serving
from pipeline_runtime.errors import InputError
from pipeline_runtime.events import AttemptStarted, Done, Error, FrameReceived, Request
from pipeline_runtime.library import FORMATS, Library, export_run, read_details
from pipeline_runtime.runlog.reader import RunLog

STREAM = pieces("Rivers ", "meet the sea.")


def exported(form, **which):
    return b"".join(export_run(RunLog(Library().find("last")), form, **which))


def har():
    return json.loads(exported("har"))["log"]


async def test_events_are_as_json_printed_them():
    events = await play(replying(head(), *STREAM))
    assert exported("jsonl") == b"".join(msgspec.json.encode(event) + b"\n" for event in events)


async def test_the_log_is_exported_up_to_its_last_whole_line():
    await play(replying(head(), *STREAM))
    log = Library().find("last")
    data = log.read_bytes()
    assert exported("log") == data
    log.write_bytes(data[:-5])
    assert exported("log") == data[: data[:-1].rindex(b"\n") + 1]


async def test_raw_is_the_body_byte_for_byte():
    body = b"".join(STREAM) + b": \xff\xfe not UTF-8\n\n"
    await play(replying(head(), *STREAM, b": \xff\xfe not UTF-8\n\n"))
    assert exported("raw") == body


async def test_raw_takes_the_attempt_that_is_meant():
    script = InTurn(head("503 Busy", kind="application/json") + b'{"error": 1}', head() + b"".join(STREAM))
    await play(script, {"retry": {"attempts": 2, "backoff": 0.01}})
    assert exported("raw") == b"".join(STREAM)
    assert exported("raw", attempt=1) == b'{"error": 1}'
    with pytest.raises(InputError, match="there is no attempt 3"):
        exported("raw", attempt=3)


async def test_raw_of_several_steps_needs_a_name():
    await play(replying(head(), *STREAM), {"id": "a"}, {"id": "b"})
    with pytest.raises(InputError, match="the run has 2 steps: a, b") as raised:
        exported("raw")
    assert raised.value.cure == "name one with --step"
    assert exported("raw", step="b") == b"".join(STREAM)
    with pytest.raises(InputError, match="the run has no step 'c'"):
        exported("raw", step="c")


def test_a_run_that_sent_nothing_has_no_bytes():
    log_of("r-aaaa")
    for form in ("raw", "curl"):
        with pytest.raises(InputError, match="the run sent no request"):
            exported(form)


# --- HAR --------------------------------------------------------------------------------------------------


async def test_an_archive_has_what_its_specification_wants():
    events = await play(replying(head("200 OK", "x-request-id: req_1"), *STREAM))
    log = har()
    assert (log["version"], log["creator"]["name"]) == ("1.2", "pipeline-tui")
    [entry] = log["entries"]
    asked, answer = entry["request"], entry["response"]
    assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= entry.keys()
    assert {
        "method",
        "url",
        "httpVersion",
        "cookies",
        "headers",
        "queryString",
        "headersSize",
        "bodySize",
    } <= asked.keys()
    assert {
        "status",
        "statusText",
        "httpVersion",
        "cookies",
        "headers",
        "content",
        "redirectURL",
        "headersSize",
        "bodySize",
    } <= answer.keys()
    assert datetime.fromisoformat(entry["startedDateTime"]).tzinfo is not None
    request = only(events, AttemptStarted).request
    assert (asked["method"], asked["url"]) == (request.method, request.url)
    assert json.loads(asked["postData"]["text"]) == request.body
    assert asked["bodySize"] == len(asked["postData"]["text"].encode())
    assert (answer["status"], answer["statusText"], answer["httpVersion"]) == (200, "OK", "HTTP/1.1")
    assert {"name": "x-request-id", "value": "req_1"} in answer["headers"]
    assert answer["content"]["text"] == b"".join(STREAM).decode()
    assert answer["content"]["size"] == answer["bodySize"] == len(b"".join(STREAM))
    assert answer["content"]["mimeType"].startswith("text/event-stream")


async def test_an_archive_has_the_times_of_chunks_and_events():
    events = await play(replying(head(), *STREAM))
    [entry] = har()["entries"]
    began = only(events, AttemptStarted).at
    frames = of(events, FrameReceived)
    timings = entry["timings"]
    assert timings["send"] + timings["wait"] + timings["receive"] == pytest.approx(entry["time"], abs=0.002)
    assert all(timings[name] == -1 for name in ("blocked", "dns", "connect", "ssl"))
    assert sum(chunk["size"] for chunk in entry["_chunks"]) == len(b"".join(STREAM))
    assert entry["_chunks"][-1]["time"] == round((frames[-1].at - began) / 1e6, 3)
    messages = entry["_eventSourceMessages"]
    assert entry["_resourceType"] == "eventsource"
    assert [message["data"] for message in messages] == [one.data for one in frames]
    assert {message["eventName"] for message in messages} == {"message"}
    first = datetime.fromisoformat(entry["startedDateTime"]).timestamp()
    assert messages[-1]["time"] - first == pytest.approx((frames[-1].at - began) / 1e9, abs=1e-5)


async def test_every_attempt_is_an_entry_and_a_failure_says_why():
    async def hang_up(peer):
        await peer.request()

    async with serving(hang_up) as server:
        await events_of(live(workflow_for(server, {"retry": {"attempts": 2, "backoff": 0.01}})))
    entries = har()["entries"]
    assert [entry["response"]["status"] for entry in entries] == [0, 0]
    assert all(entry["response"]["_error"] and entry["response"]["content"]["size"] == 0 for entry in entries)
    assert entries[0]["startedDateTime"] < entries[1]["startedDateTime"]


async def test_a_sync_answer_is_no_event_stream():
    await play(replying(head(kind="application/json"), whole()), {"stream": False})
    [entry] = har()["entries"]
    assert entry["_resourceType"] == "fetch"
    assert "_eventSourceMessages" not in entry
    assert json.loads(entry["response"]["content"]["text"])["object"] == "chat.completion"


async def test_bytes_that_are_no_text_are_base64():
    await play(replying(head(), *STREAM, b": \xff\n\n"))
    content = har()["entries"][0]["response"]["content"]
    assert content["encoding"] == "base64"
    assert b64decode(content["text"]) == b"".join(STREAM) + b": \xff\n\n"


async def test_no_form_holds_the_key():
    await play(replying(head(), *STREAM))
    assert b"sk-planted" not in b"".join(exported(form) for form in FORMATS)
    assert b"authorization: Bearer $" in exported("curl")


# --- curl and Markdown ------------------------------------------------------------------------------------


async def test_every_request_is_a_command():
    script = InTurn(head("503 Busy", kind="application/json") + b"{}", head() + b"".join(STREAM))
    await play(script, {"retry": {"attempts": 2, "backoff": 0.01}})
    told = exported("curl").decode()
    assert re.findall(r"^# .*$", told, re.MULTILINE) == [
        "# step s1, attempt 1 (first)",
        "# step s1, attempt 2 (retry)",
    ]
    assert exported("curl", attempt=2).decode() in told


async def test_the_report_tells_the_run(simulator):
    text = (
        "steps: [{id: a, prompt: Weather?, scenario: tool-call}, {id: b, prompt: Think, scenario: thinking}]"
    )
    events = await events_of(mocked(f"name: Two steps\n{text}", simulator))
    told = exported("md").decode()
    assert told.startswith("# Two steps: ok\n")
    assert re.findall(r"^## .*$", told, re.MULTILINE) == ["## a: ok", "## b: ok"]
    tool, thought = (event.response for event in of(events, Done))
    assert tool.tool_calls[0].arguments in told
    assert f"```text\n{thought.thinking.rstrip()}\n```" in told
    assert f"```text\n{thought.text.rstrip()}\n```" in told
    assert "curl -sS -N -X POST" in told
    assert f"came as **{tool.delivery.upper()}**" in told


async def test_a_failed_run_says_why_and_keeps_the_partial(simulator):
    text = "steps: [{id: a, prompt: x, retry: {attempts: 1}, scenario: error-mid-stream}]"
    events = await events_of(mocked(text, simulator))
    told = exported("md").decode()
    error = only(events, Error)
    assert f"**{error.type}**".replace("_", r"\_") in told
    assert error.response is not None
    assert error.response.text.strip() in told


def test_nothing_a_model_says_is_taken_for_markdown_or_obeyed():
    hostile = "```\n# Not a heading\n````\n\x1b]0;taken\x07 end"
    request = Request("POST", "http://a/|b", (("x", "`|`"),), {"p": "```"})
    asked = AttemptStarted("r", "draft", 1, 2, 1, request, "stream")
    log_of("r-aaaa", started(model="m|`x`"), asked, delta(hostile), workflow="A | *b* <i>\n# c", status="cut")
    told = exported("md").decode()
    assert "\x1b" not in told
    assert "\x07" not in told
    assert "`````text\n```\n# Not a heading\n````\n␛]0;taken␇ end\n`````" in told
    assert told.splitlines()[0] == r"# A \| \*b\* \<i\> \# c: cut"
    assert "model `` m|`x` ``" in told


# --- details ----------------------------------------------------------------------------------------------


async def test_details_tell_every_attempt():
    script = InTurn(head("503 Busy", kind="application/json") + b"{}", head() + b"".join(STREAM))
    events = await play(script, {"retry": {"attempts": 2, "backoff": 0.01}})
    details = read_details(events)
    assert (details.events, details.finished) == (len(events), events[-1])
    [step] = details.steps
    assert step == details.step("s1")
    assert details.step("none") is None
    first, second = step.attempts
    assert (first.number, first.why, first.ending) == (1, "first", "retry")
    assert first.opened is not None
    assert first.opened.status == 503
    assert (second.number, second.why, second.ending) == (2, "retry", "done")
    assert second.timings == only(events, Done).response.timings
    assert step.text == "Rivers meet the sea."


def test_findings_are_counted():
    from helpers_events import lint

    asked = AttemptStarted("r", "draft", 1, 0, 0, Request("POST", "http://a", (), {}), "stream")
    events = [started(), asked, lint(at=1), lint(at=2), lint("malformed_json", at=3)]
    [attempt] = read_details(events).steps[0].attempts
    assert [(found.code, found.count) for found in attempt.lints] == [
        ("split_utf8", 2),
        ("malformed_json", 1),
    ]
    assert (attempt.ending, attempt.response, attempt.ended) == ("", None, 3)
