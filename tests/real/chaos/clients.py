"""podctl as a process that is watched: what it was told, what it said, how it ended."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import yaml

_TOO_LONG_SECONDS = 150  # no command of a schedule may take that long: its deadlines are far shorter
SOURCES = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    argv: tuple[str, ...]
    began: int  # nanoseconds since the epoch
    ended: int
    code: int  # negative: killed by that signal
    out: str
    err: str

    @property
    def seconds(self) -> float:
        return (self.ended - self.began) / 1e9

    def __str__(self) -> str:
        head = f"{self.began // 10**9 % 1000:03d}.{self.began // 10**6 % 1000:03d}"
        text = "".join(f"\n      {line}" for line in (self.out + self.err).splitlines())
        return f"{head} +{self.seconds:.1f} s: podctl {' '.join(self.argv)} -> {self.code}{text}"


@dataclass
class Client:
    """Runs one podctl after the other. `kill` may come from another thread at any time."""

    inventory: Path
    home: Path
    name: str = "client"
    sources: Path = SOURCES  # the checkout whose podctl runs
    answers: list[Answer] = field(default_factory=list)
    _process: subprocess.Popen[str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, *argv: str, stdin: str = "", limit_seconds: float = _TOO_LONG_SECONDS) -> Answer:
        began = time.time_ns()
        process = self.start(*argv)
        with self._lock:
            self._process = process
        try:
            out, err = process.communicate(stdin, timeout=limit_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            err += f"\nCHAOS: it did not end within {limit_seconds} s"
        with self._lock:
            self._process = None
        answer = Answer(argv=argv, began=began, ended=time.time_ns(), code=process.returncode, out=out, err=err)
        self.answers.append(answer)
        return answer

    def start(self, *argv: str) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
        return subprocess.Popen(
            [sys.executable, "-m", "podctl", *argv], text=True, cwd=self.sources,
            start_new_session=True,  # a Ctrl-C at the suite's terminal is not for it
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**environment, "PODCTL_INVENTORY": str(self.inventory), "HOME": str(self.home), "USER": self.name},
        )  # fmt: skip

    def kill(self) -> bool:
        """SIGKILL; whether there was a process."""
        with self._lock:
            if self._process:
                self._process.kill()
            return bool(self._process)


_NOT_OURS = ("XDG_CONFIG_HOME", "SSH_AUTH_SOCK")


def inventory(like: Path, into: Path, cluster: str, *, cpu_millis: int, **defaults: object) -> Path:
    """The sandbox's inventory with a cluster of its own, Minions of that size, and these defaults."""
    told = yaml.safe_load(like.read_text())
    told["cluster"] = cluster
    told["defaults"] |= {
        "identity_file": str(like.parent / told["defaults"]["identity_file"]),
        "known_hosts": str(like.parent / told["defaults"]["known_hosts"]),
        "connect_timeout": 3,
        **defaults,
    }
    told["minions"] = {
        name: {**each, "capacity": {"cpu": f"{cpu_millis}m", "memory": "1Gi", "pods": 50}}
        for name, each in told["minions"].items()
    }
    path = into / f"{cluster}.yaml"
    path.write_text(yaml.safe_dump(told))
    return path
