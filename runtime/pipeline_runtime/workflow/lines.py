"""From a line of a template to the line of the file that it stands on: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pipeline_runtime.workflow.problems import Place


class Segment(NamedTuple):
    """A part of a template, from its first line on. Lines count from 1."""

    template_line: int
    file_line: int
    literal: bool
    """Each further line of the template is a further line of the file."""


class TextLines(NamedTuple):
    """Where the lines of one template stand in the file."""

    segments: tuple[Segment, ...]

    @classmethod
    def of(cls, place: Place, template_line: int = 1) -> TextLines:
        """Those of a text that stands at `place`, as lines `template_line` and on of a template."""
        return cls((segment_of(place, template_line),))

    def at(self, template_line: int) -> int:
        """The file's line for a line of the template."""
        first = self.segments[0]
        segment = next((one for one in reversed(self.segments) if one.template_line <= template_line), first)
        further = max(0, template_line - segment.template_line) if segment.literal else 0
        return segment.file_line + further


def segment_of(place: Place, template_line: int) -> Segment:
    """A text as a part of a template; a literal block begins on the line below its key."""
    return Segment(template_line, place.line + place.literal, place.literal)
