"""Talking to a simulator without any client library: the bytes as they are on the wire."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass

QUESTION = [{"role": "user", "content": "What is a stream?"}]
GEMINI_QUESTION = [{"role": "user", "parts": [{"text": "What is a stream?"}]}]
GEMINI_STREAM = "/models/some-model:streamGenerateContent?alt=sse"
PATHS = {
    "anthropic": "/v1/messages",
    "openai-chat": "/chat/completions",
    "openai-responses": "/responses",
    "gemini": "/models/some-model:generateContent",
    "ollama": "/api/chat",
}
PROTOCOLS = tuple(PATHS)


@dataclass(frozen=True)
class Answered:
    """One HTTP response, read to its end."""

    status: int
    headers: dict[str, str]
    body: bytes
    complete: bool

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def frames(self) -> list[tuple[str | None, str]]:
        """(event, data) of every block; comments have data None."""
        return [_block(block) for block in self.body.decode().replace("\r\n", "\n").split("\n\n")[:-1]]

    @property
    def events(self) -> list[dict]:
        if "ndjson" in self.headers["content-type"]:
            return [json.loads(line) for line in self.body.decode().split("\n")[:-1]]
        return [json.loads(data) for _, data in self.frames if data and data != "[DONE]"]

    @property
    def problem(self) -> str:
        """What a failure says."""
        error = self.json["error"]
        return error if isinstance(error, str) else error["message"]


def _block(block: str) -> tuple[str | None, str | None]:
    event = data = None
    for line in block.split("\n"):
        if line.startswith("event: "):
            event = line.removeprefix("event: ")
        elif line.startswith("data: "):
            data = line.removeprefix("data: ")
    return event, data


def request_body(protocol: str, **more) -> dict:
    """A right request of the protocol, for a sync answer unless `stream` is given."""
    body: dict = {"model": "some-model", "messages": QUESTION}
    if protocol == "anthropic":
        body["max_tokens"] = 4096
    elif protocol == "openai-responses":
        body = {"model": "some-model", "input": "What is a stream?"}
    elif protocol == "gemini":
        body = {"contents": GEMINI_QUESTION}
        more.pop("stream", None)
    elif protocol == "ollama":
        body["stream"] = False
    return body | more


def ask(simulator, scenario, protocol, body=None, *, headers=None, method="POST", path=None) -> Answered:
    """Send one request; `body` may be a dict or raw bytes."""
    connection = http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=30)
    prefix = simulator.base_url(scenario, protocol).split(f":{simulator.port}", 1)[1]
    raw = body if isinstance(body, bytes) else json.dumps(body or request_body(protocol)).encode()
    try:
        connection.request(method, path or prefix + PATHS[protocol], raw, headers or {})
        response = connection.getresponse()
        try:
            data, complete = response.read(), True
        except http.client.IncompleteRead as error:
            data, complete = error.partial, False
        return Answered(response.status, dict(response.getheaders()), data, complete)
    finally:
        connection.close()


def stream(simulator, scenario, protocol, **more) -> Answered:
    """Ask for a stream."""
    path = simulator.base_url(scenario, protocol).split(f":{simulator.port}", 1)[1] + GEMINI_STREAM
    body = request_body(protocol, stream=True, **more)
    return ask(simulator, scenario, protocol, body, path=path if protocol == "gemini" else None)
