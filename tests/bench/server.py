"""The bench's server: precomputed bytes on loopback, as fast as the client reads or at a set pace.

What to send stands in the path: `/n200-r0-g5-m0-xA1/v1/chat/completions` sends 200 deltas on each of 5 streams,
in a burst (`r0`) or at `r` deltas a second over all of them together. The streams of a group (`x` names it) begin
when all of them are there. `m`: 0 sends plain words, 1 a stamp of the time as every delta, `m` > 1 plain words
with a mark to look for on the screen in every m-th. `w` is how many characters a plain word has.

`python -m bench.server` prints its port, and ends when its standard input does. Standard library only.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
import time
from dataclasses import dataclass, field

from bench.wirebytes import (
    DIALECTS,
    END,
    HEAD,
    LAST_WORD,
    MARK,
    STAMP,
    Dialect,
    http_chunk,
    mark_of,
    stamp_of,
)

TICK = 0.004
"""Seconds between two looks at what is due, at a pace of more than one delta in that time."""
LETTERS = "etaoinshrdlu"
_PATHS = {"/messages": "anthropic", "/api/chat": "ollama"}
_LENGTH = re.compile(rb"(?i)content-length: *(\d+)")


@dataclass(frozen=True)
class Plan:
    """What to send to each stream of a group."""

    deltas: int
    rate: int = 0
    streams: int = 1
    marks: int = 0
    width: int = 5
    name: str = ""

    @classmethod
    def of(cls, path: str) -> Plan:
        """From the first part of a path.

        Raises:
            ValueError: There is none.
        """
        first = path.strip("/").partition("/")[0]
        found = dict(re.findall(r"([a-z])(\w+)(?:-|$)", first))
        numbers = {key: int(found.get(key, default)) for key, default in zip("nrgmw", "10105", strict=True)}
        return cls(numbers["n"], numbers["r"], numbers["g"], numbers["m"], numbers["w"], first)


def path_of(plan: Plan) -> str:
    """The path's first part that asks for this plan."""
    p = plan
    return f"n{p.deltas}-r{p.rate}-g{p.streams}-m{p.marks}-w{p.width}-x{p.name}"


@dataclass
class Cut:
    """One delta, cut where the time of sending goes; `stamp` is empty for a plain word."""

    head: bytes
    stamp: bytes = b""
    tail: bytes = b""

    def bytes_at(self, now: int) -> bytes:
        """As it is sent at this moment (ns)."""
        if not self.stamp:
            return self.head
        return self.head + (stamp_of(now) if self.stamp == STAMP.encode() else mark_of(now)) + self.tail


def cuts_of(plan: Plan, dialect: Dialect) -> list[Cut]:
    """The deltas of one stream; equal ones are the same object."""
    if plan.marks == 1:
        return [_cut(dialect.delta(STAMP), STAMP)] * plan.deltas
    # words differ: litellm ends a stream that repeats one delta a hundred times
    plain = [Cut(dialect.delta(" " + letter * (plan.width - 1))) for letter in LETTERS]
    marked = _cut(dialect.delta(f" {MARK}"), MARK)
    words = [
        marked if plan.marks and n % plan.marks == 0 else plain[n % len(plain)]
        for n in range(plan.deltas - 1)
    ]
    return [*words, Cut(dialect.delta(LAST_WORD))]


def _cut(chunk: bytes, stamp: str) -> Cut:
    head, _, tail = chunk.partition(stamp.encode())
    return Cut(head, stamp.encode(), tail)


@dataclass
class Group:
    """Streams that begin together."""

    plan: Plan
    peers: list[Peer] = field(default_factory=list)

    def join(self, peer: Peer) -> None:
        self.peers.append(peer)
        if len(self.peers) == self.plan.streams:
            groups.pop(self.plan.name, None)
            task = asyncio.get_running_loop().create_task(self.play())
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    async def play(self) -> None:
        cuts = [cuts_of(self.plan, peer.dialect) for peer in self.peers]
        for peer in self.peers:
            opening = http_chunk(peer.dialect.opening) if peer.dialect.opening else b""
            peer.write(HEAD % peer.dialect.content_type + opening)
        if self.plan.rate:
            await self._paced(cuts)
        else:
            await self._burst(cuts)
        for peer in self.peers:
            peer.write(http_chunk(peer.dialect.closing) + END)
            peer.close()

    async def _burst(self, cuts: list[list[Cut]]) -> None:
        several = len(self.peers) > 1
        for n in range(self.plan.deltas):
            for peer, own in zip(self.peers, cuts, strict=True):
                peer.write(own[n].bytes_at(time.monotonic_ns()) if own[n].stamp else own[n].head)
                if peer.paused:
                    await peer.writable()
            if several:
                await asyncio.sleep(0)

    async def _paced(self, cuts: list[list[Cut]]) -> None:
        count, period = self.plan.deltas * len(self.peers), 1 / self.plan.rate
        begin, sent = time.monotonic() + 0.05, 0
        while sent < count:
            now = time.monotonic()
            due = min(count, int((now - begin) / period) + 1) if now >= begin else 0
            for number in range(sent, due):
                which = number % len(self.peers)
                self.peers[which].write(cuts[which][number // len(self.peers)].bytes_at(time.monotonic_ns()))
            sent = max(sent, due)
            await asyncio.sleep(max(begin + sent * period - time.monotonic(), 0 if period > TICK else TICK))
            if all(peer.gone for peer in self.peers):
                return


class Peer(asyncio.Protocol):
    """One connection: reads a request, then is written to by its group."""

    def __init__(self) -> None:
        self.request = b""
        self.paused = self.gone = False
        self.dialect = DIALECTS["openai"]
        self._resumed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self.request += data
        head, found, body = self.request.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not found or len(body) < int(length[1] if length else 0):
            return
        path = head.split(b" ", 2)[1].decode()
        name = next((name for end, name in _PATHS.items() if path.split("?")[0].endswith(end)), "openai")
        self.dialect, self.request = DIALECTS[name], b""
        plan = Plan.of(path)
        groups.setdefault(plan.name, Group(plan)).join(self)

    def write(self, data: bytes) -> None:
        if not self.gone:
            self.transport.write(data)

    async def writable(self) -> None:
        """Wait until the client has read enough."""
        self._resumed.clear()
        await self._resumed.wait()

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False
        self._resumed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.gone = True
        self.resume_writing()

    def close(self) -> None:
        self.transport.close()


groups: dict[str, Group] = {}
tasks: set[asyncio.Task[None]] = set()


async def serve() -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(
        sys.stdin.fileno(), lambda: ended.set() if not os.read(sys.stdin.fileno(), 4096) else None
    )
    listener = await loop.create_server(Peer, "127.0.0.1", 0, backlog=2048)
    sys.stdout.write(f"{listener.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await ended.wait()
    loop.remove_reader(sys.stdin.fileno())


if __name__ == "__main__":
    asyncio.run(serve())
