"""The server: its routes, its life, its counts, and what it does when clients leave or it is closed."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from helpers_simulator import PATHS, PROTOCOLS, ask, request_body, stream
from pipeline_runtime.errors import InputError
from pipeline_runtime.simulator import Simulator, parse_scenario

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def opened(simulator: Simulator, key: str) -> Iterator[http.client.HTTPResponse]:
    """A stream whose first line has come; the connection is closed at the end."""
    connection = http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=30)
    body = json.dumps(request_body("anthropic", stream=True))
    connection.request("POST", f"/{key}/v1/messages", body)
    with closing(connection), connection.getresponse() as response:
        response.fp.readline()
        yield response


def endless() -> object:
    return parse_scenario({"name": "endless", "reply": "a b c", "timing": {"first_token": 600}}, "test")


@pytest.mark.parametrize(
    ("path", "protocol"),
    [
        ("/v1/messages", "anthropic"),
        ("/draft/v1/messages", "anthropic"),
        ("/v1/chat/completions", "openai-chat"),
        ("/chat/completions", "openai-chat"),
        ("/draft/v1/chat/completions", "openai-chat"),
        ("/draft/chat/completions", "openai-chat"),
        ("/v1/responses", "openai-responses"),
        ("/draft/v1/responses", "openai-responses"),
        ("/draft/responses", "openai-responses"),
        ("/v1beta/models/m:generateContent", "gemini"),
        ("/v1/models/m:generateContent", "gemini"),
        ("/draft/v1beta/models/m:streamGenerateContent", "gemini"),
        ("/draft/v1/models/m:streamGenerateContent?alt=sse", "gemini"),
        ("/api/chat", "ollama"),
        ("/draft/api/generate", "ollama"),
    ],
)
def test_every_path_of_a_protocol_answers(simulator, path, protocol):
    before = simulator.requests
    assert ask(simulator, None, protocol, path=path).status == 200
    key = "draft" if "draft" in path else "default"
    assert simulator.requests[key] == before.get(key, 0) + 1


def test_base_urls(simulator):
    root = f"http://127.0.0.1:{simulator.port}"
    assert simulator.base_url(None, "anthropic") == root
    assert simulator.base_url("stall", "anthropic") == f"{root}/stall"
    assert simulator.base_url(None, "openai-chat") == f"{root}/v1"
    assert simulator.base_url("stall", "openai-chat") == f"{root}/stall/v1"
    assert simulator.base_url("stall", "openai-responses") == f"{root}/stall/v1"
    assert simulator.base_url("stall", "gemini") == f"{root}/stall/v1beta"
    assert simulator.base_url(None, "ollama") == root


def test_base_url_of_what_is_not_there(simulator):
    with pytest.raises(InputError) as caught:
        simulator.base_url("stal", "anthropic")
    assert "did you mean 'stall'?" in caught.value.cure
    with pytest.raises(InputError, match="does not speak 'telepathy'"):
        simulator.base_url(None, "telepathy")


def test_the_list_of_scenarios(simulator):
    listed = {
        entry["name"]: entry
        for entry in ask(simulator, None, "anthropic", path="/", method="GET").json["scenarios"]
    }
    assert listed["cut"]["description"].startswith("The connection is closed")
    assert all(listed["cut"][protocol] == simulator.base_url("cut", protocol) for protocol in PROTOCOLS)
    assert set(listed) == set(simulator.names())


@pytest.mark.parametrize("prefix", ["", "/draft"])
def test_the_lists_of_models(simulator, prefix):
    def listed(path: str):
        return ask(simulator, None, "anthropic", path=prefix + path, method="GET").json

    assert listed("/v1/models")["data"][0]["id"] == "simulator"
    assert listed("/v1beta/models")["models"][0]["name"] == "models/simulator"
    assert listed("/api/tags")["models"][0]["model"] == "simulator"
    assert listed("/api/version")["version"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_unknown_scenario_is_a_404_that_names_the_nearest(simulator, protocol):
    right = simulator.base_url("draft", protocol).split(f":{simulator.port}", 1)[1] + PATHS[protocol]
    answer = ask(simulator, None, protocol, path=right.replace("draft", "drafft"))
    assert answer.status == 404
    assert "did you mean 'draft'?" in answer.problem


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_get_where_a_post_belongs(simulator, protocol):
    answer = ask(simulator, None, protocol, method="GET")
    assert (answer.status, "POST" in answer.problem) == (405, True)


def test_a_path_that_is_not_there(simulator):
    assert ask(simulator, None, "anthropic", path="/v2/nothing").status == 404


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_template_that_fails_is_a_500_that_names_the_scenario(simulator, add, protocol):
    answer = stream(simulator, add(name="picky", reply="{{ prompt.splitlines()[9] }}"), protocol)
    assert answer.status == 500
    assert "scenario 'picky'" in answer.problem


def test_a_broken_file_is_named_when_it_is_asked_for(tmp_path):
    (tmp_path / "broken.yaml").write_text("repply: x\n")
    with Simulator(folders=[tmp_path]) as simulator:
        answer = stream(simulator, "broken", "anthropic")
        listed = ask(simulator, None, "anthropic", path="/", method="GET").json["scenarios"]
    assert (answer.status, "did you mean 'reply'?" in answer.json["error"]["message"]) == (500, True)
    assert any("cannot be loaded" in entry["description"] for entry in listed)


def test_a_folders_scenario_wins_over_a_bundled_one(tmp_path):
    (tmp_path / "draft.yaml").write_text("reply: Mine.\n")
    with Simulator(folders=[tmp_path], time_scale=0) as simulator:
        assert ask(simulator, "draft", "anthropic").json["content"][0]["text"] == "Mine."


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="no folder"), Simulator(folders=[tmp_path / "none"]):
        pass


def test_added_scenarios_get_keys_of_their_own_that_urls_can_hold(simulator):
    scenario = parse_scenario({"name": "Zwei Wörter / drei", "reply": "Added."}, "test")
    first, second = simulator.add(scenario), simulator.add(scenario)
    assert first != second
    assert simulator.add(scenario, "chosen") == simulator.add(scenario, "chosen") == "chosen"
    for key in (first, second, "chosen"):
        assert ask(simulator, key, "anthropic").json["content"][0]["text"] == "Added."


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_statuses_come_in_rounds(simulator, add, protocol):
    key = add(faults=["status:500", "status:429*2:retry-after=1"])
    answers = [stream(simulator, key, protocol) for _ in range(8)]
    assert [answer.status for answer in answers] == [500, 429, 429, 200, 500, 429, 429, 200]
    assert "retry-after" not in answers[0].headers
    assert answers[1].headers.get("retry-after") == (None if protocol == "gemini" else "1")
    advised = protocol not in {"gemini", "ollama"}
    assert answers[1].headers.get("x-should-retry") == ("true" if advised else None)
    remaining = [
        value
        for name, value in answers[1].headers.items()
        if name.endswith(("remaining-requests", "requests-remaining"))
    ]
    assert remaining == (["0"] if advised else [])


def test_a_status_for_always(simulator, add):
    key = add(faults=["status:500", "status:401*always"])
    answers = [stream(simulator, key, "anthropic") for _ in range(4)]
    assert [answer.status for answer in answers] == [500, 401, 401, 401]
    assert answers[1].headers["x-should-retry"] == "false"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_disconnect_leaves_the_body_without_an_end(simulator, add, protocol):
    answer = stream(simulator, add(faults=["disconnect@2"]), protocol)
    assert (answer.status, answer.complete) == (200, False)
    assert b" two" in answer.body
    assert b" three" not in answer.body
    assert simulator.wait_for_streams(0)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_disconnect_in_a_sync_answer(simulator, add, protocol):
    answer = ask(simulator, add(faults=["disconnect@2"]), protocol)
    assert (answer.status, answer.complete) == (200, False)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_stream_that_is_answered_with_json(simulator, add, protocol):
    answer = stream(simulator, add(delivery="sync_json"), protocol)
    assert answer.headers["content-type"].startswith("application/json")
    assert "five." in json.dumps(answer.json)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_buffered_stream_has_the_same_frames_in_one_write(simulator, add, protocol):
    live = stream(simulator, add(name="same"), protocol)
    held = stream(simulator, add(name="same", delivery="buffered"), protocol)
    assert len(held.events) == len(live.events) > 3
    assert held.headers["content-type"] == live.headers["content-type"]


def test_a_buffered_body_is_one_http_chunk(simulator, add):
    key = add(delivery="buffered")
    body = json.dumps(request_body("anthropic", stream=True)).encode()
    head = f"POST /{key}/v1/messages HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", simulator.port)) as connection:
        connection.sendall(head.encode() + body)
        raw = b"".join(iter(lambda: connection.recv(65536), b""))
    chunked = raw.split(b"\r\n\r\n", 1)[1]
    size = int(chunked.split(b"\r\n", 1)[0], 16)
    assert chunked.split(b"\r\n", 1)[1][size:] == b"\r\n0\r\n\r\n"


def test_several_requests_on_one_connection(simulator, add):
    key = add()
    connection = http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=30)
    sockets = []
    for _ in range(3):
        connection.request("POST", f"/{key}/v1/messages", json.dumps(request_body("anthropic", stream=True)))
        sockets.append(connection.sock)
        assert connection.getresponse().read().endswith(b"\n\n")
    connection.close()
    assert len(set(sockets)) == 1


SECRET = "sk-ant-PLANTED-0123456789abcdef"


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"faults": ["status:401*always"]},
        {"refuse_stream": "openai-o1-default"},
        {"reply": "{{ prompt[99] }}"},
        {"faults": ["error@1:overloaded_error"]},
    ],
)
def test_no_key_is_ever_echoed(simulator, add, protocol, keys):
    headers = {
        "x-api-key": SECRET,
        "authorization": f"Bearer {SECRET}",
        "api-key": SECRET,
        "x-goog-api-key": SECRET,
    }
    key = add(**keys)
    for body in (None, request_body(protocol, stream=True), b"not json"):
        answer = ask(simulator, key, protocol, body, headers=headers)
        assert SECRET.encode() not in answer.body
        assert SECRET not in str(answer.headers)


def test_it_listens_on_loopback_only():
    other_address_of_this_machine = "127.0.0.2"
    with Simulator() as simulator, pytest.raises(ConnectionRefusedError):
        socket.create_connection((other_address_of_this_machine, simulator.port), timeout=5)


def test_a_client_that_leaves_ends_its_stream_at_once():
    with Simulator() as simulator:
        key = simulator.add(endless())
        with opened(simulator, key):
            assert simulator.open_streams == 1
        assert simulator.wait_for_streams(0)


def test_a_client_that_leaves_while_a_sync_answer_is_made():
    with Simulator() as simulator:
        key = simulator.add(endless())
        connection = http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=30)
        connection.request("POST", f"/{key}/v1/messages", json.dumps(request_body("anthropic")))
        assert simulator.wait_for_streams(1)
        connection.close()
        assert simulator.wait_for_streams(0)


def test_closing_ends_open_streams_and_the_thread():
    before = _threads()
    simulator = Simulator().start()
    assert len(_threads()) == len(before) + 1
    with ExitStack() as stack:
        responses = [stack.enter_context(opened(simulator, simulator.add(endless()))) for _ in range(3)]
        assert simulator.open_streams == 3
        simulator.close()
        simulator.close()
        assert simulator.open_streams == 0
        for response in responses:
            with pytest.raises((http.client.IncompleteRead, ConnectionError)):
                response.read()
    assert _threads() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", simulator.port), timeout=5)


def _threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "simulator"}


async def test_as_an_async_context_manager():
    async with Simulator(time_scale=0) as simulator:
        assert simulator.port > 0


def test_a_port_that_is_taken():
    with Simulator() as first, pytest.raises(InputError) as caught, Simulator(port=first.port):
        pass
    assert str(first.port) in str(caught.value)
    assert "another port" in caught.value.cure


def test_a_port_that_is_none():
    with pytest.raises(InputError, match="cannot listen"), Simulator(port=70_000):
        pass


def test_a_given_port_is_used_again_after_closing():
    with Simulator() as first:
        port = first.port
    with Simulator(port=port) as second:
        assert second.port == port


def test_before_it_is_started_it_has_no_port():
    with pytest.raises(RuntimeError, match="not started"):
        Simulator().base_url(None, "anthropic")
