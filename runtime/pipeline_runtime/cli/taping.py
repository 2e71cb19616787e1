"""`run --mode replay --cassette FILE`: what the words mean, and what is said when something was recorded."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_runtime.errors import InputError, PipelineError
from pipeline_runtime.sanitise import sanitise_line
from pipeline_runtime.wording import counted

if TYPE_CHECKING:
    from pipeline_runtime.engine.setting import Setting
    from pipeline_runtime.replay.cassette import Cassette
    from pipeline_runtime.workflow import Workflow

MODE = "replay"


class Tape:
    """The cassette that was asked for."""

    def __init__(self, word: str, *, record: str | None, speed: float | None) -> None:
        self._word = word
        self._record = record
        self._speed = speed
        self._cassette: Cassette | None = None

    @classmethod
    def of(
        cls, mode: str | None, cassette: str | None, *, record: str | None, speed: float | None
    ) -> Tape | None:
        """What the options say together; `None`: no cassette.

        Raises:
            PipelineError: They do not fit together.
        """
        if cassette is None:
            if mode == MODE or record is not None or speed is not None:
                said = "--mode replay" if mode == MODE else "--record" if record is not None else "--speed"
                raise PipelineError(f"{said} wants a cassette", cure="give --cassette FILE")
            return None
        if mode not in (None, MODE):
            raise PipelineError(f"--mode {mode} and --cassette", cure="leave --mode out: a cassette answers")
        return cls(cassette, record=record, speed=speed)

    def setting(self, workflow: Workflow, **options: Any) -> Setting:
        """How the run is set, with the cassette in the network's place.

        Raises:
            PipelineError: There is no such cassette, or it cannot be read.
        """
        from pipeline_runtime.replay.cassette import cassette_setting

        setting, self._cassette = cassette_setting(
            workflow,
            self._path(),
            record="missing" if self._record == "missing" else "none",
            speed=1.0 if self._speed is None else self._speed,
            **options,
        )
        return setting

    def keep(self, log: Path | None) -> None:
        """After the run: take in what was recorded, and say so.

        Raises:
            PipelineError: It cannot be written; the run's own log has it.
        """
        cassette = self._cassette
        if cassette is None or not cassette.recorded:
            return
        if log is None:
            raise PipelineError("nothing could be recorded: the run has no log", cure="see its notes above")
        try:
            number = cassette.save(log)
        except OSError as error:
            raise PipelineError(
                f"the cassette {cassette.path} cannot be written: {error.strerror or error}",
                cure=f"the run's own log can serve as one: --cassette {log}",
            ) from error
        what = f"{counted(number, 'request')} recorded into" if number else "nothing was recorded into"
        sys.stderr.write(sanitise_line(f"{what} {cassette.path}") + "\n")

    def _path(self) -> Path:
        """A file, or a recorded run by its name."""
        path = Path(self._word).expanduser()
        if path.exists() or self._record == "missing" or path.name != self._word:
            return path
        from pipeline_runtime.library import Library

        try:
            return Library().find(self._word)
        except InputError as error:
            raise InputError(
                f"there is no cassette {self._word}", cure="record one: --record missing"
            ) from error
