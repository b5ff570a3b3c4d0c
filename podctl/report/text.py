"""Columns, and nothing that knows what stands in them."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ENGINE = "docker"  # in sources of events, and the scheme before container ids and versions
NONE = "<none>"
UNKNOWN = "<unknown>"
COLUMN_GAP = "   "  # kubectl's three blanks
_PADDING = 2  # of the columns of a description


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, between: str = COLUMN_GAP) -> str:
    """Lines with left-aligned columns and no trailing blanks; without headings only the rows."""
    from tabulate import DataRow, TableFormat, tabulate  # noqa: PLC0415 - 80 ms that only tables are worth

    plain = TableFormat(
        lineabove=None, linebelowheader=None, linebetweenrows=None, linebelow=None,
        headerrow=DataRow("", between, ""), datarow=DataRow("", between, ""), padding=0, with_header_hide=None,
    )  # fmt: skip
    # The headings go in as a row: as headings they would be padded by two more blanks than kubectl's.
    cells = [[printable(cell) for cell in row] for row in ([headings] if headings else []) + list(rows)]
    text = tabulate(cells, tablefmt=plain, disable_numparse=True, stralign="left")
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def columns(lines: Iterable[str]) -> str:
    """Lines whose cells end in tabs, aligned as Go's tabwriter does for `kubectl describe`.

    A column is as wide as its widest cell on neighbouring lines that have it, and two blanks; what stands behind the
    last tab of a line counts for nothing.
    """
    split = [printable_cells(line) for line in lines]
    return "".join(f"{line.rstrip()}\n" for line in _aligned(split))


def printable_cells(line: str) -> list[str]:
    return [printable(cell) for cell in line.split("\t")]


def printable(text: str) -> str:
    """Without control characters: a name or message from a Minion must not move the cursor of whoever reads it."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each == "\u200d" else repr(each)[1:-1] for each in text)


def _aligned(lines: list[list[str]]) -> Iterator[str]:
    for more, block in groupby(lines, key=lambda cells: len(cells) > 1):
        members = list(block)
        if not more:
            yield from (cells[0] for cells in members)
            continue
        width = max(len(cells[0]) for cells in members) + _PADDING
        rests = _aligned([cells[1:] for cells in members])
        yield from (f"{cells[0]:<{width}}{rest}" for cells, rest in zip(members, rests, strict=True))
