"""Measures the budgets and prints them as one table.

    python benchmarks               all rows; fails for one that is above its limit
    python benchmarks --markdown    the same, as the documentation shows it

Each figure is a ratio of two things that took turns in this very run: the median of the
repetitions, and their quartiles. Times are of the processor, so that a busy machine disturbs
little; the endpoint's are of the clock on the wall, since two threads share the work.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

# Before anything of boto3 looks at it.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ.update(
    AWS_DEFAULT_REGION="us-east-1",
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
)

import rows  # noqa: E402

HEADINGS = ("what", "budget", "measured", "quartiles", "holds", "fails above")


def main(arguments: list[str]) -> int:
    client = rows.client()
    markdown = arguments == ["--markdown"]
    budgets = list(rows.budgets(client))
    print_table(HEADINGS, [cells(row) for row in budgets], markdown=markdown)
    print()
    others = list(rows.elsewhere(client))
    lines = [(cell[0], *cell[2:4], cell[5]) for cell in map(cells, others)]
    print_table((HEADINGS[0], *HEADINGS[2:4], HEADINGS[5]), lines, markdown=markdown)
    failed = [row for row in [*budgets, *others] if row.fails]
    for row in failed:
        print(f"{row.what}: above its limit of {row.limit}", file=sys.stderr)
    return 1 if failed else 0


def cells(row: rows.Row) -> tuple[str, ...]:
    def shown(number: float) -> str:
        return f"{number:.3g} {row.unit}".rstrip()

    figure = row.figure
    return (
        row.what,
        "" if row.budget is None else shown(row.budget),
        shown(figure.median),
        f"{shown(figure.low)} to {shown(figure.high)}",
        "" if row.budget is None else "yes" if row.holds else "NO",
        "" if row.limit is None else shown(row.limit),
    )


def print_table(headings: Iterable[str], lines: list[tuple[str, ...]], *, markdown: bool) -> None:
    table = [tuple(headings), *lines]
    if markdown:
        table.insert(1, tuple("---" for _ in table[0]))
        for line in table:
            print(f"| {' | '.join(line)} |")
        return
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
