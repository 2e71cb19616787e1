"""What can happen to a body on its way, as hypothesis strategies: where it is cut, and what of it is damaged."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

WORDS = (
    b'"arguments":', b'"candidates":', b'"choices":', b'"content":', b'"delta":', b'"done":', b'"index":', b'"item":',
    b'"message":', b'"output_index":', b'"parts":', b'"response":', b'"sequence_number":', b'"text":', b'"type":',
    b'"usage":',
)  # fmt: skip
VALUES = (
    b"null", b"[1]", b"-1", b"{}", b'"x"', b"1e400", b"NaN", b'"\\ud83d"', b"[" * 3000, b"9" * 5000,
)  # fmt: skip
INSERTIONS = (
    b"\n", b"\n\n", b"\r", b"\r\n\r\n", b"\x00", b"\xff", b"\xef\xbb\xbf", b"data: ", b"data: [DONE]\n\n", b": ping\n\n",
    b"retry: 1\n\n", b'event: error\ndata: {"error":{"message":"x"}}\n\n', b'{"error":"x"}\n', b"]", b"[", b"}", b"{", b'"',
)  # fmt: skip
fractions = st.floats(0, 1, exclude_max=True)
_runs = st.tuples(fractions, st.integers(0, 12))
cuts = st.tuples(st.none() | st.integers(2, 3000), st.lists(_runs, min_size=1, max_size=60))
"""Chunks of one size, or of any; and places to cut at, each with how many more cuts follow it byte by byte."""


def places_of(body: bytes, drawn: tuple[int | None, list[tuple[float, int]]]) -> list[int]:
    """Where the body is cut."""
    size, runs = drawn
    regular = range(0, len(body), size) if size else ()
    return [*regular, *(int(place * len(body)) + step for place, run in runs for step in range(run + 1))]


@dataclass(frozen=True)
class Edit:
    """One damage: what, where, and how much of it or which."""

    kind: str
    place: float
    size: int

    def apply(self, body: bytes) -> bytes:
        at = int(self.place * len(body))
        end = at + self.size
        match self.kind:
            case "drop":
                return body[:at] + body[end:]
            case "double":
                return body[:end] + body[at:]
            case "swap":
                later = end + self.size
                return body[:at] + body[end:later] + body[at:end] + body[later:]
            case "corrupt":
                return body[:at] + bytes([self.size % 256]) + body[at + 1 :]
            case "insert":
                return body[:at] + INSERTIONS[self.size % len(INSERTIONS)] + body[at:]
            case _:
                return self._revalue(body, at)

    def _revalue(self, body: bytes, at: int) -> bytes:
        """Another JSON value for the next key of a kind that decoders look at."""
        word = WORDS[self.size % len(WORDS)]
        value = VALUES[self.size // len(WORDS) % len(VALUES)]
        return body[:at] + body[at:].replace(word, word + value + b',"was":', 1)


KINDS = ("drop", "double", "swap", "corrupt", "insert", "revalue")
edits = st.lists(
    st.builds(Edit, st.sampled_from(KINDS), fractions, st.integers(1, 400)), min_size=1, max_size=8
)


def damaged(body: bytes, drawn: list[Edit]) -> bytes:
    """The body after all of it."""
    for edit in drawn:
        body = edit.apply(body)
    return body
