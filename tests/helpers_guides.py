"""A page as a session: its files are written and its commands typed, from its top to its bottom."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

BLOCK = re.compile(r"^```(\w+)( old)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# ([\w./-]+\.\w+)\n")
TYPED = re.compile(r"`((?:\w+=\S+ )*(?:pipeline-tui|pytest) [^`]+)`")
OPENS_THE_UI = "pipeline-tui"
PROGRAMS = {"pipeline-tui": "pipeline_tui", "pytest": "pytest"}


@dataclass
class Session:
    """A folder in which a page is followed."""

    folder: Path
    typed: dict[str, str] = field(default_factory=dict)
    """Each command and what it printed, errors included."""

    def __post_init__(self) -> None:
        programs = self.folder / ".bin"
        programs.mkdir()
        for name, module in PROGRAMS.items():
            (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
            (programs / name).chmod(0o755)
        self.environ = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}

    def follow(self, page: str) -> None:
        """Write its files and type its commands, in the order of the page; then those inside of sentences.

        Raises:
            AssertionError: A command fails, says nothing, or shows a traceback.
        """
        for language, _old, text in BLOCK.findall(page):
            if name := FILE.match(text):
                path = self.folder / name[1]
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
            if language == "sh":
                for line in text.splitlines():
                    self.type(line)
        for line in TYPED.findall(page):
            if not re.search(r"\b[A-Z]{4,}\b(?!=)|_[A-Z]+ pipeline-tui$", line):
                self.type(line)

    def type(self, line: str) -> None:
        """Run a command.

        Raises:
            AssertionError: It fails, says nothing, or shows a traceback.
        """
        if line == OPENS_THE_UI or line in self.typed:
            return
        done = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {line}"],
            cwd=self.folder, env=self.environ, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stdout}"
        assert done.stdout, line
        assert "Traceback" not in done.stdout, done.stdout
        self.typed[line] = done.stdout
