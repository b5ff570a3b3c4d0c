"""What `get` and `describe` are asked for, and what of the cluster answers it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cmp_to_key
from typing import TYPE_CHECKING, Any

from podctl.core.events import Events, events
from podctl.core.finding import FINDERS, Found
from podctl.core.jsonpath import JsonPath, parse_path
from podctl.core.jsonvalues import find
from podctl.core.kept_objects import api_kind
from podctl.core.kinds import EVENT, POD, Kind, parse_kind
from podctl.core.memory import Remembered, remember
from podctl.core.model import Cluster
from podctl.core.quantity import quantity
from podctl.core.selectors import Selector, matches, parse_selector
from podctl.errors import InputError, PodctlError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from podctl.core.objects import Object

FIELDS = (
    "metadata.name", "metadata.namespace", "status.phase", "spec.nodeName",
    "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "reason", "type",
)  # fmt: skip
_FIELD = re.compile(r"\s*([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)\s*")
_DIGITS = re.compile(r"([0-9]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """`targets` are kinds, each with the name that is asked for or "" for all. `namespace` None: all of them."""

    targets: tuple[tuple[Kind, str], ...]
    namespace: str | None = "default"
    selector: Selector = ()
    fields: tuple[tuple[str, bool, str], ...] = ()  # field, whether it must equal, value
    sort_by: JsonPath | None = None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Each once, in the order in which they were asked for."""
        return tuple(dict.fromkeys(kind for kind, _ in self.targets))

    @property
    def history(self) -> bool:
        """What the Minions' engines remember belongs to the answer."""
        return EVENT in self.kinds

    @property
    def named(self) -> bool:
        return any(name for _, name in self.targets)

    @property
    def single(self) -> bool:
        """One object is asked for, by its name."""
        return self.named and len(self.targets) == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`missing` are the named objects that were not seen, each kind with the name."""

    found: tuple[Found, ...]
    missing: tuple[tuple[Kind, str], ...] = ()


def parse_query(
    words: Sequence[str],
    *,
    namespace: str = "default",
    all_namespaces: bool = False,
    selector: str = "",
    fields: str = "",
    sort_by: str = "",
    about: str = "",
) -> Query:
    """The query of a command line: `TYPE`, `TYPE,TYPE`, `TYPE NAME…` or `TYPE/NAME …`. Raises InputError.

    `about` is `TYPE/NAME`, for events: they are those of this object.
    """
    targets = _targets(words)
    if about and any(kind is not EVENT for kind, _ in targets):
        raise InputError("--for goes with events alone", hint=f"podctl get events --for {about}")
    named = any(name for _, name in targets)
    if named and (selector or fields):
        raise InputError("a name cannot be given together with a selector", hint="Leave out one of the two.")
    if named and all_namespaces and any(kind.namespaced for kind, _ in targets):
        raise InputError(
            "an object cannot be named across all namespaces", hint="Give its namespace with -n in place of -A."
        )
    return Query(
        targets=targets,
        namespace=None if all_namespaces else namespace,
        selector=parse_selector(selector),
        fields=(*(_field(part) for part in fields.split(",") if part.strip()), *(_about(about) if about else ())),
        sort_by=parse_path(sort_by) if sort_by else None,
    )


def _targets(words: Sequence[str]) -> tuple[tuple[Kind, str], ...]:
    if not words:
        raise InputError("say what to show", hint="podctl get pods, podctl get minions, podctl get events.")
    if any("/" in word for word in words):
        return tuple(_slashed(word) for word in words)
    kinds = [parse_kind(word) for word in words[0].split(",") if word]
    if not kinds:
        raise InputError(f"there is no resource type {words[0]!r}", hint="podctl get pods")
    return tuple((kind, name) for kind in dict.fromkeys(kinds) for name in (dict.fromkeys(words[1:]) or ("",)))


def _slashed(word: str) -> tuple[Kind, str]:
    kind, slash, name = word.partition("/")
    if not slash:
        raise InputError(f"{word!r} has no type", hint="Write TYPE/NAME for each, or TYPE NAME NAME….")
    if not kind or not name or "/" in name:
        raise InputError(f"{word!r} is not of the form TYPE/NAME", hint="For example pod/web.")
    return parse_kind(kind), name


def _about(word: str) -> tuple[tuple[str, bool, str], ...]:
    kind, name = _slashed(word)
    return (("involvedObject.kind", True, api_kind(kind.name)), ("involvedObject.name", True, name))


def _field(part: str) -> tuple[str, bool, str]:
    found = _FIELD.fullmatch(part)
    if not found:
        raise InputError(f"wrong field selector {part!r}", hint="Write FIELD=VALUE or FIELD!=VALUE.")
    name, operator, value = found.groups()
    if name not in FIELDS:
        raise InputError(f"field label not supported: {name}", hint=f"Supported: {', '.join(FIELDS)}.")
    return name, operator != "!=", value


# ---------------------------------------------------------------------------------------------------------- answering


def answer(seen: Cluster | Remembered, query: Query, *, engine: str) -> Answer:
    """Kind by kind in the order asked for; within one by namespace and name, or as `sort_by` says."""
    known = remember(seen) if isinstance(seen, Cluster) else seen
    told = Events(events(known.document, known.cluster))
    every = {kind: _within(FINDERS[kind](known, told, engine), query) for kind in query.kinds}
    if query.named:
        found = [each for kind, name in query.targets for each in every[kind] if name in ("", each.name)]
        have = {(each.kind, each.name) for each in found}
        missing = tuple(target for target in query.targets if target[1] and target not in have)
        return Answer(found=_sorted(found, query), missing=missing)
    found = [each for kind in query.kinds for each in every[kind] if _selected(each, query)]
    return Answer(found=_sorted(found, query))


def shown_pods(seen: Remembered, query: Query) -> frozenset[str]:
    """The uids of the Pods in sight that answer `query`, whatever their probes say."""
    if POD not in query.kinds:
        return frozenset()
    found = answer(seen, replace(query, sort_by=None), engine="").found
    return frozenset(each.pod.uid for each in found if each.pod)


def _within(every: Iterable[Found], query: Query) -> list[Found]:
    return [each for each in every if not each.kind.namespaced or query.namespace in (None, each.namespace)]


def _selected(found: Found, query: Query) -> bool:
    return matches(query.selector, found.labels) and all(
        (_field_value(found.object, name) == value) is equal for name, equal, value in query.fields
    )


def _field_value(item: Object, name: str) -> str:
    part: Any = item
    for key in name.split("."):
        part = part.get(key, {})
    return str(part) if part else ""


def _sorted(found: list[Found], query: Query) -> tuple[Found, ...]:
    """Stable, so that equal ones keep their order; objects without the field come first."""
    if query.sort_by is None or not found:
        return tuple(found)
    keyed = [(find(query.sort_by, each.object), each) for each in found]
    if not any(values for values, _ in keyed):
        raise PodctlError("--sort-by: none of the objects has this field", hint="-o json shows which fields they have.")
    without = [each for values, each in keyed if not values]
    having = sorted(((values[0], each) for values, each in keyed if values), key=cmp_to_key(_compare_keyed))
    return (*without, *(each for _, each in having))


def _compare_keyed(one: tuple[Any, Found], other: tuple[Any, Found]) -> int:
    return compare(one[0], other[0])


def compare(one: Any, other: Any) -> int:
    """As kubectl sorts: two quantities by amount, other texts naturally (`web-2` before `web-10`)."""
    if not isinstance(one, str) or not isinstance(other, str):
        one, other = ((value if isinstance(value, (int, float)) else str(value)) for value in (one, other))
    if isinstance(one, str) != isinstance(other, str):
        one, other = str(one), str(other)
    if isinstance(one, str):
        try:
            one, other = quantity(one), quantity(other)
        except ValueError:
            one, other = _natural(one), _natural(other)
    return int(one > other) - int(one < other)


def _natural(text: str) -> tuple[tuple[bool, Any], ...]:
    """Texts and numbers in turn; a number comes before a text."""
    parts = enumerate(_DIGITS.split(text))
    return tuple((at % 2 == 0, int(part) if at % 2 else part) for at, part in parts if part)
