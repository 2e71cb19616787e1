"""The instruments themselves: what the server sends, what the terminal sees, what is read off a sitting."""

from __future__ import annotations

import sys
import time

import msgspec
import pytest

from bench.lab import Unmeasured, environment
from bench.server import Plan, cuts_of, path_of
from bench.sitting import Sitting, percentile
from bench.terminal import Terminal
from bench.wirebytes import DIALECTS, LAST_WORD, mark_of, stamp_of

NOW = 123_456_789_012


def terminal(program: str, **options: int) -> Terminal:
    return Terminal([sys.executable, "-c", program], environment(), **options)


@pytest.mark.parametrize(
    "plan", [Plan(7, name="a1"), Plan(200, rate=50, streams=16, marks=20, width=9, name="b")]
)
def test_a_plan_stands_in_the_path(plan):
    read = Plan.of(f"/{path_of(plan)}/v1/chat/completions")
    assert (read.deltas, read.rate, read.streams, read.marks, read.width) == (
        plan.deltas, plan.rate, plan.streams, plan.marks, plan.width,
    )  # fmt: skip


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("marks", [0, 1, 3])
def test_every_delta_is_one_whole_event(name, marks):
    dialect = DIALECTS[name]
    sent = [cut.bytes_at(NOW) for cut in cuts_of(Plan(10, marks=marks), dialect)]
    assert len(sent) == 10
    for chunk in sent:
        size, _, body = chunk.partition(b"\r\n")
        data = body.removesuffix(b"\r\n")
        assert int(size, 16) == len(data)
        (line,) = [line for line in data.splitlines() if b"{" in line]
        msgspec.json.decode(line.removeprefix(b"data: "))
    marked = sum((stamp_of(NOW) if marks == 1 else mark_of(NOW)) in chunk for chunk in sent)
    assert marked == {0: 0, 1: 10, 3: 3}[marks]
    assert marks == 1 or LAST_WORD.encode() in sent[-1]


def test_the_terminal_sees_frames_and_the_first_time_of_each_mark():
    program = """
import sys, time
mark = b"@%08x" % (time.monotonic_ns() // 1000 % (1 << 32))
for _ in range(2):
    sys.stdout.buffer.write(b"\\x1b[?2026h" + mark + b"\\x1b[?2026l")
sys.stdout.flush()
"""
    with terminal(program) as shown:
        shown.until_end()
    assert shown.seen.frames == 2
    (late,) = shown.seen.marks.values()
    assert 0 <= late < 60


def test_keys_get_through_and_are_timed():
    program = "import sys; print('ready', flush=True); print(sys.stdin.readline().upper())"
    with terminal(program) as shown:
        shown.expect("ready")
        assert shown.press("abc\n", "ABC") > 0
        shown.until_end()


def test_a_program_that_ends_early_is_quoted():
    with (
        terminal("raise SystemExit('\\x1b[31mno such thing\\x1b[m')") as shown,
        pytest.raises(Unmeasured, match=r"never showed 'ready'; the program had ended: no such thing"),
    ):
        shown.expect("ready")


def test_what_never_comes_is_not_waited_for():
    with (
        terminal("import sys; sys.stdin.readline()") as shown,
        pytest.raises(Unmeasured, match=r"never showed 'ready'$"),
    ):
        shown.expect("ready", timeout=0.05)


def test_a_slow_terminal_takes_no_more_than_its_rate():
    with terminal("print('x' * 4000)", rate=20_000) as shown:
        shown.until_end()
        assert time.monotonic() - shown.began >= 4000 / 20_000
    assert shown.seen.size >= 4000


def test_the_cost_of_a_share_of_the_deltas_lies_between_samples():
    user = Sitting(None, 1, samples=[[0, 1.0, 50, 0], [1, 2.0, 60, 100], [2, 5.0, 70, 200]])  # type: ignore[arg-type]
    assert user.deltas() == 200
    assert user.cpu_per_delta(0.0, 0.5) == pytest.approx(0.01)
    assert user.cpu_per_delta(0.25, 0.75) == pytest.approx(0.02)
    assert user.memory_at(1.5) == 70
    user.window = (0, 2)
    assert user.cpu_percent() == pytest.approx(200)


def test_percentiles():
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
    assert percentile([float(n) for n in range(100)], 99) == 99.0
    with pytest.raises(Unmeasured, match="nothing was seen"):
        percentile([], 50)
