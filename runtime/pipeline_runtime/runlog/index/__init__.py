"""Random access to the events of a run: by row, from memory that does not grow with them."""

from __future__ import annotations

from pipeline_runtime.runlog.index.blocks import EventBlocks
from pipeline_runtime.runlog.index.event_index import EventIndex
from pipeline_runtime.runlog.index.kept import index_path, keep_index
from pipeline_runtime.runlog.index.log_index import LogIndex
from pipeline_runtime.runlog.index.rows import BURST, NO_FRAME, OTHER, Row, RowColumns, Traits

__all__ = [
    "BURST",
    "NO_FRAME",
    "OTHER",
    "EventBlocks",
    "EventIndex",
    "LogIndex",
    "Row",
    "RowColumns",
    "Traits",
    "index_path",
    "keep_index",
]
