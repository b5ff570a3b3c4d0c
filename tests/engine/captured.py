"""What real docker command lines answered, in tests/data/docker: `old` is CLI 20.10.24, `new` 28.2.2, both asking a
dockerd 20.10.24 on which podctl had made some Pods beside containers of a stranger's."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).parent.parent / "data" / "docker"
CLIENTS = ("old", "new")
NOW = "1795366039"  # the Minion's clock when they were asked


def captured(client: str, name: str) -> str:
    return (DATA / client / f"{name}.txt").read_text()
