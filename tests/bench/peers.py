"""The peers' own environments, made with pip when they are first needed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from bench.lab import PEERS, ROOM

INSTALL_TIMEOUT = 900


def environments(wanted: Iterable[str], say: Callable[[str], None]) -> dict[str, Path | str]:
    """For each wanted peer its Python, or in words why there is none."""
    return {name: _environment(name, say) for name in wanted if name in PEERS}


def _environment(name: str, say: Callable[[str], None]) -> Path | str:
    folder = ROOM / name
    python, stamp = folder / "bin" / "python", folder / ".installed"
    if stamp.exists():
        return python
    say(f"Installing {PEERS[name]} in an environment of its own: once, a minute or two.")
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PEERS[name]]
    try:
        for command in ([sys.executable, "-m", "venv", str(folder)], install):
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_TIMEOUT)
    except subprocess.CalledProcessError as error:
        return f"cannot be installed: {(error.stderr.strip() or 'no reason given').splitlines()[-1][:200]}"
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"cannot be installed: {error}"
    stamp.touch()
    return python
