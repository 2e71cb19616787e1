"""Recorded bodies served again: the same bytes, cut and timed as wanted."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers_simulator import PROTOCOLS, ask, stream
from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.simulator import Simulator, load_scenario, parse_scenario
from pipeline_runtime.simulator.cutting import cut
from pipeline_runtime.simulator.replay import Chunks
from pipeline_runtime.simulator.replaying import replay
from pipeline_runtime.simulator.script import Cut, Send, Wait

BODY = b'data: {"a":1}\n\n: odd \xff\r\n\r\nevent: x\ndata: [DONE]\n\ntail'
SSE = "text/event-stream"


@pytest.fixture
def recorded(tmp_path):
    """Writes a body; gives a scenario that replays it."""

    def write(body: bytes = BODY, name: str = "body.sse", **keys):
        (tmp_path / name).write_bytes(body)
        given = {"replay": {"file": name} | keys.pop("replay", {})} | keys
        return parse_scenario(given, "test", tmp_path)

    return write


def answer_of(scenario):
    return replay(scenario, scenario.replay, scenario.parsed_faults())


def sends(reply) -> list[bytes]:
    return [action.data for action in reply.plan.actions if isinstance(action, Send)]


def waits(reply) -> list[float]:
    return [action.seconds for action in reply.plan.actions if isinstance(action, Wait)]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("delivery", ["stream", "buffered"])
def test_any_protocol_gets_the_bytes_of_the_file(simulator, recorded, protocol, delivery):
    answer = stream(simulator, simulator.add(recorded(delivery=delivery)), protocol)
    assert (answer.status, answer.body, answer.complete) == (200, BODY, True)
    assert answer.headers["content-type"] == SSE
    assert answer.headers["transfer-encoding"] == "chunked"


def test_a_json_body_tells_its_length(simulator, recorded):
    key = simulator.add(recorded(b'{"a": 1}', "body.json"))
    answer = ask(simulator, key, "gemini")
    assert (answer.json, answer.headers["content-length"]) == ({"a": 1}, "8")


def test_status_type_and_headers(simulator, recorded):
    told = {"status": 529, "content_type": "text/plain", "headers": {"x-mine": "1", "retry-after": "3"}}
    answer = ask(simulator, simulator.add(recorded(replay=told)), "anthropic")
    assert (answer.status, answer.body) == (529, BODY)
    assert {"content-type": "text/plain", "x-mine": "1", "retry-after": "3"}.items() <= answer.headers.items()


def test_an_empty_content_type_is_none(simulator, recorded):
    answer = ask(simulator, simulator.add(recorded(replay={"content_type": ""})), "openai-responses")
    assert "content-type" not in answer.headers


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.sse", SSE),
        ("a.ndjson", "application/x-ndjson"),
        ("a.json", "application/json"),
        ("a.bin", "application/octet-stream"),
    ],
)
def test_the_type_follows_the_files_name(recorded, name, content_type):
    assert answer_of(recorded(name=name)).headers == (("content-type", content_type),)


@pytest.mark.parametrize(
    ("body", "name", "parts"),
    [
        (b"a: 1\n\nb\r\n\r\n\r\nc\r\rd", "a.sse", [b"a: 1\n\n", b"b\r\n\r\n\r\n", b"c\r\r", b"d"]),
        (b"{}\n\n{}\r\n{", "a.ndjson", [b"{}\n", b"\n", b"{}\r\n", b"{"]),
        (b"[{}\n,\r\n{}\n]", "a.json", [b"[{}\n,\r\n", b"{}\n]"]),
        (b"", "a.sse", []),
    ],
)
def test_by_default_and_when_told_a_write_is_a_frame(recorded, body, name, parts):
    assert sends(answer_of(recorded(body, name))) == parts
    assert sends(answer_of(recorded(body, name, replay={"chunks": {"frames": True}}))) == parts


def test_cut_by_size(recorded):
    parts = sends(answer_of(recorded(replay={"chunks": {"size": 7}})))
    assert {len(part) for part in parts[:-1]} == {7}
    assert b"".join(parts) == BODY


def test_cut_at_random_is_the_same_for_the_same_seed(recorded):
    def parts(seed: int) -> list[bytes]:
        return sends(answer_of(recorded(BODY * 50, replay={"chunks": {"seed": seed}})))

    assert parts(1) == parts(1) != parts(2)
    assert len({len(part) for part in parts(1)}) > 5


CHUNKS = st.none() | st.builds(
    Chunks.model_validate,
    st.integers(1, 50).map(lambda size: {"size": size})
    | st.integers().map(lambda seed: {"seed": seed})
    | st.just({"frames": True}),
)


@given(
    body=st.binary() | st.text("a\n\r,{}").map(str.encode),
    chunks=CHUNKS,
    content_type=st.sampled_from([SSE, "application/x-ndjson", "application/json", ""]),
)
def test_no_cut_loses_or_changes_a_byte(body, chunks, content_type):
    parts = cut(body, chunks, content_type)
    assert b"".join(parts) == body
    assert all(parts)


def test_timing_paces_the_writes(recorded):
    timing = {"first_token": 2, "rate": 4, "jitter": 0}
    assert waits(answer_of(recorded(b"a\n\nb\n\nc", timing=timing))) == [2, 0.25, 0.25, 0]


def test_stalls_and_cuts_count_writes(recorded):
    reply = answer_of(recorded(b"a\n\nb\n\nc", timing={"rate": 0}, faults=["stall@1:3s", "disconnect@2"]))
    assert sends(reply) == [b"a\n\n", b"b\n\n"]
    assert waits(reply) == [0.3, 3, 0]
    assert isinstance(reply.plan.actions[-1], Cut)


def test_a_cut_after_all_and_a_status_before(simulator, recorded):
    key = simulator.add(recorded(faults=["status:503", "disconnect@99"]))
    first, second = (stream(simulator, key, "anthropic") for _ in range(2))
    assert (first.status, first.json["type"]) == (503, "error")
    assert (second.status, second.body, second.complete) == (200, BODY, False)


def test_a_file_that_is_gone_by_then_is_a_500_that_names_it(simulator, recorded, tmp_path):
    key = simulator.add(recorded(name="gone.sse"))
    (tmp_path / "gone.sse").unlink()
    answer = ask(simulator, key, "openai-chat")
    assert (answer.status, "gone.sse" in answer.problem) == (500, True)


def test_a_path_is_relative_to_the_scenarios_file(tmp_path):
    (tmp_path / "bodies").mkdir()
    (tmp_path / "bodies" / "a.ndjson").write_bytes(b"{}\n")
    (tmp_path / "again.yaml").write_text("replay: {file: bodies/a.ndjson}\n")
    with Simulator(folders=[tmp_path], time_scale=0) as simulator:
        assert stream(simulator, "again", "ollama").body == b"{}\n"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("replay: {file: none.sse}\n", 1, "there is no recording"),
        ("replay:\n  file: a.sse\n  log: b.jsonl\n", 1, "one source"),
        ("replay: {}\n", 1, "one source"),
        ("replay: {file: a.sse, step: draft}\n", 1, "belong to `log`"),
        ("replay: {fil: a.sse}\n", 1, "did you mean 'file'?"),
        ("replay:\n  file: a.sse\n  chunks: {size: 0}\n", 3, "greater than or equal to 1"),
        ("replay:\n  file: a.sse\n  chunks: {size: 1, seed: 2}\n", 3, "`size: 64`"),
        ("replay:\n  file: a.sse\n  chunks: {frames: false}\n", 3, "`frames: true`"),
        ("replay:\n  file: a.sse\n  chunks: {sise: 1}\n", 3, "did you mean 'size'?"),
        ("replay: {file: a.sse, status: 99}\n", 1, "200"),
        ("replay: {file: a.sse, headers: {'a b': c}}\n", 1, "no HTTP header"),
        ('replay: {file: a.sse, headers: {a: "b\\r\\nc: d"}}\n', 1, "no HTTP header"),
        ('replay: {file: a.sse, content_type: "a\\r\\nb: c"}\n', 1, "one line"),
        ("replay: {file: a.sse, headers: {Content-Length: '3'}}\n", 1, "given by the simulator"),
        ("replay: {file: a.sse}\nreply: x\n", None, "'reply' has no meaning"),
        ("replay: {file: a.sse}\nrefuse_stream: gateway-403\n", None, "'refuse_stream' has no meaning"),
        ("replay: {file: a.sse}\ndelivery: one_chunk\n", None, "stream or buffered"),
        ("replay: {file: a.sse}\nfaults: [malform@1]\n", None, "would change its bytes"),
        ("description: x\n", None, "'reply' is missing"),
    ],
)
def test_a_mistake_is_named(tmp_path, text, line, says):
    (tmp_path / "a.sse").write_bytes(BODY)
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(WorkflowError) as caught:
        load_scenario(tmp_path / "mine.yaml")
    assert caught.value.line == line
    assert says in str(caught.value)


SECOND = 1_000_000_000
HEADERS = [
    ["content-type", SSE],
    ["x-request-id", "req_1"],
    ["openai-organization", "***"],
    ["transfer-encoding", "chunked"],
    ["date", "then"],
]


def chunk(data: bytes, at: float, step="draft", attempt=1) -> dict:
    try:
        body = {"text": data.decode()}
    except UnicodeDecodeError:
        body = {"base64": b64encode(data).decode()}
    return {"kind": "chunk", "step": step, "attempt": attempt, "at": int(at * SECOND), "offset": 0} | body


def opened(status=200, attempt=1, step="draft", at=1.0) -> list[dict]:
    origin = {"run": "r", "step": step, "attempt": attempt, "seq": 0}
    return [
        {"kind": "attempt_started", "at": int((at - 0.5) * SECOND), "request": {}} | origin,
        {"kind": "response_opened", "at": int(at * SECOND), "status": status, "headers": HEADERS} | origin,
    ]


def ended(at: float, step="draft", attempt=1) -> dict:
    return {"kind": "body_end", "step": step, "attempt": attempt, "at": int(at * SECOND)}


@pytest.fixture
def logged(tmp_path):
    """Writes a run log; gives a scenario that replays from it."""

    def write(*lines, torn=b"", **keys):
        header = {"kind": "log", "run": "r", "workflow": "w", "schema": 1}
        raw = b"".join(json.dumps(line).encode() + b"\n" for line in [header, *lines])
        (tmp_path / "run.jsonl").write_bytes(raw + torn)
        given = {"replay": {"log": "run.jsonl"} | keys.pop("replay", {})} | keys
        return parse_scenario(given, "test", tmp_path)

    return write


BROKEN_CHARACTER = [b"data: \xc3", b"\xa9\n\n"]


def test_a_log_gives_borders_and_gaps_as_they_were(logged):
    first, second = BROKEN_CHARACTER
    reply = answer_of(logged(*opened(), chunk(first, 1.25), chunk(second, 2.0), ended(2.5)))
    assert sends(reply) == BROKEN_CHARACTER
    assert reply.plan.before == 0.5
    assert waits(reply) == [0.25, 0.75, 0.5]
    assert reply.headers == (("content-type", SSE), ("x-request-id", "req_1"))
    assert reply.streamed


def test_a_log_can_be_cut_and_paced_anew(logged):
    lines = [*opened(), chunk(b"a\n\nb", 1.25), chunk(b"b\n\n", 2.0), ended(2.0)]
    timing = {"first_token": 1, "rate": 2, "jitter": 0}
    assert sends(answer_of(logged(*lines, replay={"chunks": {"frames": True}}))) == [b"a\n\n", b"bb\n\n"]
    paced = answer_of(logged(*lines, timing=timing))
    assert (sends(paced), waits(paced)) == ([b"a\n\nb", b"b\n\n"], [1, 0.5, 0])


@pytest.mark.parametrize(
    "broke",
    [
        {"kind": "error", "step": "draft", "attempt": 1, "at": 3 * SECOND, "type": "disconnected"},
        {
            "kind": "retry",
            "step": "draft",
            "attempt": 1,
            "at": 3 * SECOND,
            "reason": "disconnected: x:1 closed it",
        },
    ],
)
def test_a_body_that_broke_off_breaks_off_again(logged, broke):
    reply = answer_of(logged(*opened(), chunk(b"a", 2), ended(2), broke))
    assert isinstance(reply.plan.actions[-1], Cut)


def test_an_attempt_is_chosen_by_step_and_number(simulator, logged):
    lines = [
        *opened(529),
        chunk(b"busy", 1),
        ended(1),
        *opened(attempt=2, at=3),
        chunk(b"fine", 4, attempt=2),
        ended(4, attempt=2),
        *opened(step="edit", at=5),
        chunk(b"edited", 6, "edit"),
    ]
    for wanted, status, body in [
        ({"step": "draft", "attempt": 1}, 529, b"busy"),
        ({"attempt": 2}, 200, b"fine"),
        ({"step": "edit"}, 200, b"edited"),
    ]:
        answer = stream(simulator, simulator.add(logged(*lines, replay=wanted)), "openai-chat")
        assert (answer.status, answer.body) == (status, body)
    for wanted, says in [
        ({}, "more than one"),
        ({"step": "draft"}, "more than one"),
        ({"step": "x"}, "no such"),
    ]:
        answer = ask(simulator, simulator.add(logged(*lines, replay=wanted)), "openai-chat")
        assert answer.status == 500
        assert says in answer.problem
        assert "step draft attempt 2" in answer.problem


def test_a_torn_line_ends_a_log(logged):
    lines = [*opened(), chunk(b"whole", 2)]
    assert sends(answer_of(logged(*lines, torn=b'{"kind":"chunk","st'))) == [b"whole"]


@pytest.mark.parametrize("raw", [b"", b"{}\n", b"not json\n", b'{"kind":"chunk"}\n'])
def test_what_is_no_run_log(simulator, tmp_path, raw):
    (tmp_path / "run.jsonl").write_bytes(raw)
    key = simulator.add(parse_scenario({"replay": {"log": "run.jsonl"}}, "test", tmp_path))
    answer = ask(simulator, key, "anthropic")
    assert answer.status == 500
    assert "run.jsonl" in answer.problem


def test_every_recording_comes_back_byte_for_byte(simulator, wire_corpus):
    files = sorted(path for path in wire_corpus.glob("*/*.*") if path.suffix in {".sse", ".ndjson", ".json"})
    assert len(files) > 100
    for number, file in enumerate(files):
        chunks = [{"frames": True}, {"size": 1 + file.stat().st_size // 9}, {"seed": number}][number % 3]
        scenario = parse_scenario({"replay": {"file": str(file), "chunks": chunks}}, "test")
        answer = stream(simulator, simulator.add(scenario, "replayed"), "openai-chat")
        assert answer.body == file.read_bytes(), file
