"""The anthropic SDK, async: its raw event stream, the cheapest way it has."""

from __future__ import annotations

import asyncio

from anthropic import AsyncAnthropic

from bench.clients.common import Task, main, version_of


async def client(task: Task) -> None:
    async with AsyncAnthropic(api_key="bench", base_url=task.base, max_retries=0, timeout=600) as api:

        async def one() -> None:
            messages = [{"role": "user", "content": "hello"}]
            stream = await api.messages.create(model="m", max_tokens=9, messages=messages, stream=True)
            async for event in stream:
                if event.type == "content_block_delta" and event.delta.type == "text_delta":
                    task.take(event.delta.text)

        await asyncio.gather(*(one() for _ in range(task.streams)))


if __name__ == "__main__":
    main(client, version_of("anthropic"))
