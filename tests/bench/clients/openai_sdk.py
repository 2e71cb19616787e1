"""The openai SDK, async."""

from __future__ import annotations

import asyncio

from openai import AsyncOpenAI

from bench.clients.common import Task, main, version_of


async def client(task: Task) -> None:
    async with AsyncOpenAI(api_key="bench", base_url=f"{task.base}/v1", max_retries=0, timeout=600) as api:

        async def one() -> None:
            messages = [{"role": "user", "content": "hello"}]
            stream = await api.chat.completions.create(model="m", messages=messages, stream=True)
            async for chunk in stream:
                if chunk.choices:
                    task.take(chunk.choices[0].delta.content)

        await asyncio.gather(*(one() for _ in range(task.streams)))


if __name__ == "__main__":
    main(client, version_of("openai"))
