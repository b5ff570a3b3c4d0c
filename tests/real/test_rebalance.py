"""rebalance on real Minions: fewer of them for the same Pods, or room for one that waits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from moving import inventory, leftovers, places, pod


@pytest.fixture
def podctl(podctl, sandbox, tmp_path):
    """With Minions of 600m, on whatever machine the sandbox is."""
    return replace(podctl, inventory=inventory(sandbox, tmp_path, r"\{cpu: \w+,", "{cpu: 600m,"))


def applied(podctl, namespace, manifests, code=0):
    done = podctl("apply", "-n", namespace, "-f", "-", input=manifests)
    assert done.returncode == code, done.stderr


def test_a_minion_becomes_free_by_the_fewest_moves(podctl, sandbox, namespace):
    podctl("cordon", "bravo", "charlie")
    applied(podctl, namespace, pod("a1") + pod("a2"))
    podctl("uncordon", "charlie")
    podctl("cordon", "alpha")
    applied(podctl, namespace, pod("c1"))
    podctl("uncordon", "alpha", "bravo")
    before = {"a1": ["alpha"], "a2": ["alpha"], "c1": ["charlie"]}
    assert places(sandbox, namespace) == before
    planned = podctl("rebalance", "--plan")
    assert (planned.returncode, planned.stdout) == (
        0, "pod/c1 moves from charlie to alpha: it leaves charlie free\n",
    ), planned.stderr  # fmt: skip
    assert planned.stderr == "charlie becomes free\n1 move; 2 Minions in use become 1\n"
    assert places(sandbox, namespace) == before
    done = podctl("rebalance")
    assert (done.returncode, done.stdout) == (0, "pod/c1 moved from charlie to alpha\n"), done.stderr
    assert places(sandbox, namespace) == {"a1": ["alpha"], "a2": ["alpha"], "c1": ["alpha"]}
    assert leftovers(sandbox, namespace) == []
    again = podctl("rebalance")
    assert (again.returncode, again.stdout) == (0, "")
    assert again.stderr == "nothing to move; 1 Minion in use\n"


def test_a_pod_that_waits_gets_room_and_is_made(podctl, sandbox, namespace):
    podctl("cordon", "bravo", "charlie")
    applied(podctl, namespace, pod("small", "250m") + pod("tiny", "50m"))
    podctl("uncordon", "bravo", "charlie")
    applied(podctl, namespace, pod("big", "400m", spec="nodeSelector: {zone: a}"), code=3)
    assert "big" not in places(sandbox, namespace)
    done = podctl("rebalance")
    small = [line for line in done.stdout.splitlines() if line.startswith("pod/small moved from alpha to ")]
    assert (done.returncode, done.stdout.splitlines()) == (0, [*small, "pod/big created"]), done.stderr
    assert f"pod {namespace}/big gets a place on alpha" in done.stderr
    assert places(sandbox, namespace)["big"] == ["alpha"]


def test_pods_with_data_on_their_minion_are_not_moved_for_the_sake_of_another(podctl, sandbox, namespace):
    cache = pod("cache", "250m", spec="volumes: [{name: v, emptyDir: {}}]")
    podctl("cordon", "bravo", "charlie")
    applied(podctl, namespace, cache + pod("tiny", "50m"))
    podctl("uncordon", "bravo", "charlie")
    applied(podctl, namespace, pod("big", "400m", spec="nodeSelector: {zone: a}"), code=3)
    done = podctl("rebalance", "--plan")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "nothing to move; 1 Minion in use\n")
