"""What is raised for an expression that cannot be understood."""

from __future__ import annotations

from pipeline_runtime.errors import PipelineError


class ExpressionError(PipelineError):
    """The text is no expression. `column` counts characters from 1."""

    def __init__(self, text: str, column: int, message: str, *, cure: str = "") -> None:
        super().__init__(f"column {column}: {message}", cure=cure)
        self.text = text
        self.column = column

    def pointed(self) -> str:
        """The text, and below it a caret under the column: two lines."""
        line = " ".join(self.text.splitlines()) if "\n" in self.text else self.text
        return f"{line}\n{' ' * (self.column - 1)}^"
