"""What a migration finds: one type for YAML and for code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["error", "warning", "note"]
"""`error`: left alone, somebody must decide. `warning`: rewritten. `note`: removed, or added to."""

GUIDE_ARCHITECTURE = "2. Architectural Changes"
GUIDE_STEPS = "3. Updating Elixir Steps"
GUIDE_YAML = "4. YAML Workflow Changes"
GUIDE_TESTING = "5. Testing Strategy"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One legacy thing in a file. Lines and columns count from 1, in the file before a change."""

    path: str
    line: int
    column: int
    what: str
    """What stands there: `async_stream: true`."""
    becomes: str
    """What stands there after `--write`; empty when it goes, or when nobody can say."""
    section: str
    """The section of the migration guide that tells about it."""
    severity: Severity
    fixable: bool
    """`--write` changes it."""
    why: str = ""
    """Why it goes, or why it is left alone and what to do."""

    def __str__(self) -> str:
        """`file:line:column: what -> becomes (why)`, as editors parse it."""
        becomes = f" -> {self.becomes}" if self.becomes else (" -> removed" if self.fixable else "")
        why = f" ({self.why})" if self.why else ""
        return f"{self.path}:{self.line}:{self.column}: {self.what}{becomes}{why}"


@dataclass(frozen=True, slots=True)
class Migrated:
    """What becomes of one file's text."""

    before: str
    after: str
    """Equal to `before` when there is nothing to change, or when it would not be safe."""
    findings: tuple[Finding, ...]

    @property
    def changed(self) -> bool:
        """Whether writing it would change the file."""
        return self.before != self.after
