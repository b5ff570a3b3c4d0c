"""Live progress on stderr, as stdout holds results alone: a table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from podctl.core.model import PodKey
    from podctl.core.outcome import Progress


@contextmanager
def progress() -> Iterator[Callable[[Progress], None]]:
    """What to call with each Progress, from any thread."""
    if sys.stderr.isatty():
        with _live() as say:
            yield say
    else:
        yield _plain()


@contextmanager
def silence() -> Iterator[Callable[[Progress], None]]:
    """The same for who wants to hear nothing of it."""
    yield lambda _: None


def _who(each: Progress) -> str:
    return f"pod {each.key}" if each.key else each.about


def _plain() -> Callable[[Progress], None]:
    lock = threading.Lock()

    def say(each: Progress) -> None:
        with lock:
            print(f"{each.minion}: {_who(each)}: {each.text}", file=sys.stderr, flush=True)  # noqa: T201

    return say


@contextmanager
def _live() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console  # noqa: PLC0415 - 45 ms that only a terminal is worth
    from rich.live import Live  # noqa: PLC0415
    from rich.spinner import Spinner  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    rows: dict[tuple[str, PodKey | None], Progress] = {}
    lock = threading.Lock()

    def drawn() -> Table:
        table = Table.grid(padding=(0, 2))
        for each in sorted(rows.values(), key=lambda row: (row.minion, str(row.key or ""))):
            mark = Text("•", style="green") if each.done else Spinner("dots")
            table.add_row(mark, Text(each.minion, style="bold"), Text(_who(each)), Text(each.text))
        return table

    live = Live(console=Console(stderr=True), refresh_per_second=8, transient=True)

    def say(each: Progress) -> None:
        with lock:
            rows.pop((each.minion, None), None)  # the images are done once a Pod is worked on
            rows[each.minion, each.key] = each
            live.start()  # not before there is something to show: a question may come first
            live.update(drawn())

    try:
        yield say
    finally:
        live.stop()
