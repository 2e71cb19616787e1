"""Where things are measured: the server, the peers' environments, and the processes of the clients."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from bench.server import Plan, path_of

if TYPE_CHECKING:
    from types import TracebackType

REPOSITORY = Path(__file__).resolve().parents[2]
ROOM = REPOSITORY / ".bench"
"""The peers' environments and what is measured on purpose only; not under version control."""
PEERS = {"openai": "openai", "anthropic": "anthropic", "ollama": "ollama", "litellm": "litellm"}
"""What is installed for each peer."""
PATHS = os.pathsep.join(str(REPOSITORY / name) for name in ("tests", "runtime", "tui"))
CLIENT_TIMEOUT = 600
_numbers = count(1)


class Unmeasured(Exception):
    """Why a cell has no number."""


@dataclass
class Client:
    """Who reads the streams: its module, and the Python that has what it needs."""

    name: str
    module: str
    python: Path = Path(sys.executable)


@dataclass
class Lab:
    """The server, running, and a folder for what is written. Use it as a context manager."""

    peers: dict[str, Path | str] = field(default_factory=dict)
    """For each peer its Python, or why there is none."""
    room: Path = ROOM
    """Where its folder is made: on a disk that is one, for the run logs."""
    folder: Path = field(init=False)
    versions: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Start the server."""
        self.room.mkdir(exist_ok=True)
        self._folder = tempfile.TemporaryDirectory(dir=self.room, prefix="run-")
        self.folder = Path(self._folder.name)
        self._server = subprocess.Popen(
            [sys.executable, "-m", "bench.server"],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._server.stdout is not None
        self._port = int(self._server.stdout.readline())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it and clear up."""
        self._server.communicate(timeout=20)
        self._folder.cleanup()

    # --- the server ---------------------------------------------------------------------------------------

    def url(self, plan: Plan) -> str:
        """The address at which the server does this, once."""
        return (
            f"http://127.0.0.1:{self._port}/{path_of(replace(plan, name=f'{os.getpid()}a{next(_numbers)}'))}"
        )

    # --- clients ------------------------------------------------------------------------------------------

    def client(self, name: str) -> Client:
        """A client by its name in the table.

        Raises:
            Unmeasured: Its environment could not be made.
        """
        if name in {"ours", "raw"}:
            return Client(name, f"bench.clients.{name}")
        python = self.peers.get(name, "not asked for")
        if isinstance(python, str):
            raise Unmeasured(python)
        return Client(name, f"bench.clients.{name}_sdk", python)

    def read(
        self, name: str, plan: Plan, dialect: str = "openai", *, stamped: bool = False, **options: Any
    ) -> dict[str, Any]:
        """Have a client read the streams of a plan in a process of its own; gives what it told.

        With the option `steps`, that many streams are read, all at this one address.

        Raises:
            Unmeasured: It did not come to its end, or read something else than was sent.
        """
        client = self.client(name)
        streams = options.pop("steps", plan.streams)
        given = {
            "warm": self.url(Plan(200)),
            "base": self.url(plan),
            "dialect": dialect,
            "streams": streams,
            "stamped": stamped,
            "options": options | {"folder": str(self.folder)},
        }
        result = self.run_python(client.python, "-m", client.module, json.dumps(given))
        told: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
        self.versions |= told.pop("versions")
        if told["deltas"] != plan.deltas * streams:
            raise Unmeasured(f"{name} read {told['deltas']} deltas of {plan.deltas * streams}")
        return told

    def run_python(
        self, python: Path, *words: str, timeout: float = CLIENT_TIMEOUT
    ) -> subprocess.CompletedProcess[str]:
        """Run a Python program to its end.

        Raises:
            Unmeasured: It failed or took too long.
        """
        try:
            done = subprocess.run(
                [str(python), *words],
                env=environment(PIPELINE_STATE_DIR=str(self.folder / "state")),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise Unmeasured(f"not finished after {timeout:g} s") from error
        if done.returncode:
            last = (done.stderr.strip() or f"exit {done.returncode}").splitlines()[-1]
            raise Unmeasured(last[:200])
        return done


def environment(**more: str) -> dict[str, str]:
    """The environment of all processes of the bench: no proxies, no keys of the user's."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
    variables = {name: os.environ[name] for name in kept if name in os.environ}
    return variables | {"PYTHONPATH": PATHS, "NO_PROXY": "*", "BENCH_KEY": "sk-bench-0123456789"} | more
