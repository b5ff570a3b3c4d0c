"""The table as a drawing: for each class a bar a packer, Minions over the bound above, time below. Plain SVG."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from bench.placement.rows import COLUMNS, OURS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.placement.rows import Row

_LEFT, _TOP, _LINE, _WIDTH, _GAP = 190, 60, 11, 420, 14
_MOST_OVER = 30.0  # percent; longer bars are cut, with the figure beside them
_COLORS = dict(zip(COLUMNS, ("#b7c0cc", "#8d99a8", "#c9b458", "#6fa8dc", "#a4c8a0", "#c39bd3", "#d6453d"), strict=True))


def picture(rows: Sequence[Row]) -> str:
    """Classes that are measured in Minions; times against the plain loop where it was run."""
    drawn = [row for row in rows if row.unit == "Minions" and row.reference]
    parts, y = [], _TOP
    for row in drawn:
        packers = [packer for packer in COLUMNS if packer in row.found]
        height = _LINE * len(packers)
        parts.append(_text(_LEFT - 8, y + height / 2 + 4, row.name, "end"))
        for number, packer in enumerate(packers):
            parts += _bar(_LEFT, y + number * _LINE, row.over(packer), packer)
        parts += _times(row, y, height)
        y += height + _GAP
    width = _LEFT + 2 * _WIDTH + 160
    size = f'width="{width}" height="{y + 20}"'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="11">',
        f'<rect {size} fill="white"/>',
        _text(_LEFT, 22, "Minions over the bound (or the optimum), in %", "start"),
        _text(_LEFT + _WIDTH + 120, 22, "time of podctl, as a share of the plain filter-and-score loop", "start"),
        *_legend(),
    ]
    return "\n".join((*head, *parts, "</svg>", ""))


def _legend() -> list[str]:
    parts, x = [], float(_LEFT)
    for packer in COLUMNS:
        parts.append(f'<rect x="{x}" y="34" width="9" height="9" fill="{_COLORS[packer]}"/>')
        parts.append(_text(x + 13, 42, packer, "start"))
        x += 30 + 6.5 * len(packer)
    return parts


def _bar(x: float, y: float, over: float, packer: str) -> list[str]:
    length = max(1.0, _WIDTH * min(over, _MOST_OVER) / _MOST_OVER)
    weight = ' font-weight="bold"' if packer == OURS else ""
    return [
        f'<rect x="{x}" y="{y}" width="{length:.1f}" height="{_LINE - 2}" fill="{_COLORS[packer]}"/>',
        f'<text x="{x + length + 4:.1f}" y="{y + _LINE - 3}" font-size="9"{weight}>{over:+.1f}</text>',
    ]


def _times(row: Row, y: float, height: float) -> list[str]:
    if not (row.seconds and row.loop_seconds):
        return []
    share = row.seconds / row.loop_seconds
    x, middle = _LEFT + _WIDTH + 120, y + height / 2
    length = max(1.0, _WIDTH * min(share, 2.0) / 4)
    words = f"{share:.2f} ({1000 * row.seconds:.0f} ms to {1000 * row.loop_seconds:.0f} ms)"
    return [
        f'<rect x="{x}" y="{middle - 5:.1f}" width="{length:.1f}" height="10" fill="{_COLORS[OURS]}"/>',
        _text(x + length + 4, middle + 4, words, "start"),
    ]


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
