"""`make bench`: measures every row beside its peers, prints the table, keeps the results, and tells what got worse.

make bench                                            all rows, five rounds
make bench ARGS="--rows runtime,panes16 --rounds 3"   rows whose names begin so
make bench ARGS="--curves"                            the scaling curves too
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from importlib.metadata import version
from typing import TYPE_CHECKING

from bench import (
    chart,
    curves,
    page,
    rows_debug,
    rows_log,
    rows_panes,
    rows_runtime,
    rows_soak,
    rows_start,
    table,
)
from bench.lab import PEERS, REPOSITORY, ROOM, Lab, Unmeasured
from bench.peers import environments
from bench.results import Results, RowResult, load, merged, save, verdicts, worsened
from bench.rows import SMOKE, Row, Scale

if TYPE_CHECKING:
    from collections.abc import Sequence

ROWS: tuple[Row, ...] = (
    *rows_runtime.ROWS, *rows_panes.ROWS, *rows_debug.ROWS, *rows_soak.ROWS, *rows_log.ROWS, *rows_start.ROWS,
)  # fmt: skip
ROUNDS = 5
LATEST = REPOSITORY / "tests" / "bench" / "results" / "latest.json"
PAGE = REPOSITORY / "docs" / "performance.md"
NO_CURVES = 'Not measured yet: `make bench ARGS="--curves --save"`.'
PICTURE = REPOSITORY / "docs" / "performance.svg"


def say(text: str) -> None:
    """Tell the user how it goes on."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def chosen(names: str | None) -> list[Row]:
    """The rows whose names begin with one of these.

    Raises:
        SystemExit: There are none.
    """
    if not names:
        return list(ROWS)
    rows = [row for row in ROWS if row.name.startswith(tuple(names.split(",")))]
    if not rows:
        raise SystemExit(f"no row begins with {names}; there are: {', '.join(row.name for row in ROWS)}")
    return rows


def machine() -> dict[str, str]:
    """What it is measured on."""
    load1 = f"{os.getloadavg()[0]:.1f}"
    return {
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load at the start": load1,
    }


def measure_rows(lab: Lab, rows: Sequence[Row], scale: Scale, rounds: int) -> dict[str, RowResult]:
    """Every row, its contestants in turn in every round."""
    found: dict[str, RowResult] = {}
    for row in rows:
        begin = time.monotonic()
        result = found[row.name] = RowResult()
        for number in range(rounds):
            for name in row.contestants:
                if number < row.most_rounds.get(name, rounds) and name not in result.unmeasured:
                    _measure(lab, row, scale, name, result)
        reached = " ".join(f"{one.text}: {table.WORDS[one.reached]}" for one in verdicts(row, result))
        say(f"{row.name:18} {time.monotonic() - begin:6.1f} s  {reached}")
    return found


def _measure(lab: Lab, row: Row, scale: Scale, name: str, result: RowResult) -> None:
    try:
        result.rounds.setdefault(name, []).append(row.run(lab, scale, name))
    except Unmeasured as why:
        if not result.rounds.get(name):
            result.rounds.pop(name, None)
            result.unmeasured[name] = str(why)
        say(f"{row.name}: {name}: {why}")


def publish(results: Results) -> None:
    """Keep them: as JSON, in the documentation, as a picture."""
    save(results, LATEST)
    text = PAGE.read_text(encoding="utf-8")
    text = page.fill(text, "table", table.as_markdown(ROWS, results))
    text = page.fill(text, "about", table.about(results))
    text = page.fill(text, "curves", curves.as_text(results.curves) or NO_CURVES)
    PAGE.write_text(text, encoding="utf-8")
    PICTURE.write_text(chart.draw(ROWS, results), encoding="utf-8")


def report(rows: Sequence[Row], results: Results, before: Results | None) -> None:
    """Print the table, and what got worse."""
    sys.stdout.write(f"\n{table.as_text(rows, results)}\n{table.about(results)}\n")
    if results.curves:
        sys.stdout.write(f"\n{curves.as_text(results.curves)}")
    if before is None:
        return
    worse = [
        line
        for row in rows
        if row.name in results.rows
        for line in worsened(row, results.rows[row.name], before.rows.get(row.name))
    ]
    told = "\n".join(f"  {line}" for line in worse) or "  nothing"
    sys.stdout.write(f"\nWorse by more than 15 % than the last stored result:\n{told}\n")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command's words."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", help="rows whose names begin so, separated by commas; default: all")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--peers", default=",".join(PEERS), help="which peers to measure; `none`: none")
    parser.add_argument(
        "--curves", nargs="?", const=",".join(curves.CURVES), help="scaling curves; default: all"
    )
    parser.add_argument(
        "--save", action="store_true", help="keep the result although not all rows were measured"
    )
    parser.add_argument("--draw", action="store_true", help="only draw the stored results into docs/ again")
    parser.add_argument("--smoke", action="store_true", help="tiny amounts: does it run at all?")
    parser.add_argument("--list", action="store_true", help="the names of the rows")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Measure; gives 0, also when a goal is not reached: that is in the table."""
    given = parse(arguments)
    if given.list:
        sys.stdout.write("".join(f"{row.name:18} {row.title}\n" for row in ROWS))
        return 0
    if given.draw:
        stored = load(LATEST)
        if stored is not None:
            publish(stored)
        return 0 if stored is not None else 1
    rows = [] if given.curves and not given.rows else chosen(given.rows)
    scale, before = SMOKE if given.smoke else Scale(), load(LATEST)
    peers = environments(
        {name for row in rows for name in row.contestants} & set(given.peers.split(",")), say
    )
    results = Results(machine(), {"textual": version("textual")})
    with Lab(peers) as lab:
        results.rows = measure_rows(lab, rows, scale, given.rounds)
        for name in given.curves.split(",") if given.curves else ():
            say(f"curve: {name}")
            results.curves[name] = curves.measure(lab, scale, name, say)
        results.versions |= lab.versions
    report(rows, results, before)
    whole = not given.smoke and len(rows) == len(ROWS) and given.rounds >= ROUNDS
    if whole or given.save:
        publish(merged(before, results))
        say(f"Kept in {LATEST.relative_to(REPOSITORY)} and docs/performance.md.")
    else:
        save(results, ROOM / "last.json")
        say("Kept in .bench/last.json only: not all rows, or fewer rounds (--save keeps it with the others).")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
