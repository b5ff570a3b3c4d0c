"""Which Minions went away and came back while something was watched, each told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.report.answers import evidence_lines, history_text, one_line, silence_text, unknown_text, warning_text

if TYPE_CHECKING:
    from podctl.core.memory import Remembered

_STEADY_ROUNDS = 3  # that a warning has to outlast: another podctl at work makes short ones


class Outages:
    """Round by round what there is to say on stderr; "" mostly."""

    def __init__(self) -> None:
        self._silent: set[str] | None = None
        self._unknown = ""
        self._warning = ""
        self._rounds = 0  # in which the warning has stood
        self._told = ""  # the warning that was told last

    def told(self, known: Remembered) -> str:
        """At first as any look tells it, hints included; then only what becomes otherwise."""
        silent = {each.minion.name for each in known.cluster.silent}
        before, self._silent = self._silent, silent
        if before is None:
            self._told = known.warning
            self._unknown = unknown_text(known.cluster)
            return silence_text(known.cluster) + self._unknown + history_text(known.cluster) + warning_text(known)
        lines = []
        for each in known.cluster.minions:
            name = each.minion.name
            if name in silent - before:
                lines.append(f"minion {name} went away: {one_line(each.problem)} (it is tried until it answers)\n")
                lines += evidence_lines(each)
            elif name in before - silent:
                lines.append(f"minion {name} answers again\n")
        return "".join(lines) + self._new_unknown(known) + self._steady(known)

    def _new_unknown(self, known: Remembered) -> str:
        """Which probes cannot be asked, where that was not told yet."""
        before, self._unknown = self._unknown, unknown_text(known.cluster)
        lines = self._unknown.splitlines(keepends=True)
        return "".join(line for line in lines if line not in before.splitlines(keepends=True))

    def _steady(self, known: Remembered) -> str:
        """The warning, once it has stood for some rounds."""
        self._rounds = self._rounds + 1 if known.warning == self._warning else 1
        self._warning = known.warning
        if self._rounds < _STEADY_ROUNDS or self._warning == self._told:
            return ""
        self._told = self._warning
        return f"warning: {one_line(self._warning)}\n" if self._warning else ""
