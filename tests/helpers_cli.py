"""The headless front end as a user has it: a process with pipes, signals and, where it counts, a terminal."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

from pipeline_runtime.events import AnyEvent

COMMAND = (sys.executable, "-m", "pipeline_runtime")
ESCAPE = "\x1b"
_decode = msgspec.json.Decoder(AnyEvent).decode

ANSWER = "Streams end. One did."
"""Of fewer deltas than show a rhythm: else a slow machine would make it look BUFFERED."""
ESCAPES = "red \\x1b[31m and a title \\x1b]0;taken\\x07 end"
INSTANT = "timing: {first_token: 0, rate: 0}"


def flow(scenario: str, *, more: str = "", head: str = "") -> str:
    return f"""\
{head}
steps:
  - id: say
    provider: claude
    model: some-model
    stream: true
    prompt: Say something.
    {more}
    scenario: {{{scenario}}}
"""


FLOWS = {
    "quick": flow(f'reply: "{ANSWER}", {INSTANT}', head="name: Quick\ndescription: Answers at once."),
    "sync": flow(f'reply: "{ANSWER}", {INSTANT}').replace("stream: true", "stream: false"),
    "escapes": flow(f'reply: "{ESCAPES}", {INSTANT}', head='name: "Esc \\x1b[31m"'),
    "endless": flow(f"reply: {'more ' * 5000}, timing: {{first_token: 0, rate: 40, jitter: 0}}"),
    "failing": flow(f'reply: "{ANSWER}", {INSTANT}, faults: ["status:400"]', more="retry: {attempts: 1}"),
    "overloaded": flow(
        f'reply: "{ANSWER}", {INSTANT}, faults: ["status:529"]', more="retry: {backoff: 0.01}"
    ),
    "greet": f"""\
inputs:
  who: {{required: true}}
  times: {{default: 2, type: integer}}
steps:
  - id: say
    provider: claude
    model: some-model
    stream: true
    prompt: Greet {{{{ inputs.who }}}} {{{{ inputs.times }}}} times
    scenario: {{reply: "{{{{ prompt }}}}", {INSTANT}}}
""",
    "pair": f"""\
defaults: {{provider: claude, model: some-model, stream: true, prompt: Go}}
steps:
  - {{id: left, needs: [], scenario: {{reply: "{"left " * 60}", timing: {{first_token: 0, rate: 400}}}}}}
  - {{id: right, needs: [], scenario: {{reply: "{"right " * 60}", timing: {{first_token: 0, rate: 400}}}}}}
  - {{id: after, needs: [left, right], scenario: {{reply: after, {INSTANT}}}}}
""".replace(", prompt: Go}", "}").replace("needs:", "prompt: Go, needs:"),
}


@dataclass(frozen=True)
class Ran:
    """What a process left behind."""

    code: int
    out: str
    notes: str

    @property
    def events(self) -> list:
        """stdout as events; a line that is none fails."""
        return [_decode(line) for line in self.out.splitlines()]

    def of(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]


def cli(*words: str | Path, env: dict[str, str] | None = None, cwd: Path | None = None) -> Ran:
    """Run a command to its end."""
    done = subprocess.run(
        [*COMMAND, *map(str, words)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, **(env or {})},
        cwd=cwd,
        timeout=60,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def shell(script: str, *words: str | Path) -> Ran:
    """Run `script` with the command as "$@": for redirections that only a shell can do."""
    done = subprocess.run(
        ["bash", "-c", script, "bash", *COMMAND, *map(str, words)],
        capture_output=True,
        timeout=60,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


class Session:
    """A running command, to be interrupted. A context manager: nothing is left behind."""

    def __init__(self, *words: str | Path, env: dict[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [*COMMAND, *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})},
        )
        self._seen = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def read_until(self, text: str) -> str:
        """Read stdout up to and with `text`."""
        assert self._process.stdout is not None
        while text.encode() not in self._seen:
            piece = self._process.stdout.read1(4096)  # type: ignore[attr-defined]
            assert piece, f"the output ended without {text!r}: {self._seen!r}"
            self._seen += piece
        return self._seen.decode()

    def close_output(self) -> None:
        """Stop reading, as `head` does."""
        assert self._process.stdout is not None
        self._process.stdout.close()

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self) -> Ran:
        """Wait for its end; `out` is all of stdout, what was read before included."""
        if self._process.stdout is not None and not self._process.stdout.closed:
            out, notes = self._process.communicate(timeout=60)
        else:
            assert self._process.stderr is not None
            out, notes = b"", self._process.stderr.read()
            self._process.wait(timeout=60)
        return Ran(self._process.returncode, (self._seen + out).decode(), notes.decode())


def on_terminal(*words: str | Path, env: dict[str, str] | None = None) -> tuple[int, str]:
    """Run on a pseudo-terminal; the exit code and everything that reached the screen."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *map(str, words)],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**os.environ, "TERM": "xterm-256color", **(env or {})},
    )
    os.close(follower)
    screen: list[bytes] = []
    reader = threading.Thread(target=_drain, args=(leader, screen))
    reader.start()
    code = process.wait(timeout=60)
    reader.join(timeout=60)
    os.close(leader)
    return code, b"".join(screen).decode()


def _drain(leader: int, screen: list[bytes]) -> None:
    while select.select([leader], [], [], 30)[0]:
        try:
            piece = os.read(leader, 65_536)
        except OSError:  # Linux says EIO when the last writer is gone
            return
        if not piece:
            return
        screen.append(piece)
