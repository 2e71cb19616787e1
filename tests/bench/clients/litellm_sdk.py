"""litellm, async, in the dialects of OpenAI and Anthropic."""

from __future__ import annotations

import asyncio
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # it would ask the network for prices when imported

import litellm

from bench.clients.common import Task, main, version_of


async def client(task: Task) -> None:
    openai = task.dialect == "openai"
    model = "openai/gpt-4o-mini" if openai else "anthropic/claude-sonnet-4-5"
    base = f"{task.base}/v1" if openai else task.base

    async def one() -> None:
        messages = [{"role": "user", "content": "hello"}]
        stream = await litellm.acompletion(
            model=model, messages=messages, stream=True, api_base=base, api_key="bench", timeout=600
        )
        async for chunk in stream:
            if chunk.choices:
                task.take(chunk.choices[0].delta.content)

    await asyncio.gather(*(one() for _ in range(task.streams)))


if __name__ == "__main__":
    main(client, version_of("litellm"))
