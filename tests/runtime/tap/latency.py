"""What the tap adds to each chunk: `python tests/runtime/tap/latency.py [CHUNKS] [STREAMS]`.

A server stamps each chunk when it writes it, a client when it has read it; once straight, once through a tap
in a process of its own. All three are on this machine, so the numbers are an upper bound of what it adds.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

PERIOD = 0.002
CHUNK = (
    b'data: {"id":"c","object":"chat.completion.chunk","model":"m","choices":'
    b'[{"index":0,"delta":{"content":"word "},"finish_reason":null}]}\n\n'
)
FRAMED = b"%x\r\n%b\r\n" % (len(CHUNK), CHUNK)
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
BODY = b'{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}'


def serve(listener: socket.socket, count: int, sent: list[int]) -> None:
    peer, _ = listener.accept()
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while b"\r\n\r\n" not in peer.recv(65536):
        pass
    peer.sendall(HEAD)
    for _ in range(count):
        time.sleep(PERIOD)
        sent.append(time.monotonic_ns())
        peer.sendall(FRAMED)
    peer.sendall(b"0\r\n\r\n")
    peer.close()


def read(port: int, count: int) -> list[int]:
    """When each chunk was whole at the client."""
    came: list[int] = []
    with socket.create_connection(("127.0.0.1", port)) as client:
        length = b"Content-Length: %d\r\n\r\n" % len(BODY)
        client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n" + length + BODY)
        size = -len(HEAD)
        while len(came) < count:
            size += len(client.recv(65536))
            at = time.monotonic_ns()
            came += [at] * (max(size, 0) // len(FRAMED) - len(came))
    return came


def measure(count: int, streams: int, through: str | None) -> list[float]:
    """Microseconds from the server's write to the client's read, of every chunk, sorted."""
    delays: list[float] = []

    def one() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            sent: list[int] = []
            server = threading.Thread(target=serve, args=(listener, count, sent))
            server.start()
            port = listener.getsockname()[1]
            if through is None:
                came = read(port, count)
            else:
                with tapping(port) as tap_port:
                    came = read(tap_port, count)
            server.join()
            delays.extend((b - a) / 1000 for a, b in zip(sent, came, strict=True))

    threads = [threading.Thread(target=one) for _ in range(streams)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(delays)


class tapping:  # noqa: N801 - used as a function
    """A tap in a process of its own."""

    def __init__(self, port: int) -> None:
        command = [sys.executable, "-m", "pipeline_runtime", "tap", "--upstream", f"http://127.0.0.1:{port}"]
        environ = os.environ | {"PIPELINE_STATE_DIR": tempfile.mkdtemp()}
        self._program = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environ
        )

    def __enter__(self) -> int:
        line = self._program.stderr.readline()
        return int(re.search(r":(\d+)", line)[1])

    def __exit__(self, *error: object) -> None:
        self._program.terminate()
        self._program.wait()


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    streams = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for name, through in (("straight", None), ("tapped", "tap")):
        delays = measure(count, streams, through)
        marks = {f"p{p}": delays[len(delays) * p // 100] for p in (50, 90, 99)} | {"max": delays[-1]}
        told = " ".join(f"{key} {value:7.0f} µs" for key, value in marks.items())
        sys.stdout.write(f"{name:<9} {told}\n")


if __name__ == "__main__":
    main()
