"""The recordings of the corpus: which protocol each speaks, and how its server labelled it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_runtime.protocols import PROTOCOL_NAMES
from pipeline_runtime.simulator import parse_scenario

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_runtime.simulator import Simulator

FOLDERS = {name: name for name in PROTOCOL_NAMES} | {"compat": "openai-chat"}
"""What is spoken in each folder of streams; the other folders hold error bodies and cases of the parser."""

NOT_SPOKEN = {
    "compat/bedrock-converse-stream.bin": "AWS binary event stream",
    "compat/cohere-v2-tools.sse": "Cohere v2 chat",
    "compat/openai-assistants-thread-run.sse": "OpenAI Assistants run",
    "compat/openai-transcription-crlf.sse": "OpenAI transcription",
}
"""Recordings of protocols that are not ours, and what they are."""


@dataclass(frozen=True)
class Recording:
    """One recorded body of a stream."""

    name: str
    """Folder and file, as in INDEX.tsv."""
    protocol: str
    """The one that it speaks; of one that is not spoken, the one that it is tried with."""
    path: Path
    content_type: str

    @property
    def spoken(self) -> bool:
        return self.name not in NOT_SPOKEN

    @property
    def body(self) -> bytes:
        return self.path.read_bytes()

    def serve(self, simulator: Simulator) -> str:
        """Have it replayed, in one write; gives the base URL."""
        replay = {"file": str(self.path), "content_type": self.content_type}
        key = simulator.add(parse_scenario({"name": self.path.stem, "replay": replay}, "test"))
        return simulator.base_url(key, self.protocol)


def recordings_of(corpus: Path) -> list[Recording]:
    """All recorded streams, those of other protocols among them."""
    types = _content_types(corpus)
    found = []
    for folder, protocol in FOLDERS.items():
        for path in sorted((corpus / folder).iterdir()):
            name = f"{folder}/{path.name}"
            found.append(Recording(name, protocol, path, types.get(name, "text/event-stream")))
    return found


def _content_types(corpus: Path) -> dict[str, str]:
    """From INDEX.tsv, where `http` is such as `HTTP 200; text/event-stream`."""
    with (corpus / "INDEX.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {row["file"]: row["http"].partition("; ")[2] or "text/event-stream" for row in rows}
