"""The texts of one response while they stream: answer, refusal, reasoning, each counted once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from pipeline_runtime.protocols.jsontext import as_list, as_text
from pipeline_runtime.protocols.openai_responses_fields import LANES, PART_KINDS, part_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pipeline_runtime.events import Lane
    from pipeline_runtime.protocols.decoding import FrameDecoder
    from pipeline_runtime.protocols.jsontext import JsonObject
    from pipeline_runtime.protocols.openai_responses_fields import PartKind

    _PartKey: TypeAlias = tuple[int, PartKind, int]
    """The item, the kind of its part, and the part's number."""


class PartTexts:
    """Joins the texts of an item by the number of their part.

    A text comes up to five times: in deltas, and whole in four kinds of events. The deltas count; what comes
    only in a whole text becomes a delta, and a whole text that is another one is told.
    """

    def __init__(self, decoder: FrameDecoder) -> None:
        self.is_resumed = False
        """The stream begins in the middle, so whole texts hold more than their deltas."""
        self.last = 0
        """The item that something came for last."""
        self._decoder = decoder
        self._choice = decoder.assembly.choice()
        self._parts: dict[_PartKey, list[str]] = {}
        self._settled: set[_PartKey] = set()
        """Parts whose end has come."""
        self._cited: dict[tuple[int, int], int] = {}
        self._differing = False

    def __bool__(self) -> bool:
        """Whether any text has come."""
        return bool(self._parts)

    def piece(self, index: int, kind: PartKind, number: int, content: str) -> None:
        """The new part of a text."""
        if content:
            self._parts.setdefault((index, kind, number), []).append(content)
            self.emit(LANES[kind], index, content)

    def whole_text(self, index: int, kind: PartKind, number: int, whole: str, told_by: str) -> None:
        """A text as it stands at its end."""
        key = (index, kind, number)
        told = "".join(self._parts.get(key, ()))
        if told == whole or not self._claim(key, whole):
            self.piece(index, kind, number, self.missing(told, whole, told_by))
        self._settled.add(key)

    def _claim(self, key: _PartKey, whole: str) -> bool:
        """Whether a text came under other numbers than its end has: vLLM's count every delta."""
        loose = [part for part in self._parts if part[:2] == key[:2] and part not in self._settled]
        pieces = [piece for part in loose for piece in self._parts[part]]
        if not pieces or "".join(pieces) != whole:
            return False
        for part in loose:
            del self._parts[part]
        self._parts[key] = pieces
        return True

    def whole_part(self, index: int, number: int, part: JsonObject, told_by: str) -> bool:
        """A part as it stands at its end, with all its annotations; False: it is no text."""
        kind = PART_KINDS.get(as_text(part.get("type")))
        if kind is None:
            return False
        self.whole_text(index, kind, number, part_text(part), told_by)
        self._cite(index, number, as_list(part.get("annotations")))
        return True

    def places(self, index: int, parts: list[tuple[int, JsonObject]]) -> Iterator[tuple[int, JsonObject]]:
        """The parts of a whole item, each with the number that its events had.

        That need not be its place: vLLM counts on from the item before, or counts deltas. Where as many parts
        came as there are, they are the same in order.
        """
        counts = Counter(as_text(part.get("type")) for _, part in parts)
        passed: Counter[str] = Counter()
        for number, part in parts:
            name = as_text(part.get("type"))
            told = sorted(n for item, kind, n in self._parts if (item, kind) == (index, PART_KINDS.get(name)))
            yield (told[passed[name]] if len(told) == counts[name] else number), part
            passed[name] += 1

    def emit(self, lane: Lane, index: int, content: str) -> None:
        """Adds to a lane, whatever part it belongs to."""
        self.tell_if_late()
        self._into(lane).append(content)
        self.last = index
        self._decoder.delta(content, lane, index)

    def told(self, lane: Lane) -> str:
        """What has come of a lane."""
        return "".join(self._into(lane))

    def missing(self, told: str, whole: str, told_by: str) -> str:
        """What of a whole text no delta has brought: all, its end, or nothing; a difference is told once."""
        if not whole or told == whole or (told and self.is_resumed and whole.endswith(told)):
            return ""
        if told and not self._differing:
            self._differing = True
            self._decoder.lint("done_differs", type=told_by)
        return whole[len(told) :] if whole.startswith(told) else ""

    def tell_if_late(self) -> None:
        """Notes that something came after the end."""
        if self._decoder.terminated:
            self._decoder.lint_once("after_end")

    def cite_one(self, index: int, number: int, annotation: object) -> None:
        """One annotation, as it is added."""
        self._decoder.assembly.citations.append(annotation)
        self._cited[index, number] = self._cited.get((index, number), 0) + 1

    def _cite(self, index: int, number: int, annotations: list[Any]) -> None:
        """All annotations of a part so far: those that did not come one by one are taken."""
        seen = self._cited.get((index, number), 0)
        self._decoder.assembly.citations += annotations[seen:]
        self._cited[index, number] = max(seen, len(annotations))

    def _into(self, lane: Lane) -> list[str]:
        if lane == "thinking":
            return self._choice.thinking
        return self._choice.refusal if lane == "refusal" else self._choice.text
