"""The scenarios that a simulator knows: files read on first use, and those added while it runs."""

from __future__ import annotations

import difflib
import re
import threading
from typing import TYPE_CHECKING

from pipeline_runtime.errors import InputError
from pipeline_runtime.simulator.loading import SCENARIOS, load_scenario, scenario_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipeline_runtime.simulator.scenario import Scenario

DEFAULT = "default"


class Registry:
    """Scenarios by key. Safe to use from several threads.

    Args:
        folders: scenario files beside the bundled ones; of one name, the last wins.

    Raises:
        InputError: a folder is not there.
    """

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self._files = scenario_files(SCENARIOS)
        for folder in folders:
            if not folder.is_dir():
                raise InputError(
                    f"there is no folder {str(folder)!r}", cure="give a folder of scenario files"
                )
            self._files |= scenario_files(folder)
        self._loaded: dict[str, Scenario] = {}
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """All keys, sorted."""
        with self._lock:
            return sorted({*self._files, *self._loaded})

    def get(self, key: str) -> Scenario:
        """The scenario of this key.

        Raises:
            InputError: there is none; names the nearest.
            WorkflowError: its file is not right.
        """
        with self._lock:
            if key not in self._loaded:
                if key not in self._files:
                    raise self._unknown(key)
                self._loaded[key] = load_scenario(self._files[key])
            return self._loaded[key]

    def check(self, key: str) -> None:
        """See that a scenario of this key is known, without reading it.

        Raises:
            InputError: there is none; names the nearest.
        """
        with self._lock:
            if key not in self._loaded and key not in self._files:
                raise self._unknown(key)

    def add(self, scenario: Scenario, key: str | None) -> str:
        """Take in a scenario, under its key or a new one made of its name, that URLs can hold."""
        slug = re.sub(r"[^A-Za-z0-9_.-]+", "-", key or scenario.name).strip("-.") or "scenario"
        with self._lock:
            number, chosen = 1, slug
            while key is None and (chosen in self._loaded or chosen in self._files):
                number += 1
                chosen = f"{slug}-{number}"
            self._loaded[chosen] = scenario
            return chosen

    def _unknown(self, key: str) -> InputError:
        known = sorted({*self._files, *self._loaded})
        near = difflib.get_close_matches(key, known, n=1)
        cure = f"did you mean {near[0]!r}?" if near else f"known scenarios: {', '.join(known)}"
        return InputError(f"there is no scenario {key!r}", cure=cure)
