"""A small file that several processes change: what is not right is put aside, and never what is."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pipeline_runtime.shared_file import locked, read, read_locked, write_whole

if TYPE_CHECKING:
    from pathlib import Path

READER = """
import sys
from pathlib import Path
from pipeline_runtime.shared_file import read
def decode(data):
    print("has read", flush=True)
    return int(data)
print(read(Path(sys.argv[1]), decode))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "number.json"


@pytest.mark.parametrize("reader", [read, read_locked])
def test_what_is_right_is_read_and_what_is_not_is_put_aside(path, reader):
    path.write_bytes(b"17")
    assert reader(path, int) == 17
    path.write_bytes(b"seventeen")
    assert reader(path, int) is None
    assert path.with_suffix(".broken").read_bytes() == b"seventeen"
    with pytest.raises(FileNotFoundError):
        reader(path, int)


def test_another_process_puts_nothing_aside_that_was_mended_meanwhile(path):
    path.write_bytes(b"seventeen")
    with locked(path):
        reader = subprocess.Popen(
            [sys.executable, "-c", READER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert reader.stdout is not None
        assert reader.stdout.readline() == "has read\n"
        write_whole(path, b"17")
    assert reader.communicate(timeout=60)[0] == "has read\n17\n"
    assert path.read_bytes() == b"17"
    assert not path.with_suffix(".broken").exists()


def test_what_is_right_is_read_without_waiting_for_who_writes(path):
    path.write_bytes(b"17")
    with locked(path):
        assert read(path, int) == 17
