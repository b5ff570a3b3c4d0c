"""`python -m bench.placement`: the table, the picture, and the bars. Exit code 1 when a bar is missed."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tabulate import tabulate

from bench.placement.barslong import lives, sameness, speed, sweeps
from bench.placement.barsminions import kubelike_classes, literature_classes, loaded_classes
from bench.placement.barsplaced import constrained_batches, feasible_batches, hard_cases, scarce_batches
from bench.placement.families import with_reference
from bench.placement.measure import InvalidError
from bench.placement.picture import picture
from bench.placement.references import References
from bench.placement.rows import COLUMNS, OURS, Effort, Results, Row

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> int:
    options = _options()
    effort = Effort(first=options.seeds, quick=options.quick)
    references = References(solve=options.solve)
    if options.solve:
        for key, batch in with_reference(effort.first):
            print(key, references.of(key, batch))
    results = Results()
    broken = [
        error
        for number, group in _groups(effort, results, references)
        if not options.bars or number in options.bars
        if (error := _run(group))
    ]
    _show(results)
    Path(options.picture).write_text(picture(results.rows))
    print(f"\npicture: {options.picture}")
    missed = [each for each in results.verdicts if not each.is_met]
    for text in broken:
        print(f"MISSED: every answer is valid: {text}")
    for each in missed:
        print(f"MISSED: bar {each.bar}: {each.what}: {each.found:.4f}, not {each.limit:.4f}")
    return 1 if missed or broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.placement", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer instances of each class")
    parser.add_argument("--seeds", type=int, default=0, metavar="FIRST", help="first seed; 100 is fresh (default 0)")
    parser.add_argument("--bars", type=int, nargs="*", metavar="N", help="only the groups with these bars")
    parser.add_argument(
        "--solve", action="store_true", help="find the optima that optima.json lacks (minutes to hours)"
    )
    parser.add_argument(
        "--picture", default="bench-placement.svg", metavar="FILE", help="where to draw (default %(default)s)"
    )
    return parser.parse_args()


def _groups(effort: Effort, results: Results, references: References) -> tuple[tuple[int, Callable[[], None]], ...]:
    return (
        (10, lambda: hard_cases(effort, results)),
        (1, lambda: literature_classes(effort, results)),
        (2, lambda: kubelike_classes(effort, results)),
        (3, lambda: loaded_classes(effort, results, references)),
        (5, lambda: feasible_batches(effort, results)),
        (6, lambda: scarce_batches(effort, results, references)),
        (7, lambda: constrained_batches(effort, results, references)),
        (8, lambda: speed(effort, results)),
        (9, lambda: sameness(effort, results)),
        (11, lambda: sweeps(effort, results)),
        (12, lambda: lives(effort, results)),
    )


def _run(group: Callable[[], None]) -> str:
    """What was invalid; nothing when all was well."""
    start = time.perf_counter()
    try:
        group()
    except InvalidError as error:
        return str(error)
    finally:
        print(f"... {time.perf_counter() - start:.1f} s", file=sys.stderr)
    return ""


def _show(results: Results) -> None:
    head = ("class", "unit", "reference", *COLUMNS, f"{OURS}, % over", "ms", "of the loop")
    print(tabulate([_line(row) for row in results.rows], headers=head, floatfmt=".4g", disable_numparse=[0, 1, 2]))
    print()
    lines = [
        (each.bar, each.what, each.found, each.limit, "met" if each.is_met else "MISSED")
        for each in sorted(results.verdicts, key=lambda it: it.bar)
    ]
    print(tabulate(lines, headers=("bar", "", "found", "limit", ""), floatfmt=".4f"))


def _line(row: Row) -> tuple[object, ...]:
    return (
        row.name,
        row.unit,
        f"{row.reference:g} {row.reference_name}",
        *(row.found.get(packer) for packer in COLUMNS),
        f"{row.over(OURS):+.2f}" if row.reference else None,
        1000 * row.seconds if row.seconds else None,
        row.seconds / row.loop_seconds if row.loop_seconds else None,
    )


if __name__ == "__main__":
    sys.exit(main())
