"""What `get -w` says: what is there, then a row, or an object, for each change."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from podctl.core.watching import Seen, changes
from podctl.errors import InputError
from podctl.report.answers import Shown, nothing_text
from podctl.report.outages import Outages
from podctl.report.structured import json_text, printer, yaml_text
from podctl.report.tables import headings_of, row_of
from podctl.report.text import COLUMN_GAP, printable

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from podctl.core.finding import Found
    from podctl.core.memory import Remembered
    from podctl.core.query import Answer, Query
    from podctl.core.watching import Change
    from podctl.report.tables import TableOptions

_LONGEST_EVENT = "MODIFIED"
_AGES = ("AGE", "LAST SEEN")  # columns that change by themselves


class WatchReport:
    """The text of each round. `events`: each change says whether it is ADDED, MODIFIED or DELETED.

    `present`: what is there at first is shown, too. Raises InputError for a query or a form that cannot be watched.
    """

    def __init__(self, query: Query, output: str, options: TableOptions, *, present: bool, events: bool) -> None:
        if len(query.kinds) > 1:
            raise InputError("only one resource type can be watched at once", hint="podctl get pods -w")
        self._printer = printer(output)
        self._form = output if self._printer else ""
        if events and self._form not in ("", "json", "yaml"):
            raise InputError("--output-watch-events goes with a table, json or yaml")
        self._query = query
        self._options = options
        self._present = present
        self._events = events
        self._outages = Outages()
        self._seen: Seen | None = None
        self._begun = False  # a row was printed
        self._widths = [len(_LONGEST_EVENT)] if events else []

    def round(self, answered: Answer, known: Remembered) -> Shown:
        """What is new since the round before; nothing mostly."""
        first = self._seen is None
        told, self._seen = changes(self._seen or Seen(), answered.found, known, self._face)
        note = self._outages.told(known)
        if first and not told and not self._query.named:
            note = nothing_text(self._query, partial=bool(known.cluster.silent)) + note
        shown = told if self._present or not first else ()
        return Shown(out=self._objects(shown) if self._printer else self._rows(shown), note=note)

    def _face(self, found: Found) -> Hashable:
        """What two rounds are compared by: what is shown, ages apart."""
        if self._printer and not self._form.startswith("jsonpath"):
            return json_text(found.object)
        if self._printer:
            return self._printer([found], True)
        cells = zip(headings_of(found.kind, self._options), row_of(found, self._options), strict=True)
        return tuple(
            cell.partition(" ")[0] if heading == "RESTARTS" else cell for heading, cell in cells if heading not in _AGES
        )

    def _objects(self, told: Sequence[Change]) -> str:
        texts = [self._object(each) for each in told]
        return "".join(text if text.endswith("\n") or not text else f"{text}\n" for text in texts)

    def _object(self, change: Change) -> str:
        assert self._printer  # noqa: S101 - asked by who calls
        event = {"type": _event(change), "object": change.found.object}
        if self._form == "yaml":
            return "---\n" + (yaml_text(event) if self._events else self._printer([change.found], True))
        return json_text(event) if self._events else self._printer([change.found], True)

    def _rows(self, told: Sequence[Change]) -> str:
        """Below each other as far as what came before tells how wide a column is."""
        event = ["EVENT"] if self._events else []
        rows = [[*([_event(each)] if event else []), *row_of(each.found, self._options)] for each in told]
        if rows and not self._begun and self._options.headings:
            rows.insert(0, [*event, *headings_of(told[0].found.kind, self._options)])
        self._begun = self._begun or bool(rows)
        cells = [[printable(cell) for cell in row] for row in rows]
        for row in cells:
            self._widths = [max(pair) for pair in zip_longest(map(len, row), self._widths, fillvalue=0)]
        lines = (COLUMN_GAP.join(map(str.ljust, row, self._widths)).rstrip() for row in cells)
        return "".join(f"{line}\n" for line in lines)


def _event(change: Change) -> str:
    return "DELETED" if change.gone else "ADDED" if change.new else _LONGEST_EVENT
