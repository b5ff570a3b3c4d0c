"""What `wait` waits for: whether it holds, what it still lacks, and what there is to say at the timeout.

Words and answers: kubectl `pkg/cmd/wait`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias, assert_never

from podctl.core.deletion import KIND_OF
from podctl.core.jsonpath import parse_path
from podctl.core.jsonvalues import find, value_text
from podctl.core.kinds import KINDS, POD
from podctl.core.model import Mark
from podctl.core.query import Query
from podctl.core.watching import Seen, changes, identity
from podctl.errors import InputError, NotFoundError, PodctlError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from podctl.core.finding import Found
    from podctl.core.jsonpath import JsonPath
    from podctl.core.manifest import Manifests
    from podctl.core.memory import Remembered
    from podctl.core.query import Answer
    from podctl.core.watching import Identity

Name = tuple[str, str, str]  # kind, namespace, name
_FORMS = "--for=condition=Ready, --for=delete, --for=create or --for=jsonpath='{.status.phase}'=Running"
_PATH = re.compile(r"""['"]?(?P<path>\{.*?\}|[^={}'"]+)['"]?(?:=(?P<value>.*))?""", re.DOTALL)
_PLURALS = {kind.name: kind.plural for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Condition:
    """One of the object's conditions has this status."""

    name: str
    status: str = "True"


@dataclass(frozen=True, slots=True)
class AtPath:
    """What stands at the path is `value`; None: anything at all."""

    path: JsonPath
    text: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Created:
    """It is there, in whatever state."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """What was there at first is there no more."""


Wish: TypeAlias = Condition | AtPath | Created | Deleted


def parse_wish(text: str) -> Wish:
    """The value of --for. Raises InputError."""
    kind, _, rest = text.partition("=")
    match kind.lower():
        case "delete" if not rest:
            return Deleted()
        case "create" if not rest:
            return Created()
        case "condition" if rest.partition("=")[0]:
            name, _, status = rest.partition("=")
            return Condition(name, status or "True")
        case "jsonpath" if found := _PATH.fullmatch(rest):
            path, value = found["path"], found["value"]
            return AtPath(parse_path(path), path, None if value is None else value.strip("'\""))
    raise InputError(f"--for: cannot wait for {text!r}", hint=f"There are {_FORMS}.")


def holds(wish: Wish, item: Mapping[str, Any]) -> bool:
    """Of an object that is there. Raises PodctlError for a path at which more than one value stands."""
    match wish:
        case Condition(name, status):
            found = _condition(item, name)
            return str(found.get("status", "")).lower() == status.lower()
        case AtPath(path, text, value):
            values = find(path, item)
            if len(values) > 1 and value is not None:
                raise PodctlError(f"--for: more than one value stands at {text}", hint="Name one of them: [0], [-1].")
            return bool(values) and (value is None or value_text(values[0]).strip() == value.strip())
        case Created():
            return True
        case Deleted():
            return False
        case _:
            assert_never(wish)


def _condition(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    every = item.get("status", {}).get("conditions") or ()
    return next((each for each in every if str(each.get("type", "")).lower() == name.lower()), {})


def names_of(query: Query) -> frozenset[Name] | None:
    """Those that a query names; None where it selects."""
    if not query.named:
        return None
    return frozenset((kind.name, str(query.namespace) if kind.namespaced else "", name) for kind, name in query.targets)


def named_in(manifests: Manifests) -> tuple[Query, frozenset[Name]]:
    """What the manifests name, and a query that finds it."""
    pods = [(POD, key.namespace, key.name) for key in (pod.key for pod in manifests.pods)]
    every = [*pods, *((KIND_OF[key.kind], key.namespace, key.name) for key in manifests.raws)]
    kinds = dict.fromkeys(kind for kind, _, _ in every)
    names = frozenset((kind.name, namespace, name) for kind, namespace, name in every)
    return Query(targets=tuple((kind, "") for kind in kinds), namespace=None), names


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What is waited for, after so many looks. `left` are the names that lack it; None: none is known yet.

    `doomed`: with Deleted, what of each name is to go.
    """

    wish: Wish
    left: frozenset[Name] | None
    doomed: Mapping[Name, frozenset[Identity]] = field(default_factory=dict)
    seen: Seen = field(default_factory=Seen)
    looked: bool = False

    @property
    def done(self) -> bool:
        return self.left is not None and not self.left

    @property
    def reads(self) -> bool:
        """Whether it matters what the object is like, and not only whether it is there."""
        return isinstance(self.wish, Condition | AtPath)

    def step(self, answered: Answer, known: Remembered) -> tuple[Waiting, tuple[Name, ...]]:
        """After one more look, with the names for which it came true by it. NotFoundError: what is named is nowhere.

        What is lost sight of later may come again, and whatever is not seen may be on a Minion that is silent.
        """
        _, seen = changes(self.seen, answered.found, known, lambda _: None)
        by_name: dict[Name, list[Found]] = {}
        for key, (found, _) in seen.objects.items():
            by_name.setdefault(key[:3], []).append(found)
        left = self._left(by_name, known)
        if left is None:
            return replace(self, seen=seen, looked=True), ()
        if isinstance(self.wish, Deleted):
            return self._gone(left, by_name, seen, known)
        if not self.looked and not isinstance(self.wish, Created) and not known.cluster.silent:
            _check_found(left, by_name)
        met = tuple(name for name in sorted(left) if any(map(self._holds, _choice(by_name.get(name, ())))))
        return replace(self, left=left - set(met), seen=seen, looked=True), met

    def _holds(self, found: Found) -> bool:
        return holds(self.wish, found.object)

    def _left(self, by_name: Mapping[Name, Sequence[Found]], known: Remembered) -> frozenset[Name] | None:
        """What is selected is what the first look selects, or the first that selects anything while one is silent."""
        if self.left is not None or by_name:
            return frozenset(by_name) if self.left is None else self.left
        if isinstance(self.wish, Deleted) and not _may_be(known):
            return frozenset()
        if not known.cluster.silent and not isinstance(self.wish, Created):
            raise NotFoundError("no matching resources found")
        return None

    def _gone(
        self, left: frozenset[Name], by_name: Mapping[Name, Sequence[Found]], seen: Seen, known: Remembered
    ) -> tuple[Waiting, tuple[Name, ...]]:
        there = {name: frozenset(map(identity, by_name.get(name, ()))) for name in left}
        doomed = {name: self.doomed.get(name) or there[name] for name in left}
        gone = {name for name in left if not doomed[name] & there[name] and (doomed[name] or not _may_be(known))}
        told = tuple(sorted(name for name in gone if self.looked))  # of what never was there is nothing to tell
        return replace(self, left=left - gone, doomed=doomed, seen=seen, looked=True), told

    def timed_out(self, known: Remembered) -> PodctlError:
        """What to raise when there is no time left; it says of each object what it lacks."""
        if self.left is None:
            silent = ", ".join(each.minion.name for each in known.cluster.silent)
            if not silent:
                return PodctlError("timed out waiting for the condition: nothing matches")
            return UnreachableError(
                f"no matching resources found on the Minions that answered; {silent} did not",
                hint="See why with `podctl get minions`, and wait again.",
            )
        objects = {key[:3]: found for key, (found, _) in self.seen.objects.items()}
        lacking = [(_title(name), self._lack(objects.get(name), known)) for name in sorted(self.left)]
        return PodctlError(
            "\n".join(f"timed out waiting for the condition on {title}" for title, _ in lacking),
            evidence="\n".join(f"{title}: {why}" for title, why in lacking),
            hint="`podctl describe` shows all that is known of it; --timeout waits longer.",
        )

    def _lack(self, found: Found | None, known: Remembered) -> str:
        if found is None:
            silent = ", ".join(each.minion.name for each in known.cluster.silent)
            return f"not seen; it may be on {silent}, which does not answer" if silent else "it is not there"
        if isinstance(self.wish, Condition):
            has = _condition(found.object, self.wish.name)
            why = has.get("message") or has.get("reason")
            return f"{self.wish.name} is {has.get('status', 'not among its conditions')}" + (f": {why}" if why else "")
        if isinstance(self.wish, AtPath):
            values = ", ".join(map(value_text, find(self.wish.path, found.object)))
            return f"{self.wish.text} is {values or 'not there'}"
        return f"it is still there: {found.object.get('status', {}).get('phase', '')}".removesuffix(": ")


def _title(name: Name) -> str:
    """As kubectl writes it: `pods/web`."""
    return f"{_PLURALS[name[0]]}/{name[2]}"


def _choice(found: Sequence[Found]) -> Sequence[Found]:
    """Of several of one name those that stay: what is being removed says nothing of what comes in its place."""
    return [each for each in found if not (each.pod and each.pod.mark is Mark.OLD)] or found


def _may_be(known: Remembered) -> bool:
    """Whether something that is not found may be there all the same."""
    return bool(known.cluster.silent) and bool(known.doubt or not known.recalled.found)


def _check_found(names: frozenset[Name], found: Mapping[Name, object]) -> None:
    if missing := sorted(names - set(found)):
        raise NotFoundError("\n".join(f'{_PLURALS[kind]} "{name}" not found' for kind, _, name in missing))
