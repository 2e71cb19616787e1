"""The folder of run logs as a library: lists, finds, searches, deletes, brings back and prunes."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from pipeline_runtime.errors import InputError, RunLogError
from pipeline_runtime.library.cache import SummaryCache
from pipeline_runtime.library.filtering import RunFilter
from pipeline_runtime.library.finding import find_id
from pipeline_runtime.library.pruning import choose
from pipeline_runtime.library.room import Room
from pipeline_runtime.library.searching import Hit, search_expression, search_text
from pipeline_runtime.paths import state_dir
from pipeline_runtime.runlog.holding import is_held
from pipeline_runtime.runlog.index import index_path
from pipeline_runtime.runlog.reader import RunLog
from pipeline_runtime.runlog.summaries import RunSummary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.expression import Expression
    from pipeline_runtime.library.pruning import PruneRule

ENDING = ".jsonl"
ALL = RunFilter()


class Found(Struct, frozen=True):
    """What a search found in one run."""

    run: RunSummary
    hits: tuple[Hit, ...]
    problem: str = ""
    """Why it could not be searched to its end."""


class Library:
    """The recorded runs of a state folder. Not for two threads at once; all of it reads or writes files."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: the state folder, by default the user's."""
        self._state = folder or state_dir()
        self.folder = self._state / "runs"
        self.trash = self._state / "trash"
        self._cache = SummaryCache(self._state / "runs.cache")
        self.unreadable: list[Path] = []
        """What the last list left out: no run logs, empty ones, and those of a newer version."""

    # --- listing ------------------------------------------------------------------------------------------

    def runs(self, wanted: RunFilter = ALL) -> list[RunSummary]:
        """The runs that are wanted, the newest first. Logs that have not changed are not opened again.

        Raises:
            OSError: The folder cannot be read.
        """
        entries = _entries(self.folder)
        now = time.time()
        self.unreadable = []
        runs: list[RunSummary] = []
        for entry in entries:
            with suppress(FileNotFoundError):  # deleted meanwhile
                summary = self._cache.summary(entry)
                if summary is None:
                    self._leave_out(Path(entry.path))
                elif wanted.wants(summary, now):
                    runs.append(summary)
        if entries:
            self._cache.keep(entry.name for entry in entries)
        return runs

    def _leave_out(self, file: Path) -> None:
        if not is_held(file):  # one that has just been made has its first line in a moment
            self.unreadable.append(file)

    def trashed(self) -> list[str]:
        """The ids in the trash, the one that was deleted last first."""
        entries = [(entry.stat().st_ctime_ns, entry.name) for entry in _entries(self.trash)]
        return [name.removesuffix(ENDING) for _, name in sorted(entries, reverse=True)]

    def find(self, word: str) -> Path:
        """The log of a run: by id, by an unique beginning or end of one, by `last`, `last-N`, or by path.

        Raises:
            InputError: There is none, or more than one.
        """
        path = Path(word).expanduser()
        if path.name != word or word.endswith(ENDING):
            inside = self.folder / path.name
            if not path.is_file() and path.name == word and inside.is_file():
                return inside
            if not path.is_file():
                raise InputError(f"there is no run log {word}", cure="see pipeline-tui runs")
            return path
        ids = [entry.name.removesuffix(ENDING) for entry in _entries(self.folder)]
        if word not in ids and word in self.trashed():
            raise InputError(f"{word} is in the trash", cure=f"pipeline-tui runs restore {word}")
        return self.folder / f"{find_id(word, ids)}{ENDING}"

    # --- searching ----------------------------------------------------------------------------------------

    def search_text(self, text: str, wanted: RunFilter = ALL) -> Iterator[Found]:
        """The runs in which the text is, the newest first, as they are found; about 10 µs an event.

        Raises:
            InputError: The text is empty.
        """
        if not text:
            raise InputError("there is nothing to search for", cure="give a text")
        return self._search(lambda events: search_text(events, text), wanted)

    def search_expression(self, expression: Expression, wanted: RunFilter = ALL) -> Iterator[Found]:
        """The runs with an event of which the expression is true, the newest first, as they are found."""
        return self._search(lambda events: search_expression(events, expression), wanted)

    def _search(
        self, look: Callable[[Iterable[AnyEvent]], Iterable[Hit]], wanted: RunFilter
    ) -> Iterator[Found]:
        for run in self.runs(wanted):
            hits: list[Hit] = []
            problem = ""
            try:
                hits.extend(look(RunLog(Path(run.log)).events()))
            except FileNotFoundError:  # deleted meanwhile
                continue
            except (RunLogError, OSError) as error:
                problem = str(error)
            if hits or problem:
                yield Found(run, tuple(hits), problem)

    # --- deleting -----------------------------------------------------------------------------------------

    def delete(self, logs: Iterable[Path]) -> list[str]:
        """Move runs to the trash, all or none; gives their ids.

        Raises:
            InputError: One is no recorded run, or is still being written.
            OSError: A file cannot be moved.
        """
        paths = list(dict.fromkeys(logs))
        for path in paths:
            if path.parent.resolve() != self.folder.resolve():
                raise InputError(f"{path} is not among the recorded runs", cure="remove the file yourself")
            if is_held(path):
                raise InputError(f"{path.stem} is still running", cure="wait for its end, or cancel it")
        if paths:
            self.trash.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in paths:
            path.replace(self.trash / path.name)
            index_path(path).unlink(missing_ok=True)
        return [path.stem for path in paths]

    def restore(self, word: str) -> Path:
        """Bring a run back from the trash; `last` is the one that was deleted last. Gives its log.

        Raises:
            InputError: It is not in the trash, or there is a run of that id.
            OSError: The file cannot be moved.
        """
        ids = self.trashed()
        if not ids:
            raise InputError("the trash is empty", cure="see pipeline-tui runs")
        name = find_id(word, ids) + ENDING
        log = self.folder / name
        if log.exists():
            raise InputError(f"there is a run {log.stem} already", cure="delete it, or leave this one there")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.trash / name).replace(log)
        return log

    def chosen(self, rule: PruneRule) -> list[RunSummary]:
        """The runs that `prune` would remove by this rule."""
        return choose(rule, self.runs(), time.time())

    def prune(self, rule: PruneRule) -> list[RunSummary]:
        """Remove runs for good, and all that is in the trash; gives the runs that the rule chose.

        Raises:
            OSError: A file cannot be removed.
        """
        gone = self.chosen(rule)
        for run in gone:
            Path(run.log).unlink(missing_ok=True)
        logs = {entry.name for entry in _entries(self.folder)}
        for entry in _entries(self.folder, ending=".idx"):
            if entry.name.removesuffix(".idx") not in logs:
                Path(entry.path).unlink(missing_ok=True)
        for entry in _entries(self.trash):
            Path(entry.path).unlink(missing_ok=True)
        return gone

    def room(self) -> Room:
        """How much room the runs take."""
        logs, trash = _entries(self.folder), _entries(self.trash)
        return Room(
            runs=len(logs),
            logs=_bytes(logs),
            indexes=_bytes(_entries(self.folder, ending=".idx")),
            trashed=len(trash),
            trash=_bytes(trash),
        )


def _entries(folder: Path, *, ending: str = ENDING) -> list[os.DirEntry[str]]:
    """The files with this ending, the last name (the newest) first; none where there is no folder."""
    try:
        with os.scandir(folder) as found:
            entries = [entry for entry in found if entry.name.endswith(ending) and entry.is_file()]
    except FileNotFoundError:
        return []
    return sorted(entries, key=lambda entry: entry.name, reverse=True)


def _bytes(entries: list[os.DirEntry[str]]) -> int:
    return sum(entry.stat().st_size for entry in entries)
