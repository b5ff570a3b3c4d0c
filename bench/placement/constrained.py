"""KX: apps with selectors, taints, host ports, anti-affinity, zone spread and priority."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.placement.batch import Batch, demand, minion
from bench.placement.draws import Draws
from bench.placement.kubelike import ALIKE, MIXED, REPLICAS, app_size
from podctl.core.model import Taint
from podctl.core.placement import HostPort, PodTerm, Spread, Toleration
from podctl.core.selectors import Requirement

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Hosts: name cpu mem labels taints ucpu umem. Pods: name cpu mem app prio ports sel tol anti spread."""

    hosts: list[Row]
    pods: list[Row]


def constrained(pods: int, hosts: int, seed: int, *, mixed: bool = False, load: float = 0.0) -> Rows:
    """30 % of the hosts are ssd, 10 % are kept for db; apps: 30 % one a host, 15 % want ssd, 8 % tolerate db,
    10 % want one of 20 host ports, 15 % spread over three zones, 10 % have priority 10.
    """
    draws = Draws(110000017 + 101 * pods + 7 * hosts + 31 * seed + 3 * mixed + int(load * 1000))
    rows = Rows(hosts=[_host(draws, number, mixed=mixed, load=load) for number in range(hosts)], pods=[])
    app = 0
    while len(rows.pods) < pods:
        rows.pods.extend(_replicas(draws, f"a{app}", pods - len(rows.pods)))
        app += 1
    return rows


def batch_of_rows(name: str, rows: Rows) -> Batch:
    return Batch(
        name=name,
        demands=tuple(map(_demand, rows.pods)),
        candidates=tuple(
            minion(
                row["name"],
                (row["cpu"], row["mem"]),
                (row["ucpu"], row["umem"]),
                labels={**row["labels"], "kubernetes.io/hostname": row["name"]},
                taints=tuple(Taint(key=text.split("=")[0], value=text.split("=")[1]) for text in row["taints"]),
            )
            for row in rows.hosts
        ),
    )


def _host(draws: Draws, number: int, *, mixed: bool, load: float) -> Row:
    cpu, memory = draws.pick(MIXED if mixed else ALIKE)
    labels = {"zone": f"z{number % 3}", "disk": "ssd" if draws.share() < 0.3 else "hdd"}
    taints = ("dedicated=db",) if draws.share() < 0.1 else ()
    used = (0, 0)
    if draws.share() < load:
        used = (cpu * draws.whole(20, 80) // 100, memory * draws.whole(20, 80) // 100)
    name = f"m{number:04d}"
    return {
        "name": name, "cpu": cpu, "mem": memory, "labels": labels, "taints": taints, "ucpu": used[0], "umem": used[1],
    }  # fmt: skip


def _replicas(draws: Draws, app: str, most: int) -> list[Row]:
    cpu, memory = app_size(draws)
    replicas = min(draws.pick(REPLICAS), most)
    kind = draws.share()
    row: Row = {"cpu": cpu, "mem": memory, "app": app, "prio": 0, "ports": (), "sel": (), "tol": (), "anti": ()}
    if draws.share() < 0.30:
        row["anti"] = (app,)
    if kind < 0.15:
        row["sel"] = (("disk", "ssd"),)
    elif kind < 0.23:
        row["tol"] = ("dedicated=db",)
    elif kind < 0.33:
        row["ports"] = (8000 + draws.whole(0, 19),)
        replicas = min(replicas, 3)
    spreads = draws.share() < 0.15 and replicas > 1
    row["prio"] = 10 if draws.share() < 0.1 else 0
    return [{"name": f"{app}-{n}", **row, "spread": ("zone", 1) if spreads else None} for n in range(replicas)]


def _demand(row: Row) -> Any:
    own = (Requirement(key="app", operator="In", values=(row["app"],)),)
    host = PodTerm(topology_key="kubernetes.io/hostname", selector=own, namespaces=("default",))
    return demand(
        row["name"],
        (row["cpu"], row["mem"]),
        labels={"app": row["app"]},
        group=row["app"],
        priority=row["prio"],
        host_ports=tuple(HostPort(port=port) for port in row["ports"]),
        node_selector=dict(row["sel"]),
        tolerations=tuple(Toleration(key="dedicated", value=text.split("=")[1]) for text in row["tol"]),
        apart=(host,) if row["anti"] else (),
        spreads=(Spread(topology_key="zone", max_skew=1, selector=own),) if row["spread"] else (),
    )
