"""The ollama SDK, async."""

from __future__ import annotations

import asyncio

from ollama import AsyncClient

from bench.clients.common import Task, main, version_of


async def client(task: Task) -> None:
    api = AsyncClient(host=task.base, timeout=600)

    async def one() -> None:
        messages = [{"role": "user", "content": "hello"}]
        async for part in await api.chat(model="llama", messages=messages, stream=True):
            task.take(part.message.content)

    await asyncio.gather(*(one() for _ in range(task.streams)))


if __name__ == "__main__":
    main(client, version_of("ollama"))
