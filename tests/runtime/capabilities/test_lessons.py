"""Lessons: per endpoint and request shape, with evidence and an end; never lost, never of another shape."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from helpers_shared_file import others_first
from pipeline_runtime import shared_file
from pipeline_runtime.capabilities.known import known_fact, known_models
from pipeline_runtime.capabilities.lessons import LASTS, LASTS_UNVERIFIED, LessonBook
from pipeline_runtime.capabilities.memory import EndpointMemory
from pipeline_runtime.capabilities.shape import plain_address, shape_of
from pipeline_runtime.protocols.base import Endpoint, Message, ModelRequest, Tool
from pipeline_runtime.stream.refusals import Refusal

ENDPOINT = Endpoint("openai", "openai-chat", "https://api.example.test/v1", "sk-planted-key")
REFUSED = Refusal("sync", "the server refused to stream this request", "'stream' does not support true")


def request_for(model="o1", **fields) -> ModelRequest:
    return ModelRequest(model, (Message("user", "hi"),), **{"stream": True, **fields})


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 14, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(tmp_path, clock) -> LessonBook:
    return LessonBook(tmp_path / "state" / "capabilities.json", now=clock)


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("https://api.openai.com:443/v1/", "https://api.openai.com/v1"),
        ("http://user:secret@127.0.0.1:8123/v1?key=secret#x", "http://127.0.0.1:8123/v1"),
        ("http://localhost:80", "http://localhost"),
    ],
)
def test_an_address_is_kept_without_secrets(given, plain):
    assert plain_address(given) == plain


@pytest.mark.parametrize(
    "other",
    [
        request_for(model="o3"),
        request_for(tools=(Tool("t", "", {}),)),
        request_for(params={"tools": [{}]}),
        request_for(params={"response_format": {"type": "json_object"}}),
        request_for(params={"data_sources": []}),
        request_for(thinking=1024),
    ],
    ids=["model", "tools", "tools in params", "response format", "data sources", "thinking"],
)
def test_a_lesson_counts_for_its_own_shape_only(book, other):
    memory = EndpointMemory(book)
    memory.learn(request_for(), ENDPOINT, REFUSED, 400)
    assert memory.recall(request_for(), ENDPOINT).request.stream is False
    assert memory.recall(other, ENDPOINT).request.stream is True


def test_a_lesson_counts_for_its_own_endpoint_only(book):
    memory = EndpointMemory(book)
    memory.learn(request_for(), ENDPOINT, REFUSED, 400)
    elsewhere = msgspec.structs.replace(ENDPOINT, base_url="https://other.example.test/v1")
    assert memory.recall(request_for(), elsewhere).request.stream is True


def test_what_is_recalled_says_so_and_since_when(book):
    memory = EndpointMemory(book)
    memory.learn(request_for(), ENDPOINT, REFUSED, 400)
    fallback = memory.recall(request_for(), ENDPOINT).fallback
    assert fallback is not None
    assert fallback.source == "remembered"
    assert fallback.reason == REFUSED.reason
    assert fallback.evidence == "'stream' does not support true (status 400, learned 2026-03-14)"


def test_a_request_that_asks_for_no_stream_is_no_fallback(book):
    memory = EndpointMemory(book)
    memory.learn(request_for(), ENDPOINT, REFUSED, 400)
    recalled = memory.recall(request_for(stream=False), ENDPOINT)
    assert recalled.fallback is None
    assert recalled.request.stream is False


def test_a_refused_option_is_left_out_next_time(book):
    memory = EndpointMemory(book)
    memory.learn(request_for(), ENDPOINT, Refusal("drop_stream_options", "refused", "stream_options"), 422)
    recalled = memory.recall(request_for(), ENDPOINT)
    assert (recalled.request.stream, recalled.request.include_usage, recalled.fallback) == (True, False, None)


def test_a_server_that_only_streams_is_asked_for_a_stream(book):
    memory = EndpointMemory(book)
    memory.learn(request_for(stream=False), ENDPOINT, Refusal("stream", "only", "Stream must be set"), 400)
    assert memory.recall(request_for(stream=False), ENDPOINT).request.stream is True


def test_the_newest_word_of_the_server_counts(book):
    memory = EndpointMemory(book)
    memory.learn(request_for(), ENDPOINT, REFUSED, 400)
    memory.learn(request_for(), ENDPOINT, Refusal("stream", "only", "Stream must be set to true"), 400)
    assert [lesson.change for lesson in book.lessons()] == ["stream"]


@pytest.mark.parametrize(
    ("evidence", "lasts"),
    [
        ("'stream' does not support true", LASTS),
        ("Your organization must be verified to stream", LASTS_UNVERIFIED),
    ],
)
def test_a_lesson_ends(book, clock, evidence, lasts):
    book.learn(shape_of(request_for(), ENDPOINT), Refusal("sync", "reason", evidence), 400)
    clock.now += lasts - timedelta(seconds=1)
    assert len(book.lessons()) == 1
    clock.now += timedelta(seconds=2)
    assert book.lessons() == []


def test_a_lesson_can_be_forgotten(book):
    book.learn(shape_of(request_for(), ENDPOINT), REFUSED, 400)
    book.learn(shape_of(request_for(model="o3"), ENDPOINT), REFUSED, 400)
    gone = book.forget(lambda lesson: lesson.shape.model == "o1")
    assert [lesson.shape.model for lesson in gone] == ["o1"]
    assert [lesson.shape.model for lesson in book.lessons()] == ["o3"]


def test_a_broken_file_is_put_aside(book):
    book.path.parent.mkdir(parents=True)
    book.path.write_text("{not json")
    assert book.lessons() == []
    assert book.path.with_suffix(".broken").read_text() == "{not json"
    book.learn(shape_of(request_for(), ENDPOINT), REFUSED, 400)
    assert len(book.lessons()) == 1


def test_a_broken_file_that_another_process_replaces_first_is_read_anew(book, monkeypatch):
    book.learn(shape_of(request_for(), ENDPOINT), REFUSED, 400)
    theirs = book.path.read_bytes()
    book.path.write_text("{not json")
    monkeypatch.setattr(shared_file, "locked", others_first(theirs))
    assert len(book.lessons()) == 1
    assert not book.path.with_suffix(".broken").exists()


def test_a_file_that_cannot_be_read_is_not_written_over(book):
    book.path.mkdir(parents=True)
    assert book.lessons() == []
    with pytest.raises(OSError, match=r"capabilities\.json"):
        book.learn(shape_of(request_for(), ENDPOINT), REFUSED, 400)


def test_a_folder_that_cannot_be_written_fails_no_call(tmp_path):
    (tmp_path / "state").write_text("a file where the folder should be")
    memory = EndpointMemory(LessonBook(tmp_path / "state" / "capabilities.json"))
    memory.learn(request_for(), ENDPOINT, REFUSED, 400)
    assert memory.recall(request_for(), ENDPOINT).request.stream is True


def test_no_key_is_kept(book):
    EndpointMemory(book).learn(request_for(), ENDPOINT, REFUSED, 400)
    assert "sk-planted-key" not in book.path.read_text()


WRITER = """
import sys
from pathlib import Path
from pipeline_runtime.capabilities.lessons import LessonBook
from pipeline_runtime.capabilities.shape import Shape
from pipeline_runtime.stream.refusals import Refusal
book = LessonBook(Path(sys.argv[1]))
for number in range(20):
    book.learn(Shape("http://host", "openai-chat", f"{sys.argv[2]}-{number}"), Refusal("sync", "r", "e"), 400)
"""


def test_processes_that_learn_at_once_lose_nothing(tmp_path):
    path = tmp_path / "capabilities.json"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in ("a", "b", "c")]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert len(LessonBook(path).lessons()) == 60


def test_known_models_are_a_hint_for_their_own_host(book):
    official = msgspec.structs.replace(ENDPOINT, base_url="https://api.openai.com/v1")
    recalled = EndpointMemory(book).recall(request_for(model="o1-pro"), official)
    assert recalled.fallback is not None
    assert (recalled.request.stream, recalled.fallback.source) == (False, "known")
    assert EndpointMemory(book).recall(request_for(model="o1-pro"), ENDPOINT).request.stream is True


def test_the_servers_word_wins_over_what_is_known(book):
    official = msgspec.structs.replace(ENDPOINT, base_url="https://api.openai.com/v1")
    memory = EndpointMemory(book)
    memory.learn(request_for(model="o1-pro"), official, Refusal("stream", "only", "must stream"), 400)
    assert memory.recall(request_for(model="o1-pro"), official).request.stream is True


def test_every_known_model_names_its_source():
    assert all(fact.source and fact.reason and fact.host for fact in known_models())
    assert known_fact(shape_of(request_for(model="gpt-4o"), ENDPOINT)) is None


def test_a_file_of_odd_bytes_is_put_aside_too(book):
    book.path.parent.mkdir(parents=True)
    book.path.write_bytes(b'["\xff"]')
    assert book.lessons() == []
    assert book.path.with_suffix(".broken").read_bytes() == b'["\xff"]'


def test_the_file_is_read_only_when_it_changed_and_then_at_once(book, monkeypatch):
    first, second = shape_of(request_for(), ENDPOINT), shape_of(request_for("o3"), ENDPOINT)
    book.learn(first, REFUSED, 400)
    reads = []
    read_bytes = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: (reads.append(path), read_bytes(path))[1])
    assert [len(book.about(first)) for _ in range(5)] == [1] * 5
    assert len(reads) == 1
    LessonBook(book.path, now=book._now).learn(second, REFUSED, 400)
    assert len(book.lessons()) == 2
    book.path.unlink()
    assert book.lessons() == []
