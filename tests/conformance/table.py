"""A table: what each recording comes to, and beside it what the official SDK makes of the same bytes.

Both read the recording from the simulator's replay over loopback HTTP: our side as a whole run of one step.
In a checkout: `make conformance`, or `PYTHONPATH=tests python -m conformance.table [part of a name ...]`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from helpers_heard import Sdks, run_hears
from helpers_recordings import FOLDERS, NOT_SPOKEN, Recording, recordings_of
from pipeline_runtime.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from helpers_heard import Heard, Ours

REPOSITORY = Path(__file__).resolve().parents[2]
SDKS = {
    "anthropic": "anthropic",
    "openai-chat": "openai",
    "openai-responses": "openai",
    "gemini": "google-genai",
    "ollama": "ollama",
}
HEADINGS = (
    "recording",
    "frames",
    "deltas",
    "verdict",
    "finish",
    "lints",
    "what the SDK does with the same bytes",
)
NUMBERS = {"frames", "deltas"}
LONGEST = 110
"""Characters of an exception that are shown."""


@dataclass(frozen=True)
class Row:
    """One recording, as both read it."""

    recording: Recording
    ours: Ours
    theirs: Heard
    helper: Heard | None = None
    """What the SDK's accumulating `stream()` gave, where it has one beside its plain stream."""

    @property
    def sdk(self) -> str:
        """What the SDK did; what its helper did when that is something else."""
        said = verdict_on(self.theirs, self.ours)
        by_helper = said if self.helper is None else verdict_on(self.helper, self.ours)
        return said if by_helper == said else f"{said}; stream(): {by_helper}"

    @property
    def told(self) -> str:
        """What a run says of it: its error, or how the answer ended."""
        return f"{self.ours.error}: {self.ours.message}" if self.ours.error else self.ours.verdict

    def cells(self) -> tuple[str, ...]:
        """The cells under `HEADINGS`."""
        ours = self.ours
        lints = ", ".join(
            code if count == 1 else f"{count} x {code}" for code, count in Counter(ours.lints).items()
        )
        return (
            self.recording.name,
            str(ours.frames),
            str(ours.deltas),
            ours.verdict,
            ours.finish or "-",
            lints or "-",
            self.sdk,
        )


def differing(theirs: Heard, ours: Heard) -> list[str]:
    """The fields in which the SDK's answer is not ours: `text`, `calls`, `finish`, `usage`."""
    given = theirs.fields()
    return [name for name, value in ours.fields().items() if value != given[name]]


def verdict_on(theirs: Heard, ours: Heard) -> str:
    """The same, other fields, or an exception and how much of the text had been given before it."""
    if theirs.error is not None:
        given, whole = len(theirs.text), len(ours.text)
        return f"raises {_short(theirs.error)} [{given} of {whole} characters of text]"
    fields, expected = theirs.fields(), ours.fields()
    others = [f"other {name}: {fields[name]!r}, not {expected[name]!r}" for name in differing(theirs, ours)]
    return ", ".join(others) or "same text, calls, finish, usage"


def rows_of(recordings: Iterable[Recording], simulator: Simulator) -> Iterator[Row]:
    """Have each recording read by a run and by its SDK."""
    with Sdks() as sdks:
        for recording in recordings:
            ours = asyncio.run(run_hears(recording, recording.serve(simulator)))
            base_url = recording.serve(simulator)
            yield Row(recording, ours, sdks.hear(recording, base_url), sdks.hear_helper(recording, base_url))


def lines_of(rows: list[Row]) -> Iterator[str]:
    """The table of the spoken ones, then the others, then the sums."""
    spoken = [row for row in rows if row.recording.spoken]
    yield from _aligned([HEADINGS, *(row.cells() for row in spoken)])
    others = [row for row in rows if not row.recording.spoken]
    if others:
        yield ""
        yield "not spoken:"
    for row in others:
        ours = row.ours
        yield (
            f"  {row.recording.name}: {NOT_SPOKEN[row.recording.name]}. Read as {row.recording.protocol}: "
            f"{row.told} ({ours.frames} frames, {ours.unknown} unknown, {ours.deltas} deltas)"
        )
    raised = sum(row.theirs.error is not None for row in spoken)
    same = sum(row.theirs.error is None and not differing(row.theirs, row.ours) for row in spoken)
    yield ""
    yield (
        f"{len(spoken)} recordings: the SDK reads {same} as we do, {len(spoken) - raised - same} otherwise, "
        f"and raises on {raised}"
    )
    yield ", ".join(f"{name} {version(name)}" for name in sorted(set(SDKS.values())))


def corpus_folder() -> Path | None:
    """The recorded traffic, as the fixture `wire_corpus` finds it; `None` where it is absent."""
    folder = Path(os.environ.get("PIPELINE_WIRE_CORPUS") or REPOSITORY.parent / "shared" / "wire")
    return folder if (folder / "INDEX.tsv").is_file() else None


def main(parts: list[str]) -> int:
    """Print the table of the recordings whose name holds one of the parts; of all without any."""
    folder = corpus_folder()
    if folder is None:
        sys.stdout.write("no recorded traffic here: set PIPELINE_WIRE_CORPUS to its folder\n")
        return 0
    chosen = [one for one in recordings_of(folder) if not parts or any(part in one.name for part in parts)]
    if not chosen:
        sys.stderr.write(f"no recording's name holds {' or '.join(parts)}; folders: {', '.join(FOLDERS)}\n")
        return 2
    with Simulator(time_scale=0) as simulator:
        rows = list(rows_of(chosen, simulator))
    sys.stdout.writelines(f"{line}\n" for line in lines_of(rows))
    return 0


def _aligned(table: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        yield "  ".join(
            cell.rjust(width) if heading in NUMBERS else cell.ljust(width)
            for heading, cell, width in zip(HEADINGS, cells, widths, strict=True)
        ).rstrip()


def _short(error: str) -> str:
    return error if len(error) <= LONGEST else error[: LONGEST - 1] + "…"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
