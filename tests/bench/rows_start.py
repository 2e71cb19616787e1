"""Rows of starting: the command line, and the first paint of the UI."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

from bench.lab import Unmeasured, environment
from bench.rows import Figures, Goal, Measure, Row, Scale
from bench.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from bench.lab import Lab

COMMANDS = {"version": "--version", "help": "--help", "list": "list"}
WALL = "s wall"
_FLOW = """\
name: flow-{number:02}
description: describes-{number:02}
steps:
  - {{id: only, provider: claude, model: m, stream: true, prompt: hello}}
"""


def _commands(lab: Lab, scale: Scale, name: str) -> Figures:
    del scale, name
    env = environment(PIPELINE_STATE_DIR=str(lab.folder / "fresh"))
    found: Figures = {}
    for key, word in (*COMMANDS.items(), *COMMANDS.items()):  # first with bytecode to compile: not counted
        begin = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "pipeline_tui", word],
            env=env,
            capture_output=True,
            timeout=60,
            check=False,
        )
        found[key] = time.monotonic() - begin
        if done.returncode:
            raise Unmeasured(f"{word} gave exit code {done.returncode}")
    return found


def _paint(lab: Lab, scale: Scale, name: str) -> Figures:
    """From starting the process to the list, and from a key pressed at that moment to what it shows."""
    del name
    folder = flows(lab.folder / "many", scale.workflows)
    env = environment(PIPELINE_STATE_DIR=str(lab.folder / "fresh"))
    _start(folder, env)  # bytecode is compiled: not counted
    return _start(folder, env)


def _start(folder: Path, env: dict[str, str]) -> Figures:
    with Terminal([sys.executable, "-m", "pipeline_tui", str(folder)], env) as terminal:
        terminal.expect("flow-01")
        painted = time.monotonic() - terminal.began
        key = terminal.press("j", "describes-01")
        terminal.send("q")
        terminal.until_end()
    return {"painted": painted, "key": key * 1000}


def flows(folder: Path, count: int) -> Path:
    """A folder of so many workflows."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        (folder / f"flow-{number:02}.yaml").write_text(_FLOW.format(number=number))
    return folder


ROWS = (
    Row(
        "commands",
        "`--version`, `--help`, `list`",
        tuple(Measure(key, f"`{word}`", WALL) for key, word in COMMANDS.items()),
        _commands,
        goals=(Goal("version", 0.15), Goal("help", 0.3), Goal("list", 0.4)),
        told="1.4-8 s",
        floor="starting Python",
    ),
    Row(
        "first-paint",
        "First paint of the UI with 50 workflows",
        (Measure("painted", "list painted", WALL), Measure("key", "a key at that moment", "ms")),
        _paint,
        goals=(Goal("painted", 0.45), Goal("key", 100)),
        told="toolong 0.66 s, harlequin 1.1, posting 1.5",
        floor="Textual's own start: 0.23-0.26 s",
    ),
)
