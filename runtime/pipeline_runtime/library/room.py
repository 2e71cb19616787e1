"""How much room the recorded runs take."""

from __future__ import annotations

from msgspec import Struct


class Room(Struct, frozen=True):
    """Files and bytes."""

    runs: int
    logs: int
    """Bytes of the run logs."""
    indexes: int
    """Bytes of what is kept beside them, and can be made again."""
    trashed: int
    """Runs in the trash."""
    trash: int
    """Bytes of the trash."""

    @property
    def total(self) -> int:
        """All bytes."""
        return self.logs + self.indexes + self.trash
