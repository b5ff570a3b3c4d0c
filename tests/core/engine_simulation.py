"""A container engine of a few lines: what `next_need` sees and asks for is done here, a second a step.

It starts, ends and restarts containers as the real one was measured to do (its policies, its states); how long a
container runs and how it ends is a script that the test gives.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from observed import NOON, container, infra, pod

from podctl.core.lifecycle import Need, Next, next_need, parts


@dataclass(frozen=True, kw_only=True)
class Life:
    """What one container does at each run: `seconds` None is for ever, `code` then means nothing.

    The first `failures` runs end with 1. Unable: its start fails.
    """

    seconds: int | None = None
    code: int = 0
    failures: int = 0
    unable: bool = False


@dataclass(kw_only=True)
class Engine:
    manifest: dict = field(repr=False)
    lives: dict[str, Life]
    now: object = NOON
    seen: dict = field(default_factory=dict, repr=False)
    infra: object = field(default=None, repr=False)
    starts: list[str] = field(default_factory=list)
    running_at_start: dict[str, tuple[str, ...]] = field(default_factory=dict)  # what was up or done at a first start
    runs: dict[str, int] = field(default_factory=dict)

    def __post_init__(self):
        self.infra = infra(status="created", started_at=None)
        self.policies = {part.name: part.restart_policy for part in parts(self.manifest)}
        self.seen = {name: container(name, "created") for name in self.policies}

    @property
    def pod(self):
        return pod(manifest=self.manifest, infra=self.infra, containers=dict(self.seen))

    def start(self, name: str) -> bool:
        """False when the start fails, as the engine's command then does."""
        self.starts.append(name)
        if not name:
            self.infra = replace(self.infra, status="running", started_at=self.now)
            return True
        self.running_at_start.setdefault(
            name, tuple(n for n, c in self.seen.items() if c.running or (c.status == "exited" and c.exit_code == 0))
        )
        if self.lives[name].unable:
            self.seen[name] = replace(self.seen[name], exit_code=127, error="no such program")
            return False
        self._run(name, restarts=0)
        return True

    def _run(self, name: str, restarts: int) -> None:
        self.runs[name] = self.runs.get(name, 0) + 1
        self.seen[name] = replace(
            self.seen[name], status="running", started_at=self.now, restart_count=restarts, exit_code=0
        )

    def tick(self) -> None:
        self.now += timedelta(seconds=1)
        for name, each in list(self.seen.items()):
            if each.status == "restarting":
                self._run(name, each.restart_count + 1)
            elif each.status == "running":
                self._end(name)

    def _end(self, name: str) -> None:
        life, each = self.lives[name], self.seen[name]
        fails = self.runs[name] <= life.failures
        seconds, code = (1, 1) if fails else (life.seconds, life.code)
        if seconds is None or (self.now - each.started_at).total_seconds() < seconds:
            return
        again = self.policies[name] == "Always" or (self.policies[name] == "OnFailure" and code != 0)
        self.seen[name] = replace(
            each, status="restarting" if again else "exited", exit_code=code, finished_at=self.now
        )

    def power_cut(self, revived: tuple[str, ...]) -> None:
        """The machine is up again: all were killed; the infra container and those `revived` run, the rest is dead."""
        self.now += timedelta(seconds=10)
        self.infra = replace(self.infra, status="running", started_at=self.now)
        for name, each in self.seen.items():
            if each.running or each.status == "restarting":
                dead = replace(each, status="exited", exit_code=255, finished_at=self.now, restart_count=0)
                self.seen[name] = dead
                if name in revived and self.policies[name] != "Never":
                    self._run(name, restarts=0)

    def drive(self, most_seconds: int = 40) -> Next:
        """What `podctl apply` does: asks what is needed, does it, looks again; the last answer."""
        attempted: set[str] = set()
        need = next_need(self.pod, self.now, frozenset(attempted))
        for _ in range(most_seconds * 4):
            if need.need in (Need.READY, Need.FAILED):
                return need
            if need.need is Need.WAIT:
                self.tick()
            attempted |= set(need.containers)
            for name in need.containers:
                if need.need is Need.RESTART:
                    self._run(name, restarts=0)
                elif not self.start(name):
                    return Next(need=Need.FAILED, reason=f"cannot start {name}")
            need = next_need(self.pod, self.now, frozenset(attempted))
        return need
