"""Names of runs: sortable by time, readable, unique."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime

LONGEST_SLUG = 32
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_run_id(workflow: str) -> str:
    """A new id, e.g. `20261121T030405123Z-draft-k3f9`; also the name of the run log's file."""
    now = datetime.now(UTC)
    stamp = f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}Z"
    slug = re.sub(r"[^a-z0-9]+", "-", workflow.lower()).strip("-")[:LONGEST_SLUG].strip("-") or "run"
    return f"{stamp}-{slug}-{''.join(secrets.choice(ALPHABET) for _ in range(4))}"
