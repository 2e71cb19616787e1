"""What is raised for an expression that cannot be understood."""

from __future__ import annotations

from pipeline_runtime.errors import WrittenWrong


class ExpressionError(WrittenWrong):
    """The text is no expression."""

    def __init__(self, text: str, column: int, message: str, *, cure: str = "") -> None:
        super().__init__(f"column {column}: {message}", text=text, column=column, cure=cure)
