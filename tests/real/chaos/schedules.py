"""What happens in one schedule, all drawn from its seed: two clients' commands, faults, and what is wanted last."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum

IMAGE = "sandbox/busybox:1"
NOWHERE = "127.0.0.1:1/nowhere:1"  # refused at once
MINIONS = ("alpha", "bravo", "charlie")
CPU_MILLIS = 1400  # of each Minion: enough for all that can be beside each other, not for a copy that is forgotten
PORT = 8080
VERSIONS = (1, 2, 3)
_ZONES = {2: "b", 3: "c"}  # of a roaming Pod's versions: an update moves it


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a Pod of the pool asks for, whatever its version."""

    cpu_millis: int
    port: int = 0
    claim: bool = False
    roams: bool = False  # its versions belong to different Minions

    @property
    def movable(self) -> bool:
        """Whether a move may start it before the old one stops."""
        return not self.port and not self.claim


POOL = {
    "api": Kind(cpu_millis=200, roams=True),
    "big": Kind(cpu_millis=600),
    "data": Kind(cpu_millis=200, claim=True),
    "door": Kind(cpu_millis=100, port=PORT),
    "gate": Kind(cpu_millis=100, port=PORT),  # can never be beside door
    "greedy": Kind(cpu_millis=9000),  # fits nowhere
    "web": Kind(cpu_millis=300, roams=True),
}
_DESIRABLE = [name for name, kind in POOL.items() if kind.cpu_millis < CPU_MILLIS]


class Verb(StrEnum):
    APPLY = "apply"
    DELETE = "delete"
    CORDON = "cordon"
    UNCORDON = "uncordon"
    DRAIN = "drain"
    REFUSED = "apply of an image that is nowhere"
    REPAIR = "health --repair"
    FAILOVER = "health --repair --failover"


class Trouble(StrEnum):
    KILL = "kill -9 of podctl"
    KILL_AT_STEP = "kill -9 of podctl at a step"
    POWER_CUT = "power cut"
    LINK_CUT = "link cut for seconds"
    LINK_GONE = "link cut for good"
    DOCKER_RESTART = "dockerd restart"
    DOCKER_STOPPED = "SIGSTOP of dockerd"
    SSHD_STOPPED = "SIGSTOP of sshd"
    DISK_FULL = "disk full"
    PORT_TAKEN = "port taken"
    SKEW = "date off by hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Op:
    """One command of a client. `pods`: names with versions."""

    verb: Verb
    pods: tuple[tuple[str, int], ...] = ()
    minion: str = ""
    wait: bool = False
    pause_seconds: float = 0

    def __str__(self) -> str:
        return f"{self.verb} {_named(self.pods) or self.minion}{' and wait' if self.wait else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`seconds` long, from `at_seconds` after the clients began; `number`: whom, which step, or how far off."""

    trouble: Trouble
    at_seconds: float
    minion: str = ""
    seconds: float = 0
    number: int = 0

    def __str__(self) -> str:
        return f"{self.at_seconds:.1f} s: {self.trouble} {self.minion} {self.number or ''} for {self.seconds:.1f} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    seed: int
    before: tuple[tuple[str, int], ...]  # what runs when all begins
    clients: tuple[tuple[Op, ...], ...]
    faults: tuple[Fault, ...]
    desired: tuple[tuple[str, int], ...]

    @property
    def fails_over(self) -> bool:
        """Whether a client gives silent Minions up: then a second copy may run while one of them is."""
        return any(op.verb is Verb.FAILOVER for mine in self.clients for op in mine)

    def __str__(self) -> str:
        ops = [f"  client {n}: {'; '.join(map(str, each))}" for n, each in enumerate(self.clients)]
        faults = [f"  fault at {each}" for each in self.faults]
        before = f"  before: {_named(self.before)}"
        return "\n".join([f"schedule {self.seed}", before, *ops, *faults, f"  wanted last: {_named(self.desired)}"])


def _named(pods: tuple[tuple[str, int], ...]) -> str:
    return ", ".join(f"{name} v{version}" for name, version in pods)


_OPS = [Verb.APPLY] * 6 + [Verb.DELETE] * 2 + [Verb.CORDON, Verb.UNCORDON, Verb.DRAIN, Verb.DRAIN, Verb.REFUSED]
_LAST_FAULT_SECONDS = 6.0


def schedule(seed: int) -> Schedule:
    """The same for the same seed, always."""
    chance = random.Random(seed)
    clients = tuple(tuple(_op(chance, first=not n) for n in range(chance.randint(2, 3))) for _client in range(2))
    clients = _with_repairs(random.Random(f"repairs of {seed}"), clients)  # drawn apart: all else is as it was
    troubles = [chance.choice(list(Trouble)) for _ in range(chance.randint(1, 3))]
    faults = tuple(sorted((_fault(chance, each) for each in troubles), key=lambda each: each.at_seconds))
    desired = _some(chance, _DESIRABLE, 2, len(_DESIRABLE))
    before = tuple((name, 1) for name, _ in _some(chance, _DESIRABLE, 3, len(_DESIRABLE)))
    return Schedule(seed=seed, before=before, clients=clients, faults=faults, desired=desired)


def _some(chance: random.Random, names: list[str], least: int, most: int) -> tuple[tuple[str, int], ...]:
    """Names with versions."""
    chosen = sorted(chance.sample(names, chance.randint(least, most)))
    return tuple((name, chance.choice(VERSIONS)) for name in chosen)


def _op(chance: random.Random, *, first: bool) -> Op:
    verb = Verb.APPLY if first else chance.choice(_OPS)
    pause = chance.uniform(0, 0.8)
    if verb in (Verb.CORDON, Verb.UNCORDON, Verb.DRAIN):
        return Op(verb=verb, minion=chance.choice(MINIONS), pause_seconds=pause)
    pods = _some(chance, list(POOL), 1, 5 if verb is Verb.APPLY else 2)
    return Op(verb=verb, pods=pods, pause_seconds=pause, wait=chance.random() < 0.3)


def _with_repairs(chance: random.Random, clients: tuple[tuple[Op, ...], ...]) -> tuple[tuple[Op, ...], ...]:
    """Three of four schedules have repairs among their commands; in every tenth these fail over what is silent."""
    verb = Verb.FAILOVER if chance.random() < 0.1 else Verb.REPAIR
    if chance.random() < 0.25:
        return clients
    found = []
    for mine in clients:
        repairs = [Op(verb=verb, pause_seconds=chance.uniform(0, 0.8)) for _ in range(chance.randint(0, 2))]
        ops = list(mine)
        for each in repairs:
            ops.insert(chance.randint(1, len(ops)), each)
        found.append(tuple(ops))
    return tuple(found)


def _fault(chance: random.Random, trouble: Trouble) -> Fault:
    number = {
        Trouble.KILL: chance.randint(0, 1),
        Trouble.KILL_AT_STEP: chance.randint(1, 25),
        Trouble.SKEW: chance.choice((-26, -3, 3, 26)),
    }.get(trouble, 0)
    longest = 10 if trouble in (Trouble.POWER_CUT, Trouble.LINK_CUT) else 4
    seconds = 60.0 if trouble is Trouble.LINK_GONE else chance.uniform(0.3, longest)
    return Fault(
        trouble=trouble, at_seconds=chance.uniform(0, _LAST_FAULT_SECONDS), minion=chance.choice(MINIONS),
        seconds=seconds, number=number,
    )  # fmt: skip


# ----------------------------------------------------------------------------------------------------------- manifests

_POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{suite: chaos}}}}
spec:
  terminationGracePeriodSeconds: 3
  containers:
  - name: app
    image: {image}
    command: [sh, -c, "trap 'exit 0' TERM; sleep 100000 & wait"]
    env: [{{name: VERSION, value: "{version}"}}]
    resources: {{requests: {{cpu: {cpu}m, memory: 8Mi}}}}
{more}---
"""
_ZONE = "  nodeSelector: {{zone: {zone}}}\n"
_PORT = "    ports: [{{containerPort: 80, hostPort: {port}}}]\n"
_MOUNT = """\
    volumeMounts: [{{name: data, mountPath: /data}}]
  volumes: [{{name: data, persistentVolumeClaim: {{claimName: {name}}}}}]
"""
_CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: {name}, labels: {{suite: chaos}}}}
spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Mi}}}}}}
---
"""


def manifest(name: str, version: int, image: str = IMAGE) -> str:
    kind = POOL[name]
    more = (_PORT.format(port=kind.port) if kind.port else "") + (_MOUNT.format(name=name) if kind.claim else "")
    more += _ZONE.format(zone=_ZONES[version]) if kind.roams and version in _ZONES else ""
    text = _POD.format(name=name, version=version, image=image, cpu=kind.cpu_millis, more=more)
    return (_CLAIM.format(name=name) if kind.claim else "") + text


def manifests(pods, image: str = IMAGE) -> str:
    return "".join(manifest(name, version, image) for name, version in pods)
