"""A field for an expression: what could stand at the cursor, what is wrong and where, what came before."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from pipeline_runtime.errors import PipelineError, WrittenWrong
from pipeline_runtime.expression import Candidate, complete
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.error_text import error_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult

MOST_SHOWN = 4


class ExpressionInput(Vertical):
    """Tab completes, Up and Down call back what was typed, Enter hands it over."""

    COLUMN: ClassVar[int] = 15
    """Cells of the candidates, before what is said of them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "tab",
            "complete",
            "Complete",
            show=False,
            tooltip="Put in the first word that is offered",
        ),
        Binding("up", "recall(-1)", "Before", show=False, tooltip="What was typed before"),
        Binding("down", "recall(1)", "Behind", show=False, tooltip="What was typed after that"),
    ]

    class Entered(Message):
        """An expression that is right."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(
        self, enter: Callable[[str], None], *, hint: str, typed: Sequence[str], steps: Sequence[str]
    ) -> None:
        """Make the field.

        Args:
            enter: Takes what was typed; raises a `PipelineError` that says what is wrong with it.
            hint: What to type, while nothing is.
            typed: What was typed before, the newest last.
            steps: The run's steps, for completion.
        """
        super().__init__()
        self.input = Input(placeholder=hint, compact=True, select_on_focus=False)
        self._enter = enter
        self._typed = typed
        self._recalled = 0
        self._known = {"step": list(steps)}

    def compose(self) -> ComposeResult:
        """The field, and lines that help."""
        yield self.input
        yield Static(classes="says", markup=False)

    def on_mount(self) -> None:
        """Offer what an expression may begin with."""
        self._offer()

    @property
    def candidates(self) -> list[Candidate]:
        """What could stand at the cursor, best first."""
        return complete(self.input.value, self.input.cursor_position, self._known)

    def action_complete(self) -> None:
        """Put in the first candidate."""
        candidate = next(iter(self.candidates), None)
        if candidate is not None:
            text, cursor = self.input.value, self.input.cursor_position
            self.input.value = text[: candidate.start] + candidate.text + text[cursor:]
            self.input.cursor_position = candidate.start + len(candidate.text)

    def action_recall(self, step: int) -> None:
        """Show what was typed before, or after that."""
        self._recalled = max(-len(self._typed), min(0, self._recalled + step))
        self.input.value = self._typed[self._recalled] if self._recalled else ""
        self.input.cursor_position = len(self.input.value)

    @on(Input.Changed)
    def _offer(self, event: Input.Changed | None = None) -> None:
        if event is not None:
            event.stop()
        self._say("\n".join(self.hints()), wrong=False)

    def hints(self) -> list[str]:
        """What is said of what is typed, in as many lines as there is room for."""
        lines = [f"{one.text:<{self.COLUMN}} {one.says}" for one in self.candidates]
        if len(lines) > MOST_SHOWN:
            lines[MOST_SHOWN:] = [f"… {len(lines) - MOST_SHOWN} more"]
        return lines

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value.strip()
        if not text:
            return
        try:
            self._enter(text)
        except WrittenWrong as error:
            self.input.cursor_position = min(error.column - 1, len(self.input.value))
            self._say(f"{error.pointed()}\n✗ {error_text(error)}", wrong=True)
        except PipelineError as error:
            self._say(f"✗ {error_text(error)}", wrong=True)
        else:
            self._recalled = 0
            self.input.value = ""
            self.post_message(self.Entered(text))

    def _say(self, text: str, *, wrong: bool) -> None:
        says = self.query_one(".says", Static)
        says.set_class(wrong, "-wrong")
        says.update("\n".join(sanitise_line(line) for line in text.split("\n")), layout=False)
