"""The floor: asyncio and msgspec, no HTTP library, nothing kept, nothing that could go wrong handled."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import msgspec

from bench.clients.common import Task, main, version_of

BUFFER = 1 << 16


class _OpenAIDelta(msgspec.Struct):
    content: str | None = None


class _OpenAIChoice(msgspec.Struct):
    delta: _OpenAIDelta


class _OpenAIChunk(msgspec.Struct):
    choices: list[_OpenAIChoice]


class _AnthropicDelta(msgspec.Struct):
    text: str | None = None


class _AnthropicEvent(msgspec.Struct):
    delta: _AnthropicDelta | None = None


class _OllamaMessage(msgspec.Struct):
    content: str


class _OllamaLine(msgspec.Struct):
    message: _OllamaMessage


_openai = msgspec.json.Decoder(_OpenAIChunk).decode
_anthropic = msgspec.json.Decoder(_AnthropicEvent).decode
_ollama = msgspec.json.Decoder(_OllamaLine).decode
DECODERS = {
    "openai": (lambda data: _openai(data).choices[0].delta.content, "/v1/chat/completions", b"data: "),
    "anthropic": (lambda data: (_anthropic(data).delta or _AnthropicDelta()).text, "/v1/messages", b"data: "),
    "ollama": (lambda data: _ollama(data).message.content, "/api/chat", b""),
}


class Reader(asyncio.BufferedProtocol):
    """Takes the lines that begin as data do; sizes of HTTP chunks and heads are passed over."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.done = asyncio.get_running_loop().create_future()
        self._buffer = bytearray(BUFFER)
        self._view = memoryview(self._buffer)
        self._rest = b""
        self._text, self._path, self._prefix = DECODERS[task.dialect]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        path = urlsplit(self.task.base).path + self._path
        transport.write(f"POST {path} HTTP/1.1\r\nhost: bench\r\n\r\n".encode())

    def get_buffer(self, sizehint: int) -> memoryview:
        del sizehint
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        *lines, self._rest = (self._rest + self._buffer[:nbytes]).split(b"\n")
        prefix, text, take = self._prefix or b"{", self._text, self.task.take
        skip = len(self._prefix)
        for line in lines:
            if line.startswith(prefix) and line[skip] == 123:
                take(text(line[skip:]))

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.done.set_result(None)


async def client(task: Task) -> None:
    loop = asyncio.get_running_loop()
    place = urlsplit(task.base)
    made = await asyncio.gather(
        *(
            loop.create_connection(lambda: Reader(task), place.hostname, place.port)
            for _ in range(task.streams)
        )
    )
    await asyncio.gather(*(reader.done for _, reader in made))


if __name__ == "__main__":
    main(client, version_of("msgspec"))
