"""A recorded run in the forms that other tools read."""

from __future__ import annotations

from pipeline_runtime.library.exporting.export import ENDINGS, FORMATS, Format, export_run

__all__ = ["ENDINGS", "FORMATS", "Format", "export_run"]
