"""Fail-over and return: the stale copy goes before anything is made there, and given-up data is not found again."""

from __future__ import annotations

import pytest
import yaml
from copies import NAMES, is_everywhere_alike, pods_on
from faults import Gate, small_pod

DATA = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
---
"""


def apply(podctl, namespace, manifests, *flags):
    return podctl("apply", "-n", namespace, *flags, "-f", "-", input=manifests)


def test_the_first_command_after_a_return_stops_the_stale_copy_before_it_makes_anything_there(
    podctl, sandbox, namespace
):
    assert apply(podctl, namespace, small_pod("moved", "charlie")).returncode == 0
    sandbox["charlie"].kill()
    done = apply(podctl, namespace, small_pod("moved"), "--failover", "--dry-run")
    assert "a copy may still run there" in done.stderr
    done = apply(podctl, namespace, small_pod("moved"), "--failover")
    assert (done.returncode, done.stdout) == (4, "pod/moved created\n"), done.stderr
    assert "note: pod/moved is made anew on " in done.stderr
    assert "charlie is silent: " in done.stderr

    sandbox.start("charlie")
    with Gate(sandbox["charlie"]) as gate:
        done = apply(podctl, namespace, small_pod("other", "charlie"))
        assert (done.returncode, done.stdout) == (0, "pod/other created\n"), done.stderr
    made = [at for at, word in enumerate(gate.commands) if word == "create"][-2:]  # the two containers of its Pod
    assert gate.commands.index("update") < made[0], "the removal of a Pod begins so, whether docker started it or not"
    assert "note: stopped the copy of pod/moved on charlie: stale: " in done.stderr
    found = pods_on(sandbox, namespace)
    assert found.pop("charlie") == ["other"]
    assert sorted(found.values()) == [[], ["moved"]]
    assert is_everywhere_alike(sandbox)


def test_data_that_was_given_up_is_not_found_again_when_its_minion_is_back(podctl, sandbox, namespace):
    store = small_pod("store").replace(
        "spec:\n", "spec:\n  volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]\n"
    )
    there = store.replace("spec:\n  v", "spec:\n  nodeName: alpha\n  v")
    assert apply(podctl, namespace, DATA + there).returncode == 0
    sandbox["alpha"].kill()
    done = apply(podctl, namespace, DATA + store, "--failover")
    assert (done.returncode, done.stdout) == (4, "persistentvolumeclaim/data unchanged\n"), done.stderr
    assert "note: pod/store is not failed over: its data is on alpha: claim data; --force gives it up" in done.stderr
    done = apply(podctl, namespace, DATA + store, "--failover", "--force")
    assert (done.returncode, done.stdout) == (4, "persistentvolumeclaim/data unchanged\npod/store created\n")
    assert "its data there is given up: claim data" in done.stderr
    new = next(name for name in NAMES[1:] if pods_on(sandbox, namespace, [name])[name])

    sandbox.start("alpha")
    assert podctl("delete", "pod", "store", "-n", namespace).returncode == 0
    done = apply(podctl, namespace, store)
    assert (done.returncode, done.stdout) == (0, "pod/store created\n"), done.stderr
    assert pods_on(sandbox, namespace) == {name: ["store"] if name == new else [] for name in NAMES}


@pytest.fixture
def older(sandbox):
    """The inventory as somebody has it who does not know of charlie; beside the other, as its paths are relative."""
    known = yaml.safe_load(sandbox.inventory.read_text())
    minions = {name: each for name, each in known["minions"].items() if name != "charlie"}
    path = sandbox.inventory.with_name("older.yaml")
    path.write_text(yaml.safe_dump({**known, "minions": minions}))
    yield str(path)
    path.unlink()


def test_a_pod_on_a_minion_that_an_older_inventory_lacks_is_not_made_twice_without_a_word(
    podctl, sandbox, namespace, older
):
    assert apply(podctl, namespace, small_pod("moved", "charlie")).returncode == 0
    for flags in ((), ("--dry-run",)):
        done = apply(podctl, namespace, small_pod("moved"), "-i", older, *flags)
        assert (done.returncode, done.stdout) == (4, ""), done.stderr
        assert "error: pod/moved is not created: charlie may have it\n" in done.stderr
        assert "minion charlie is out of sight: it is not in this inventory, and the cluster remembers " in done.stderr
        assert "Hint: Put it back into the inventory; if it is gone for good: podctl apply --failover " in done.stderr
    assert pods_on(sandbox, namespace) == {"alpha": [], "bravo": [], "charlie": ["moved"]}

    done = apply(podctl, namespace, small_pod("moved"), "-i", older, "--failover")
    assert (done.returncode, done.stdout) == (4, "pod/moved created\n"), done.stderr
    assert "note: pod/moved is made anew on " in done.stderr
    done = apply(podctl, namespace, small_pod("moved"), "-i", older)
    assert (done.returncode, done.stdout) == (0, "pod/moved unchanged\n"), "nothing is remembered there any more"
    found = pods_on(sandbox, namespace)
    assert (found["charlie"], sorted(found["alpha"] + found["bravo"])) == (["moved"], ["moved"])

    done = apply(podctl, namespace, small_pod("moved"))
    assert (done.returncode, done.stdout) == (0, "pod/moved unchanged\n"), done.stderr
    assert "note: stopped the copy of pod/moved on charlie: stale: " in done.stderr
    assert pods_on(sandbox, namespace) == {**found, "charlie": []}
    assert is_everywhere_alike(sandbox)
