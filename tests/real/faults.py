"""What tests of crashes and silence need: docker commands that stop at a chosen one, and what is left on a Minion."""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from waiting import wait_for

from podctl.engine.sandbox import IMAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from podctl.engine.sandbox import SandboxMinion

LONG = bool(os.environ.get("PODCTL_LONG"))  # `make test-long`: every point, many seeds, what is marked `long`


# --------------------------------------------------------------------------------------- docker, stopped at a command

_GATE = """\
#!/bin/sh
# docker as SSH sessions see it: notes every command that changes something, and stops at the chosen one.
PATH=${PATH#/run/sandbox/bin:}
gate=/run/sandbox/gate
[ -n "$SSH_CONNECTION" ] || exec docker "$@"
case "$1 $2" in
    create\\ *|run\\ *|start\\ *|stop\\ *|restart\\ *|rm\\ *|rename\\ *|update\\ *) note=$1 ;;
    cp\\ -|load\\ *|exec\\ *|pull\\ *) note=$1 ;;
    volume\\ create|volume\\ rm|network\\ create|network\\ rm) note="$1 $2" ;;
    *) exec docker "$@" ;;
esac
echo "$note" >>$gate/log
[ "$(wc -l <$gate/log)" = "$(cat $gate/at)" ] || exec docker "$@"
: >$gate/reached
while [ -e $gate/shut ]; do sleep 0.02; done
exec docker "$@"
"""


class Gate:
    """Stands before docker on one Minion: at the `at`th changing command of SSH sessions it stays shut; 0: never."""

    def __init__(self, minion: SandboxMinion, at: int = 0) -> None:
        self.minion = minion
        self._folder = minion.folder / "gate"
        self._program = minion.folder / "bin" / "docker"
        self._at = at

    def __enter__(self) -> Self:
        self._folder.mkdir(exist_ok=True)
        for name in ("log", "reached"):
            (self._folder / name).unlink(missing_ok=True)
        (self._folder / "log").touch()
        (self._folder / "shut").touch()
        (self._folder / "at").write_text(f"{self._at}\n")
        draft = self._folder / "docker"
        draft.write_text(_GATE)
        draft.chmod(0o755)
        draft.rename(self._program)
        return self

    def __exit__(self, *_: object) -> None:
        self._program.unlink(missing_ok=True)
        self.open()

    def open(self) -> None:
        (self._folder / "shut").unlink(missing_ok=True)

    @property
    def reached(self) -> bool:
        return (self._folder / "reached").exists()

    @property
    def awaited(self) -> bool:
        """Whether it has a point that is still to come."""
        return self._at > 0 and not self.reached

    @property
    def commands(self) -> list[str]:
        """The changing commands of SSH sessions so far."""
        return (self._folder / "log").read_text().splitlines()


# ------------------------------------------------------------------------------------------- what is left on a Minion

_OF_SESSIONS = """\
cd /proc; for p in [0-9]*; do
    grep -qz ^SSH_CONNECTION= $p/environ 2>/dev/null && tr '\\0' ' ' <$p/cmdline && echo
done; true
"""


def of_sessions(minion: SandboxMinion) -> list[str]:
    """The command lines of all that runs on the Minion by SSH: whatever a session starts inherits its mark."""
    return [line for line in minion.run(["sh", "-c", _OF_SESSIONS]).stdout.splitlines() if line.strip()]


def lock_is_free(minion: SandboxMinion) -> bool:
    return minion.run(["flock", "-n", "/run", "true"], check=False).returncode == 0


def nothing_of_ours(minion: SandboxMinion) -> bool:
    """The leftovers of a killed podctl: no process of a session, no lock, no docker client."""
    return not of_sessions(minion) and lock_is_free(minion)


def wait_until_gone(minions: Iterable[SandboxMinion], seconds: float = 5) -> None:
    """What design promises for a killed podctl: five seconds later nothing of it is on any Minion."""
    deadline = time.monotonic() + seconds
    for minion in minions:
        if minion.running:
            left = deadline - time.monotonic()
            wait_for(lambda minion=minion: nothing_of_ours(minion), f"{minion.name} is left alone", max(left, 0.1))


@dataclass(frozen=True)
class Logins:
    """What sshd has logged since `before`: connections that logged in, and commands that were started on them."""

    connections: int
    commands: int


def logins(minion: SandboxMinion, before: int = 0) -> Logins:
    log = (minion.folder / "sshd.log").read_text(errors="replace")[before:]
    return Logins(log.count("Accepted publickey for "), len(re.findall(r"Starting session: (?:command|shell)", log)))


def log_end(minion: SandboxMinion) -> int:
    return len((minion.folder / "sshd.log").read_text(errors="replace"))


# --------------------------------------------------------------------------------------------------- what is there now

Seen = dict[str, dict[str, object]]


def _inspected(minion: SandboxMinion, kind: str, names: list[str]) -> list[dict]:
    return json.loads(minion.docker(kind, "inspect", *names).stdout) if names else []


def state_of(minion: SandboxMinion, namespace: str) -> dict[str, object]:
    """All that a namespace has on a Minion, with Pod names in the place of uids: equal for equal Pods.

    Containers with their state and their place in the Pod, volumes with the mode, group and files of each.
    """
    label = f"label=podctl.namespace={namespace}"
    containers = _inspected(minion, "container", minion.docker("ps", "-aq", "--filter", label).stdout.split())
    volumes = _inspected(minion, "volume", minion.docker("volume", "ls", "-q", "--filter", label).stdout.split())
    uids = {each["Config"]["Labels"]["podctl.uid"]: each["Config"]["Labels"]["podctl.pod"] for each in containers}
    infras = {each["Id"]: each["Name"] for each in containers}

    def plain(text: str) -> str:
        for uid, pod in uids.items():
            text = text.replace(uid, f"<{pod}>")
        return text.removeprefix("/").replace(namespace, "<ns>")

    return {
        **{plain(each["Name"]): _container(each, uids, infras, plain) for each in containers},
        **{plain(each["Name"]): _volume(minion, each["Mountpoint"]) for each in volumes},
    }


def _container(
    raw: dict, uids: Mapping[str, str], infras: Mapping[str, str], plain: Callable[[str], str]
) -> tuple[str, ...]:
    beside = raw["HostConfig"]["NetworkMode"].removeprefix("container:")
    return (
        raw["State"]["Status"],
        str(raw["State"]["ExitCode"]),
        raw["HostConfig"]["RestartPolicy"]["Name"],
        uids[raw["Config"]["Labels"]["podctl.uid"]],
        plain(infras.get(beside, beside)),
    )


def _volume(minion: SandboxMinion, mountpoint: str) -> list[str]:
    """Mode, owner, group and path of the root and of all files below it, ConfigMaps' contents included."""
    listing = "cd \"$1\" && find . -printf '%m %U %G %p\\n' | sort; find . -type f -exec cat {} +"
    return minion.run(["sh", "-c", listing, "sh", mountpoint]).stdout.splitlines()


# ----------------------------------------------------------------------------------------------------------- manifests

KEEPS_RUNNING = "trap 'exit 0' TERM; sleep 100000 & wait"


def full_pod(name: str, minion: str, text: str) -> str:
    """A Pod with an init container, two containers, a claim and other volumes; `text` stands in all of them."""
    return f"""\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: {name}}}
spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Mi}}}}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: {name}}}
data: {{text: "{text}"}}
---
apiVersion: v1
kind: Secret
metadata: {{name: {name}}}
stringData: {{word: "secret {text}"}}
---
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  nodeName: {minion}
  terminationGracePeriodSeconds: 5
  initContainers:
  - name: first
    image: {IMAGE}
    command: [sh, -c, "cp /config/text /scratch/text"]
    volumeMounts: [{{name: config, mountPath: /config}}, {{name: scratch, mountPath: /scratch}}]
  containers:
  - name: one
    image: {IMAGE}
    command: [sh, -c, "{KEEPS_RUNNING}"]
    env: [{{name: WORD, valueFrom: {{secretKeyRef: {{name: {name}, key: word}}}}}}]
    lifecycle: {{preStop: {{exec: {{command: ["true"]}}}}}}
    volumeMounts: [{{name: data, mountPath: /data}}, {{name: scratch, mountPath: /scratch}}]
  - name: two
    image: {IMAGE}
    command: [sh, -c, "{KEEPS_RUNNING}"]
    volumeMounts: [{{name: secret, mountPath: /secret}}]
  volumes:
  - {{name: data, persistentVolumeClaim: {{claimName: {name}}}}}
  - {{name: config, configMap: {{name: {name}}}}}
  - {{name: secret, secret: {{secretName: {name}}}}}
  - {{name: scratch, emptyDir: {{}}}}
---
"""


def small_pod(name: str, minion: str = "", containers: int = 1) -> str:
    """A Pod of containers that run on and stop at once."""
    place = f"  nodeName: {minion}\n" if minion else ""
    parts = "".join(
        f"""\
  - name: c{number}
    image: {IMAGE}
    command: [sh, -c, "{KEEPS_RUNNING}"]
"""
        for number in range(containers)
    )
    return f"""\
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
{place}  terminationGracePeriodSeconds: 5
  containers:
{parts}---
"""
