"""Several choices are transcripts of their own; one of them is in view."""

from __future__ import annotations

from pipeline_runtime.events import Delta
from pipeline_tui.views.answers import Answers


def delta(content: str, choice: int = 0, lane: str = "text") -> Delta:
    return Delta("r", "s", 1, 0, 0, content, lane, 0, None, choice)  # type: ignore[arg-type]


def test_choices_that_grow_in_turns_stay_apart() -> None:
    answers = Answers(40)
    assert answers.extend([delta("a"), delta("x", 1), delta("b"), delta("y", 1)]) == 0
    assert answers.shown.answer() == "ab"
    answers.show(1, 10)
    assert answers.shown.answer() == "xy"
    answers.show(0, 10)
    assert answers.shown.answer() == "ab"


def test_what_comes_to_a_hidden_choice_changes_no_row() -> None:
    answers = Answers(40)
    answers.extend([delta("one\ntwo")])
    assert answers.extend([delta("x\ny\nz", 1)]) == len(answers.shown) == 2
    assert answers.extend([delta("more", 1), delta("!")]) == 1


def test_the_first_choice_that_comes_is_shown() -> None:
    answers = Answers(40)
    answers.extend([delta("x", 1), delta("a", 0)])
    assert answers.shown.answer() == "x"


def test_a_choice_without_a_delta_is_empty() -> None:
    answers = Answers(40)
    answers.extend([delta("a")])
    answers.show(3, 10)
    assert answers.shown.answer() == ""
    assert answers.extend([delta("late", 3)]) == 0
    assert answers.shown.answer() == "late"


def test_blocks_folds_and_widths_are_those_of_all_choices() -> None:
    answers = Answers(40)
    answers.extend([delta("a b\nc", 0, "thinking"), delta("x\ny\nz", 1, "thinking")])
    answers.add_block("error", "raised", "handler_error")
    answers.fold(folded=True)
    answers.rewrap(20, 0, 10)
    for choice, lines in ((0, 2), (1, 3)):
        answers.show(choice, 10)
        thinking, error = answers.shown.sections
        assert thinking.head == f"▸ thinking · {lines} lines (t unfolds)"
        assert error.head == "✖ handler_error"
        assert answers.shown.width == 20
    answers.show(2, 10)
    assert (answers.shown.fold_thinking, answers.shown.width) == (True, 20)
