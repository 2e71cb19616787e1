"""A field for a fault: its forms, what it will do as it is typed, what is wrong and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pipeline_runtime.expression import Candidate
from pipeline_runtime.faults import complete_fault, parse_run_fault, told
from pipeline_tui.widgets.expression_input import ExpressionInput

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class FaultInput(ExpressionInput):
    """Adds faults by typing."""

    COLUMN: ClassVar[int] = 26

    def __init__(self, add: Callable[[str], None], *, typed: Sequence[str]) -> None:
        """Make the field.

        Args:
            add: Takes a fault that is right.
            typed: What was typed before, the newest last.
        """
        self._add = add
        super().__init__(
            self._read, hint="break it: disconnect@17   stall@30:3s   status:529", typed=typed, steps=()
        )

    @property
    def candidates(self) -> list[Candidate]:
        """The forms that what is typed may become."""
        typed = self.input.value[: self.input.cursor_position]
        return [Candidate(text, 0, says) for text, says in complete_fault(typed)]

    def hints(self) -> list[str]:
        """What it will do, once it is one; before that, the forms."""
        meaning = told(self.input.value.strip())
        return [*([f"✓ {meaning}"] if meaning else []), *super().hints()]

    def _read(self, text: str) -> None:
        parse_run_fault(text)
        self._add(text)
