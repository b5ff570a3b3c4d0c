"""A world in which two clients write Documents: Minions, links, power and locks as plain data, podctl's own decisions.

Nothing of the protocol is told again here but the order of the effects, as engine.keeping has it; whatever is decided
is decided by podctl.core.document. Each effect changes one thing on one Minion, and anything may happen between two.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field, replace
from itertools import combinations, count
from random import Random

from podctl.core import naming
from podctl.core.document import recall as recalling
from podctl.core.document import stale as staling
from podctl.core.document import writing as writings
from podctl.core.document.keepers import KEEPERS
from podctl.core.document.leaving import held_back
from podctl.core.document.model import Act, Document, DocumentCopy, ObjectKey, PodEntry
from podctl.core.model import Cluster, Mark, Minion, ObservedMinion, ObservedPod, PodKey

CLUSTER = "shop"
KEYS = (PodKey("default", "web"), PodKey("default", "db"))
THING = ObjectKey("ConfigMap", "default", "settings")


@dataclass
class Machine:
    name: str
    copies: list[DocumentCopy] = field(default_factory=list)
    pods: dict[str, ObservedPod] = field(default_factory=dict)  # by uid
    up: bool = True
    dead: bool = False  # for ever
    holder: Client | None = None  # of its lock
    forgetful: bool = False  # lost its copies and has not been given one since

    def create(self, copy: DocumentCopy) -> bool:
        if any((each.revision, each.committed) == (copy.revision, False) for each in self.copies):
            return False
        self.copies.append(copy)
        return True

    def change(self, revision: int, **to: bool) -> bool:
        for at, each in enumerate(self.copies):
            if each.revision == revision and not each.committed:
                self.copies[at] = replace(each, **to)
                self.forgetful &= not to.get("committed", False)
                return True
        return False

    def remove(self, container: str) -> bool:
        """By id or by name; what is gone is gone."""
        named = {naming.document(CLUSTER, each.revision): each.container for each in self.copies if each.committed}
        self.copies = [each for each in self.copies if each.container != named.get(container, container)]
        return True


@dataclass
class Written:
    """What a command has written last, as far as it has come."""

    writing: writings.Writing | None = None
    committed: set[str] = field(default_factory=set)
    lacking: list[str] = field(default_factory=list)  # keepers that were not asked yet
    older: dict[str, tuple[str, ...]] = field(default_factory=dict)  # containers that count no more

    @property
    def behind(self) -> set[str]:
        return {*self.writing.copies} - self.committed if self.writing else set()


Effect = tuple[str, str, tuple]  # Minion, what, with what
Steps = Generator[Effect, bool, None]


@dataclass(eq=False)
class Client:
    """One podctl. `steps` is the command that it runs, `after` the effect that comes next."""

    name: str
    inventory: tuple[str, ...]
    order: tuple[str, ...] = ()  # in which its Minions do what they are told at once
    live: set[str] = field(default_factory=set)  # conversations that stand: with a lock each
    steps: Steps | None = None
    after: Effect | None = None
    acting: Document | None = None  # on whose strength it acts now


class World:
    def __init__(self, size: int, keepers: int = KEEPERS) -> None:
        self.names = tuple("abcdefg"[:size])
        self.keepers = keepers
        self.machines = {name: Machine(name) for name in self.names}
        self.clients = tuple(Client(name=each, inventory=self.names) for each in ("A", "B"))
        self.stood: list[Document] = []  # what was acknowledged
        self.promised: set[str] = set()  # the commands whose changes were
        self.excused: set[PodKey] = set()  # keys of which two copies may run, by an operator's word
        self.hanging: list[Effect] = []  # that their Minion may still do, long after its shell
        self.numbers = count(1)
        self.harmed = False
        self.done = 0  # commands that came to their end

    # --------------------------------------------------------------------------------------------------------- commands

    def begin(self, client: Client, op: str, key: PodKey, reach: Iterable[str], seed: int) -> str:
        """Locks and looks; why the command ended there, else ""."""
        assert client.steps is None
        reached = [each for each in client.inventory if each in set(reach) and self.machines[each].up]
        if any(self.machines[each].holder for each in reached):
            return "locked"
        for each in reached:
            self.machines[each].holder = client
        client.live = set(reached)
        client.order = tuple(Random(seed).sample(self.names, len(self.names)))
        cluster = self._seen(client)
        recalled = recalling.recall(cluster)
        word = op == "without quorum" and self._word_is_true(client)
        why = recalling.doubt(recalled, cluster, without_quorum=word)
        if not why and not recalled.found and self.stood and self._lost() > self.tolerance:
            why = "all that knew of it were lost"
        if why:
            self._release(client)
            return why
        if word:
            self.promised &= {act.command for act in recalled.document.acts}
            self.stood = [each for each in self.stood if each.revision <= recalled.document.revision]
        self._check_base(client, recalled)
        client.steps = self._command(client, op, key, cluster, recalled, word=word)
        self._advance(client, first=True)
        return ""

    def run(self, client: Client, effects: int | None = None) -> None:
        """So many effects further; None: to the end."""
        while client.steps and (effects is None or effects > 0):
            self._advance(client)
            effects = None if effects is None else effects - 1

    def _advance(self, client: Client, *, first: bool = False) -> None:
        assert client.steps
        try:
            if first:
                client.after = next(client.steps)
            else:
                assert client.after
                client.after = client.steps.send(self._attempt(client, client.after))
        except StopIteration:
            client.steps = client.after = client.acting = None
            self._release(client)
            self.done += 1

    def _attempt(self, client: Client, effect: Effect) -> bool:
        machine = self.machines[effect[0]]
        if machine.name not in client.live or machine.holder is not client or not machine.up:
            return False
        return self._do(effect)

    def _do(self, effect: Effect) -> bool:
        machine, (_, what, given) = self.machines[effect[0]], effect
        match what:
            case "create":
                return machine.create(*given)
            case "start":
                return machine.change(*given, running=True)
            case "rename":
                return machine.change(*given, committed=True)
            case "remove":
                return machine.remove(*given)
            case "make pod":
                self._check_make(machine, *given)
                machine.pods[given[0].uid] = given[0]
                return True
            case "remove pod":
                assert not (self.stood and given[0] in {each.uid for each in self.stood[-1].pods.values()}), (
                    f"{given[0]} is removed, and the Document that stands names it"
                )
                machine.pods.pop(given[0], None)
                return True
        raise AssertionError(what)

    def _release(self, client: Client) -> None:
        for machine in self.machines.values():
            if machine.holder is client and machine.name in client.live:
                machine.holder = None
        client.live = set()

    # ---------------------------------------------------------------------------------------------- what a command does

    def _command(
        self, client: Client, op: str, key: PodKey, cluster: Cluster, recalled: recalling.Recalled, *, word: bool
    ) -> Steps:
        wanted, new, going = self._wish(op, key, cluster, recalled.document)
        surplus = _stale(recalled.document, cluster)
        changed = wanted != recalled.document
        if not changed and not surplus and recalled.settled and not word:
            self.promised |= {act.command for act in wanted.acts}  # "unchanged" acknowledges what was seen
            return
        command = f"{op} {next(self.numbers)}" if changed else "tidy"
        if changed:
            act = Act(revision=recalled.highest + 1, at_seconds=0, clock="", who=client.name, command=command)
            objects = {THING: {"value": command}} if op == "set" else wanted.objects
            wanted = replace(wanted, objects=objects, acts=(*wanted.acts, act))
        past = Written()
        yield from self._write(client, wanted, recalled, cluster, past, word=word, at_once=False)
        if not past.writing:
            return
        self._stands(client, past.writing, past.committed, command if changed else "")
        surplus = [*surplus, *(pod for pod in _stale(past.writing.document, cluster) if pod not in surplus)]
        # The Minions are served side by side: some come to what can wait before others have done what they are to do.
        number = next(self.numbers)
        yield from self._catch_up(past, client.order[: number % 4])
        yield from self._act(past.writing.document, new, surplus, going)
        if number % 2 and not past.writing.document.elders:
            yield from self._catch_up(past, client.order)
        if past.behind or not number % 2 or past.writing.document.elders:
            client.acting = None
            cluster = writings.written(cluster, past.writing, past.committed)
            document, recalled = past.writing.document, recalling.recall(cluster)
            yield from self._write(client, document, recalled, cluster, past, word=word)
            if past.writing.document.revision > document.revision:
                self._stands(client, past.writing, past.committed, "")
        client.acting = None
        yield from self._catch_up(past, client.order)

    def _write(
        self,
        client: Client,
        wanted: Document,
        recalled: recalling.Recalled,
        cluster: Cluster,
        past: Written,
        *,
        word: bool,
        at_once: bool = True,
    ) -> Steps:
        """The two rounds; `past` is what came of it, or as it was where too few took part."""
        writing = writings.plan_writing(wanted, recalled, cluster, without_quorum=word, most=self.keepers)
        every = [name for name in client.order if name in writing.copies]
        later = [pod.minion for pod in _stale(recalled.document, cluster)]
        first = every if at_once else writings.asked_first(writing.document, cluster, every, later)
        prepared = yield from self._prepare(writing, first)
        if len(prepared) < len(first):
            first = every
            prepared |= yield from self._prepare(writing, [name for name in every if name not in prepared])
        if not writings.enough(writing.document, prepared):
            return
        committed = yield from self._commit(writing, prepared)
        if len(committed) < len(prepared):
            rest = [name for name in every if name not in first]
            first = every
            committed |= yield from self._commit(writing, (yield from self._prepare(writing, rest)))
        if writings.enough(writing.document, committed):
            past.writing, past.committed = writing, committed
            past.lacking = [name for name in every if name not in first]
            for name, ids in (*writing.older.items(), *writing.forget.items()):
                past.older[name] = past.older.get(name, ()) + ids

    def _prepare(self, writing: writings.Writing, names: Iterable[str]) -> Generator[Effect, bool, set[str]]:
        revision, prepared = writing.document.revision, set()
        for name in names:
            copy = DocumentCopy(
                revision=revision, committed=False, running=False, container=f"id{next(self.numbers)}",
                payload=writing.payload,
            )  # fmt: skip
            if (yield name, "create", (copy,)) and (yield name, "start", (revision,)):
                prepared.add(name)
        return prepared

    def _commit(self, writing: writings.Writing, names: Iterable[str]) -> Generator[Effect, bool, set[str]]:
        committed = set()
        for name in sorted(names):
            if (yield name, "rename", (writing.document.revision,)):
                committed.add(name)
        return committed

    def _catch_up(self, past: Written, names: Iterable[str]) -> Steps:
        """What can wait of a write: the copies that are lacking, and the end of those before."""
        assert past.writing
        for name in names:
            if name in past.lacking:
                past.lacking.remove(name)
                past.committed |= yield from self._commit(
                    past.writing, (yield from self._prepare(past.writing, [name]))
                )
            if name not in past.behind:
                for container in past.older.pop(name, ()):
                    yield name, "remove", (container,)

    def _wish(
        self, op: str, key: PodKey, cluster: Cluster, base: Document
    ) -> tuple[Document, PodEntry | None, tuple[ObservedPod, ...]]:
        """What is wanted, the Pod that is to be made, and the copies that make way for it."""
        if op in ("apply", "failover"):
            return self._apply(key, cluster, base, failover=op == "failover")
        match op:
            case "delete":
                wanted = replace(base, pods={each: entry for each, entry in base.pods.items() if each != key})
            case "set":
                wanted = replace(base, objects={THING: {"value": "anew"}})
            case "unset":
                wanted = replace(base, objects={})
            case _:
                wanted = base
        return wanted, None, ()

    def _apply(
        self, key: PodKey, cluster: Cluster, base: Document, *, failover: bool
    ) -> tuple[Document, PodEntry | None, tuple[ObservedPod, ...]]:
        answering = [each.minion.name for each in cluster.minions if not each.silent]
        entry = base.pods.get(key)
        unseen = bool(entry and entry.minion not in answering) or key in held_back(base, cluster)
        if (unseen and not failover) or not answering:
            return base, None, ()
        if unseen:
            self.excused.add(key)
        surplus = _stale(base, cluster)
        copies = [pod for pod in cluster.pods if pod.key == key and pod not in surplus]
        right = None if unseen else staling.current(entry, copies, cluster)
        if right and entry and right.uid != entry.uid:  # its successor was never made
            kept = replace(entry, uid=right.uid, minion=right.minion)
            return replace(base, pods={**base.pods, key: kept}), None, ()
        number = next(self.numbers)
        new = PodEntry(
            key=key, manifest={}, spec_hash="", uid=f"u{number}", minion=answering[number % len(answering)]
        )  # fmt: skip
        return replace(base, pods={**base.pods, key: new}), new, (right,) if right else ()

    def _act(
        self,
        document: Document,
        new: PodEntry | None,
        surplus: list[ObservedPod],
        going: tuple[ObservedPod, ...],
    ) -> Steps:
        stuck = False
        for pod in [*surplus, *(pod for pod in going if pod not in surplus)]:
            gone = yield pod.minion, "remove pod", (pod.uid,)
            stuck |= not gone and bool(new) and pod.key == new.key
        if new and not stuck:
            yield new.minion, "make pod", (_pod(new, document.revision),)

    # --------------------------------------------------------------------------------------------------- what must hold

    @property
    def tolerance(self) -> int:
        """How many Minions may vanish for ever from a cluster of which all keepers were well."""
        return (min(len(self.names), self.keepers) - 1) // 2

    def _lost(self) -> int:
        """How many Minions some client cannot learn from, although it does not know so."""
        absent = set(self.names) - set.intersection(*(set(each.inventory) for each in self.clients))
        return len(absent | {each.name for each in self.machines.values() if each.forgetful})

    def _check_base(self, client: Client, recalled: recalling.Recalled) -> None:
        """Whoever may write knows all that was acknowledged; and nobody else may."""
        base = recalled.document
        missing = self.promised - {act.command for act in base.acts}
        assert not missing, f"{client.name} may write on revision {base.revision}, which lacks {missing}"
        if self.stood:
            assert base.revision >= self.stood[-1].revision
        ever = [act.command for act in base.acts if act.command.startswith(("set", "unset"))]
        is_set = bool(ever) and ever[-1].startswith("set")
        assert base.objects == ({THING: {"value": ever[-1]}} if is_set else {}), "what the last one set"
        for other in self.clients:
            if other is not client and other.acting:
                held = {
                    each.name for each in self.machines.values() if each.holder is other and each.name in other.live
                }
                assert not writings.enough(other.acting, held), f"{other.name} acts, and {client.name} may, too"

    def _check_make(self, machine: Machine, pod: ObservedPod) -> None:
        others = [
            each.name
            for each in self.machines.values()
            if not each.dead and any(there.key == pod.key for there in each.pods.values())
        ]
        assert not others or pod.key in self.excused, f"{pod.key} is made on {machine.name} and is on {others}"

    def _stands(self, client: Client, writing: writings.Writing, committed: set[str], command: str) -> None:
        """The Document is acknowledged: nothing of it is forgotten whoever vanishes, as far as the keepers go."""
        document = writing.document
        client.acting = document
        if command:
            self.promised.add(command)
        if self.stood and document.revision < self.stood[-1].revision:  # it learned late that it had come through
            missing = {command} - {"", *(act.command for act in self.stood[-1].acts)}
            assert not missing, f"{missing} stood, and a later Document knows nothing of it"
            return
        self.stood.append(document)
        if command or self.done % 4:
            return
        holding = {
            name
            for name in committed
            if any(each.revision == document.revision and each.committed for each in self.machines[name].copies)
            and not self.machines[name].dead
        }
        sets = [each for each in (document.keepers, document.elders) if each]
        spare = min(len(holding & set(each)) - len(each) // 2 - 1 for each in sets)
        for gone in combinations(self.names, max(0, min(spare, self.tolerance))):
            left = [replace(each, problem="gone") if each.minion.name in gone else each for each in self._look(holding)]
            cluster = Cluster(name=CLUSTER, minions=tuple(left))
            seen = recalling.recall(
                replace(
                    cluster, minions=tuple(replace(each, copies=(), pods=()) if each.silent else each for each in left)
                )
            )
            assert seen.document == document or spare < 0, f"without {gone} revision {seen.document.revision}"
            assert spare < 0 or writings.enough(document, seen.vouching)

    # ------------------------------------------------------------------------------------------------- what can be seen

    def _seen(self, client: Client) -> Cluster:
        seen = {each.minion.name: each for each in self._look(client.live)}
        silent = (ObservedMinion(minion=Minion(name=each), problem="silent") for each in client.inventory)
        return Cluster(name=CLUSTER, minions=tuple(seen.get(each.minion.name, each) for each in silent))

    def _look(self, names: Iterable[str]) -> list[ObservedMinion]:
        return [
            ObservedMinion(
                minion=Minion(name=name),
                copies=tuple(self.machines[name].copies),
                pods=tuple(self.machines[name].pods.values()),
            )
            for name in sorted(names)
        ]

    def _word_is_true(self, client: Client) -> bool:
        """True when all that this client does not see is gone for ever."""
        return all(each.dead or each.name in client.live for each in self.machines.values())

    # ----------------------------------------------------------------------------------------------------- what happens

    def crash(self, client: Client, fate: str) -> None:
        """The client dies; the effect that it was waiting for happens, or not, or hangs and may happen later."""
        if client.steps is None:
            return
        effect = client.after
        if effect and fate == "done":
            self._attempt(client, effect)
        if effect and fate == "hangs" and effect[1] in ("create", "rename") and effect[0] in client.live:
            self.hanging.append(effect)
        client.steps.close()
        client.steps = client.after = client.acting = None
        self._release(client)

    def cut(self, client: Client, name: str) -> None:
        """The link breaks: the lock stays until the Minion notices (`expire`)."""
        if client.after and client.after[0] == name and client.after[1] in ("create", "rename") and name in client.live:
            self.hanging.append(client.after)
        client.live.discard(name)

    def expire(self, name: str) -> None:
        machine = self.machines[name]
        if machine.holder and name not in machine.holder.live:
            machine.holder = None

    def land(self) -> None:
        """What hung is done at last."""
        effect = self.hanging.pop(0)
        if self.machines[effect[0]].up:
            self._do(effect)

    def power_off(self, name: str, *, for_ever: bool) -> None:
        machine = self.machines[name]
        machine.up = False
        self.hanging = [each for each in self.hanging if each[0] != name]
        for client in self.clients:
            client.live.discard(name)
        machine.holder = None
        if for_ever:
            machine.dead, machine.copies, machine.pods = True, [], {}
            self.harmed = True

    def power_on(self, name: str) -> None:
        self.machines[name].up = not self.machines[name].dead

    def lose_copies(self, name: str) -> None:
        machine = self.machines[name]
        machine.forgetful |= any(each.committed for each in machine.copies)
        machine.copies = []
        self.harmed = True

    def prune(self, name: str) -> None:
        """What does not run is taken."""
        self.machines[name].copies = [each for each in self.machines[name].copies if each.running]

    def change_inventory(self, client: Client, without: Iterable[str]) -> None:
        names = tuple(each for each in self.names if each not in set(without))
        before, client.inventory = client.inventory, names
        if self._lost() > self.tolerance:
            client.inventory = before

    def calm(self, client: Client) -> None:
        """All is well again: nothing may keep anyone from writing, however others broke off."""
        for other in self.clients:
            self.crash(other, "lost")
        for name in self.names:
            self.expire(name)
            self.power_on(name)
        before = client.inventory
        client.inventory = self.names
        if not self.harmed:
            why = self.begin(client, "set", KEYS[0], self.names, 0)
            assert not why, f"nothing is wrong, but nobody may write: {why}"
            self.run(client)
            assert self.stood
        client.inventory = before


def _pod(entry: PodEntry, revision: int) -> ObservedPod:
    return ObservedPod(
        key=entry.key, uid=entry.uid, minion=entry.minion, mark=Mark.COMMITTED, manifest={}, spec_hash="",
        config_hashes={}, placement_reason="", infra=None, containers={}, cluster=CLUSTER, revision=revision,
    )  # fmt: skip


def _stale(document: Document, cluster: Cluster) -> list[ObservedPod]:
    return [pod for pod, _ in staling.stale(document, cluster)]
