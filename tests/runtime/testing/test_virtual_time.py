"""The loop whose waits take no time."""

from __future__ import annotations

import asyncio

import pytest

from pipeline_runtime.testing.virtual_time import run_virtually


def test_waits_pass_at_once_and_in_order():
    async def work(loop):
        told = []

        async def wait(seconds):
            await asyncio.sleep(seconds)
            told.append((seconds, loop.clock()))

        await asyncio.gather(wait(3600), wait(0.001), wait(60))
        return told

    assert run_virtually(work) == [(0.001, 1_000_000), (60, 60_000_000_000), (3600, 3_600_000_000_000)]


def test_a_timeout_is_one_of_virtual_time():
    async def work(loop):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(86_400):
                await asyncio.sleep(1e9)
        return loop.time()

    assert run_virtually(work) == 86_400


def test_a_wait_without_an_end_is_an_error():
    async def work(loop):
        await loop.create_future()

    with pytest.raises(RuntimeError, match="only timers can be waited for"):
        run_virtually(work)


async def test_what_is_raised_comes_out_also_inside_of_a_loop():
    async def work(loop):
        raise LookupError("x")

    with pytest.raises(LookupError, match="x"):
        run_virtually(work)
