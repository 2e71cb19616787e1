"""Where requests go, what they ask for, what is changed of their heads."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from pipeline_runtime.errors import InputError
from pipeline_runtime.events import Delta
from pipeline_runtime.origin import Origin
from pipeline_runtime.protocols import RAW, get_protocol
from pipeline_runtime.protocols.base import Endpoint
from pipeline_runtime.stream.body import Body
from pipeline_runtime.tap.chunked import chunked, chunked_end
from pipeline_runtime.tap.heads import RequestHead, outgoing, shown_codings
from pipeline_runtime.tap.recognising import recognise
from pipeline_runtime.tap.routing import NoRoute, Router
from pipeline_runtime.wire.frames import Chunk
from pipeline_runtime.workflow.models import Provider


@pytest.mark.parametrize(
    ("path", "url", "provider"),
    [
        ("/openai/v1/chat/completions", "https://api.openai.com/v1/chat/completions", "openai"),
        ("/openai/chat/completions", "https://api.openai.com/v1/chat/completions", "openai"),
        ("/anthropic/v1/messages?beta=true", "https://api.anthropic.com/v1/messages?beta=true", "anthropic"),
        ("/claude/v1/messages", "https://api.anthropic.com/v1/messages", "claude"),
        (
            "/gemini/v1alpha/models/m:generateContent",
            "https://generativelanguage.googleapis.com/v1alpha/models/m:generateContent",
            "gemini",
        ),
        (
            "/gemini/upload/v1beta/files",
            "https://generativelanguage.googleapis.com/upload/v1beta/files",
            "gemini",
        ),
        ("/gemini?key=k", "https://generativelanguage.googleapis.com/v1beta/?key=k", "gemini"),
        ("/ollama/api/chat", "http://127.0.0.1:11434/api/chat", "ollama"),
        ("/groq/openai/v1/models", "https://api.groq.com/openai/v1/models", "groq"),
        ("/groq/v1/models", "https://api.groq.com/openai/v1/models", "groq"),
        ("/groq/models", "https://api.groq.com/openai/v1/models", "groq"),
        ("/https/api.example.com/v1/x?y=/z", "https://api.example.com/v1/x?y=/z", "api.example.com"),
        ("/https/API.openai.com/v1/x", "https://api.openai.com/v1/x", "openai"),
        ("/http/[::1]:8080/v1", "http://[::1]:8080/v1", "::1"),
        ("/http/host:80", "http://host/", "host"),
    ],
)
def test_a_path_names_its_upstream(path, url, provider):
    route = Router().route(path)
    assert (route.url, route.provider) == (url, provider)


@pytest.mark.parametrize(
    ("upstream", "path", "url"),
    [
        ("http://127.0.0.1:8000", "/v1/models", "http://127.0.0.1:8000/v1/models"),
        ("https://api.openai.com/v1/", "/v1/models", "https://api.openai.com/v1/models"),
        ("https://api.openai.com/v1", "/models", "https://api.openai.com/v1/models"),
        ("https://host/deep/v2", "/deep/v2/x", "https://host/deep/v2/x"),
        ("https://host/deep", "/deeper", "https://host/deep/deeper"),
        ("https://host/deep/v1", "/v1/models", "https://host/deep/v1/models"),
        ("https://host/deep/v1", "/v2/models", "https://host/deep/v2/models"),
        ("https://host/deep", "/v1/messages?x=/v9", "https://host/deep/v1/messages?x=/v9"),
    ],
)
def test_one_upstream_takes_everything(upstream, path, url):
    assert Router(upstream).route(path).url == url


@pytest.mark.parametrize("router", [Router(), Router("http://127.0.0.1:1")])
def test_what_is_no_path_goes_nowhere(router):
    with pytest.raises(NoRoute, match="cannot be read"):
        router.route("//[x?key=k")


def test_a_name_of_ones_own_wins():
    router = Router(named={"openai": "http://127.0.0.1:1/v1", "mine": "https://my.host/api"})
    assert router.route("/openai/models").url == "http://127.0.0.1:1/v1/models"
    assert router.route("/mine/x").url == "https://my.host/api/x"


@pytest.mark.parametrize(
    "url",
    [
        "example.com",
        "ftp://host",
        "https://",
        "https://user:pass@host",
        "https://host?key=k",
        "http://host:0",
        "http://[::1",
        "http://[::::]",
        "=http://host",
    ],
)
def test_what_is_no_base_url_is_told_without_its_secrets(url):
    with pytest.raises(InputError, match=r"^upstream ") as caught:
        Router(url)
    assert "pass" not in caught.value.message
    assert "key=" not in caught.value.message


@pytest.mark.parametrize(
    "path",
    ["/", "/unknown/x", "/https", "/https//x", "/http/a b/x", "/http/[::::]/x?y=1", "*", "http://a/b"],
)
def test_other_paths_name_none(path):
    with pytest.raises(NoRoute) as caught:
        Router().route(path)
    assert caught.value.cure


def asked(target, body=None, method="POST", headers=()):
    data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
    return recognise(RequestHead(method, target, "1.1", list(headers)), data)


MESSAGES = [
    {"role": "user", "content": "first"},
    {"role": "user", "content": [{"type": "text", "text": "last"}]},
]


@pytest.mark.parametrize(
    ("target", "body", "expected"),
    [
        ("/v1/messages", {"model": "m", "messages": MESSAGES, "stream": True}, ("anthropic", "m", True, "last")),
        ("/v1/chat/completions", {"model": "m", "messages": MESSAGES}, ("openai-chat", "m", False, "last")),
        ("/v1/responses", {"model": "m", "input": "hi", "stream": True}, ("openai-responses", "m", True, "hi")),
        ("/v1/responses", {"model": "m", "input": MESSAGES}, ("openai-responses", "m", False, "last")),
        (
            "/v1beta/models/g-2:streamGenerateContent?alt=sse",
            {"contents": [{"parts": [{"text": "a"}, {"text": "b"}]}]},
            ("gemini", "g-2", True, "a\nb"),
        ),
        ("/v1/models/g:generateContent", {"contents": [{"text": "t"}]}, ("gemini", "g", False, "t")),
        ("/api/chat", {"model": "m", "messages": MESSAGES}, ("ollama", "m", True, "last")),
        ("/api/generate", {"model": "m", "prompt": "p", "stream": False}, ("ollama", "m", False, "p")),
        ("/v1/embeddings", {"model": "m", "input": "x"}, ("raw", "m", False, "x")),
        ("/proxy", {"model": "m", "messages": MESSAGES, "stream": True}, ("openai-chat", "m", True, "last")),
        ("/proxy", {"contents": [1]}, ("gemini", "", False, "")),
        ("/v1/messages", b"\xff not json", ("anthropic", "", False, "")),
        ("/v1/messages", [1], ("anthropic", "", False, "")),
        ("/upload", b"--boundary", ("raw", "", False, "")),
    ],
)  # fmt: skip
def test_what_is_asked_is_told_by_path_and_body(target, body, expected):
    found = asked(target, body)
    assert (found.protocol, found.model, found.stream, found.prompt) == expected


def test_anthropic_is_known_by_its_header_where_the_path_says_nothing():
    body = {"model": "m", "max_tokens": 9, "messages": MESSAGES}
    assert asked("/x", body, headers=[(b"Anthropic-Version", b"2023-06-01")]).protocol == "anthropic"


def test_a_background_response_is_watched_by_its_id():
    found = asked("/v1/responses/resp_1?stream=true&starting_after=4", method="GET")
    assert (found.protocol, found.stream) == ("openai-responses", True)
    assert asked("/v1/models", method="GET").protocol == "raw"


def test_a_stream_without_the_option_lacks_no_usage():
    body = {"model": "m", "messages": MESSAGES, "stream": True}
    assert asked("/chat/completions", body).model_request().params == {"stream_options": None}


def test_offers_of_another_protocol_are_left_out():
    head = RequestHead(
        "GET",
        "/openai/v1/models",
        "1.1",
        [
            (b"HOST", b"localhost:1"),
            (b"Connection", b"Upgrade, HTTP2-Settings, keep-alive"),
            (b"Upgrade", b"h2c"),
            (b"HTTP2-Settings", b"AAMA"),
            (b"Proxy-Authorization", b"Basic x"),
            (b"X-Mine", b"1"),
        ],
    )
    sent = outgoing(head, Router().route(head.target))
    assert sent.encode() == (
        b"GET /v1/models HTTP/1.1\r\nHOST: api.openai.com\r\nConnection: keep-alive\r\nX-Mine: 1\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (b"gzip, deflate", b"gzip, deflate"),
        (b"gzip;q=1, zstd", b"gzip;q=1"),
        (b"zstd", b"identity"),
        (b"", b""),
    ],
)
def test_codings_that_could_not_be_shown_are_not_asked_for(given, sent):
    assert shown_codings(given) == sent


def test_raw_is_for_watching_only():
    endpoint = Endpoint("p", "raw", "http://127.0.0.1:9")
    with pytest.raises(InputError, match="can be watched"):
        get_protocol(RAW).build(asked("/x").model_request(), endpoint)
    with pytest.raises(ValidationError, match="`raw` is not known"):
        Provider(protocol="raw", base_url="http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/event-stream", b"data: 1\n\ndata: 2", "1\n2\n"),
        ("application/x-ndjson", b'{"a":1}\n{"b":2}\n', '{"a":1}\n{"b":2}\n'),
        ("application/json", b'\xef\xbb\xbf{"a":1}', '{"a":1}'),
        ("", b"", ""),
    ],
)
def test_raw_gives_what_came(content_type, body, text):
    seen = Body(
        get_protocol(RAW),
        Origin.of_run("r").of_step("s").of_attempt(1),
        status=200,
        content_type=content_type,
    )
    events = seen.feed(Chunk(body, 1, 0)) if body else []
    verdict, rest = seen.close(2)
    assert verdict == "complete"
    assert "".join(event.content for event in [*events, *rest] if isinstance(event, Delta)) == text
    assert "".join("".join(choice.text) for choice in seen.decoder.assembly.choices.values()) == text


def test_a_body_in_chunks_ends_only_where_it_is_ended():
    assert chunked(b"seventeen letters") == b"11\r\nseventeen letters\r\n"
    assert chunked(b"") == b"", "an empty chunk would end it"
    assert chunked_end() == b"0\r\n\r\n"
    assert chunked_end([(b"X-Sum", b"7")]) == b"0\r\nX-Sum: 7\r\n\r\n"
