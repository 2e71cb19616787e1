"""The run log: append-only JSONL, one file a run, the single source of truth."""
