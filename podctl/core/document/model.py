"""What the cluster remembers, as frozen values. A Document is never changed: the next one has the next revision."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podctl.core.model import PodKey

MOST_ACTS = 200  # that a Document remembers
DONE = "done"  # the result of an Act that went well
MOST_DEEDS = 50  # that an Act names one by one


@dataclass(frozen=True, slots=True, order=True)
class ObjectKey:
    """What an object other than a Pod is found by."""

    kind: str  # ConfigMap, Secret, PersistentVolumeClaim
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind.lower()}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PodEntry:
    """One Pod that is wanted, and where it is. Without a Minion it waits for room, and has no uid."""

    key: PodKey
    manifest: Mapping[str, Any]  # as applied: metadata with the namespace, spec
    spec_hash: str
    config_hashes: Mapping[str, str] = field(default_factory=dict)
    uid: str = ""
    minion: str = ""
    waiting: str = ""  # of one without a Minion: what would have to change, as placement told it
    doomed: bool = False  # deleted while its Minion was silent: no other is made until it is known to be gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """A copy of a Pod that is wanted no more and may still run."""

    key: PodKey
    minion: str
    deleted: bool = False  # not replaced by another: nothing brings it back
    in_sight: bool = False  # its Minion answered: the command that wrote this removes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Since when a Minion has not answered: seconds since the epoch by the clock of the Minion `clock`."""

    since_seconds: int
    clock: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What an Act did to one object, or meant to do when it began."""

    reason: str  # one word, as kubectl's events have it: Created, Moved, Cordoned ...
    object: str  # "pod/web", "minion/alpha"
    namespace: str = ""
    message: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One writing command. `result` is empty while it runs, and stays so when it was broken off."""

    revision: int  # of the Document that it wrote first
    at_seconds: int  # since the epoch, by the clock of the Minion `clock`
    clock: str
    who: str  # user@machine
    command: str  # as it was typed
    git: str = ""  # the revision of the folder of its manifests
    deeds: tuple[Deed, ...] = ()
    more_deeds: int = 0  # than those named
    result: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """`keepers` are the Minions that are to hold a copy. Revision 0: nothing was ever written.

    `elders` are the keepers before, where they are others: until this Document is known to stand, they have a say, too.
    """

    cluster: str
    revision: int = 0
    keepers: tuple[str, ...] = ()
    elders: tuple[str, ...] = ()
    pods: Mapping[PodKey, PodEntry] = field(default_factory=dict)
    objects: Mapping[ObjectKey, Mapping[str, Any]] = field(default_factory=dict, repr=False)  # as applied, Secrets too
    leaving: Mapping[str, Leaving] = field(default_factory=dict)  # by uid
    claims: Mapping[PodKey, str] = field(default_factory=dict)  # the Minion that has a claim's volume, by the claim
    cordons: frozenset[str] = frozenset()
    silences: Mapping[str, Silence] = field(default_factory=dict)  # by Minion
    acts: tuple[Act, ...] = ()  # the oldest first
    told: Mapping[str, str] = field(default_factory=dict)  # what was last told of the cluster's health, by listener


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCopy:
    """A copy that was seen on a Minion. One that is not committed was left behind by a writer that came no further."""

    revision: int
    committed: bool
    running: bool  # what does not run, a prune may take
    done: bool = False  # its newest Act came to its end, and all went well
    container: str  # its id
    payload: str = field(repr=False)  # as codec.encode made it


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who runs this podctl: what an Act and a lock say of it."""

    who: str = ""
    command: str = ""
    git: str = ""
