"""What is free on every Minion, in numbers, and the ports and rarer resources that the batch asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.minion_traits import PODS_PER_MINION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.placement.model import Candidate, Demand, HostPort

_PODS = "pods"  # counted like an extended resource, where a Minion could run out of them


class Supply:
    """Lists by Minion. Nothing is below 0: what asks for nothing fits an over-committed Minion, too."""

    def __init__(self, minions: Sequence[Candidate], demands: Sequence[Demand]) -> None:
        self.total_cpu = [_left(each.capacity.cpu_millis, each.reserved.cpu_millis) for each in minions]
        self.total_memory = [_left(each.capacity.memory_bytes, each.reserved.memory_bytes) for each in minions]
        self.cpu = [
            max(total - sum(used.cpu_millis for used in each.used), 0)
            for total, each in zip(self.total_cpu, minions, strict=True)
        ]
        self.memory = [
            max(total - sum(used.memory_bytes for used in each.used), 0)
            for total, each in zip(self.total_memory, minions, strict=True)
        ]
        free_pods = [_free_pods(each) for each in minions]
        names = sorted({name for each in demands for name in each.extended})
        self.extras = [[_free(each, name) for each in minions] for name in names]
        self._counts_pods = self._could_run_out(free_pods, demands)
        if self._counts_pods:
            self.extras.append(free_pods)
            names.append(_PODS)
        self._number = {name: number for number, name in enumerate(names)}
        self._ports = _Ports(demands, minions)
        self.taken = self._ports.taken

    def extras_of(self, demand: Demand) -> tuple[tuple[int, int], ...]:
        asked = tuple((self._number[name], amount) for name, amount in sorted(demand.extended.items()))
        return (*asked, (self._number[_PODS], 1)) if self._counts_pods else asked

    def ports_of(self, demand: Demand) -> int:
        return self._ports.bits(demand)

    def clash_of(self, demand: Demand) -> int:
        return self._ports.clashes(demand)

    def _could_run_out(self, free_pods: Sequence[int], demands: Sequence[Demand]) -> bool:
        """Whether the number of Pods could be the limit on some Minion before cpu or memory is."""
        cpu = min((each.cpu_millis for each in demands), default=0)
        memory = min((each.memory_bytes for each in demands), default=0)
        for at, pods in enumerate(free_pods):
            most = [len(demands)]
            most += [self.cpu[at] // cpu] if cpu else []
            most += [self.memory[at] // memory] if memory else []
            if min(most) > pods:
                return True
        return False


class _Ports:
    """Host ports as bits: one for each port that the batch or what clashes with it has."""

    def __init__(self, demands: Sequence[Demand], minions: Sequence[Candidate]) -> None:
        wanted = dict.fromkeys(port for each in demands for port in each.host_ports)
        numbers = {(port.port, port.protocol) for port in wanted}
        held = [
            [port for used in each.used for port in used.host_ports if (port.port, port.protocol) in numbers]
            for each in minions
        ]
        known = sorted({*wanted, *(port for ports in held for port in ports)}, key=str)
        self._bit: dict[HostPort, int] = {port: 1 << at for at, port in enumerate(known)}
        alike: dict[tuple[int, str], list[HostPort]] = {}
        for port in known:
            alike.setdefault((port.port, port.protocol), []).append(port)
        self._clash = {
            port: sum(self._bit[other] for other in alike[port.port, port.protocol] if port.clashes(other))
            for port in wanted
        }
        self.taken = [sum({self._bit[port] for port in ports}) for ports in held]

    def bits(self, demand: Demand) -> int:
        return sum({self._bit[port] for port in demand.host_ports}) if demand.host_ports else 0

    def clashes(self, demand: Demand) -> int:
        found = 0
        for port in demand.host_ports:
            found |= self._clash[port]
        return found


def _left(total: int | None, reserved: int | None) -> int:
    return max((total or 0) - (reserved or 0), 0)


def _free_pods(minion: Candidate) -> int:
    most = PODS_PER_MINION if minion.capacity.pods is None else minion.capacity.pods
    return max(most - (minion.reserved.pods or 0) - sum(used.pods for used in minion.used), 0)


def _free(minion: Candidate, name: str) -> int:
    total = minion.capacity.extended.get(name, 0) - minion.reserved.extended.get(name, 0)
    return max(total - sum(used.extended.get(name, 0) for used in minion.used), 0)
