"""Minions that keep Documents: docker as far as that takes, in memory."""

from __future__ import annotations

import json

from observed import NOON

from podctl.core.document.model import Caller
from podctl.core.model import Inventory, Minion
from podctl.engine.session import Session
from podctl.errors import LinkLostError
from podctl.transport.fake import FakeTransport

NAMES = ("alpha", "bravo", "charlie")
ALICE = Caller(who="alice@laptop", command="apply -f web.yaml", git="abc123")
FACTS = {
    "cpus": 4, "memory": 8 << 30, "os": "Debian", "kernel": "6.1", "architecture": "x86_64", "security": [],
}  # fmt: skip
LOOK = {
    "list the volumes": "",
    "ask the engine for its version and capacity": '{"version":"20.10.24","api":"1.41"}\n' + json.dumps(FACTS),
    "read resolv.conf": "",
    "read the address": "192.0.2.11\n",
    "read the clock": f"{NOON.timestamp():.0f}\n",
}
CHANGES = ("check that", "write", "commit", "start", "remove", "create", "mark", "stop")


class Keeper(FakeTransport):
    """`copies` are the labels of the Document's containers, by name. Steps whose title begins with `refuses` fail.

    `seen` are answers by title, those about containers without the copies.
    `dies_at` is the beginning of the title of the step at which its link breaks, before anything is done.
    """

    def __init__(self, name, *, refuses=None, dies_at=None, seen=None):
        super().__init__(Minion(name=name), self.reply)
        self.seen = {title: (0, text.encode(), b"") for title, text in LOOK.items()} | (seen or {})
        self.copies = {}
        self.started = set()
        self.refuses = refuses
        self.dies_at = dies_at

    def reply(self, step):
        if self.refuses and step.title.startswith(self.refuses):
            return 1, b"", b"no space left on device"
        if self.dies_at and step.title.startswith(self.dies_at):
            self.dead = True
            raise LinkLostError(f"Minion {self.minion.name}: {step.title}: the connection ended")
        words = step.script.text.split()
        if step.title == "list the containers":
            _, others, _ = self.seen.get(step.title, (0, b"", b""))
            return 0, others + "".join(map(self._line, self.copies)).encode(), b""
        if step.title.startswith("write the Document"):
            name = words[words.index("--name") + 1]
            if name in self.copies:
                return 1, b"", b"the container name is in use"
            pairs = (line.partition("=") for line in step.files[3].splitlines())
            self.copies[name] = {key: value for key, _, value in pairs}
            if self.refuses == "start":
                return 125, b"", b"cannot start the container"
            self.started.add(name)
        elif step.title.startswith(("commit the Document", "mark the Document")):
            old, new = step.script.shown.split()[-2:]
            self.copies[new] = self.copies.pop(old)
        elif step.title.startswith("remove older copies"):
            self.copies = {name: own for name, own in self.copies.items() if not {name, f"id-{name}"} & {*words}}
        return self.seen.get(step.title, (0, b"", b""))

    def _line(self, name):
        raw = {
            "id": f"id-{name}", "name": f"/{name}", "image": "i", "image_id": "sha256:feed",
            "status": "created" if name.endswith(".new") and name not in self.started else "running",
            "exit_code": 0, "error": "", "oom_killed": False, "restart_count": 0, "created": "2026-01-01T00:00:00Z",
            "started": "2026-01-01T00:00:01.5Z", "finished": "0001-01-01T00:00:00Z", "networks": {},
            "labels": self.copies[name], "ports": {}, "mounts": [], "nano_cpus": 0, "quota": 0, "period": 0,
            "memory": 0, "network_mode": "none",
        }  # fmt: skip
        return json.dumps(raw) + "\n"

    @property
    def names(self):
        """Its copies, without what they all begin with."""
        return tuple(sorted(name.split("_", 2)[2] for name in self.copies))

    @property
    def changes(self):
        """The titles of the steps that change something, or could."""
        return [step.title for step in self.steps if step.title.startswith(CHANGES)]


def session(keepers, names=NAMES, cluster="shop"):
    """Of these Minions; where another stands in the place of a Keeper, it is the error with which it is not reached."""
    minions = tuple(Minion(name=name) for name in names)
    return Session(Inventory(cluster=cluster, minions=minions, source="shop.yaml"), keepers, caller=ALICE)
