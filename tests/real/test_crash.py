"""podctl killed with -9 at any point: nothing of it stays on a Minion, and the next apply makes all as if nothing was.

What was wanted is remembered before anything is done, so that the next command, whatever it is, can finish the rest.

docker on each Minion is stopped at its Nth changing command (see faults.Gate), podctl is killed, and each Minion is
compared, volumes and their files included, with what an undisturbed apply makes.
"""

from __future__ import annotations

import random
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest
from faults import LONG, Gate, full_pod, small_pod, state_of, wait_until_gone
from waiting import wait_for

NAMES = ("alpha", "bravo", "charlie")
OLD = "".join(full_pod(f"on-{name}", name, "old") for name in NAMES)
NEW = "".join(full_pod(f"on-{name}", name, "new") for name in NAMES)


def states(sandbox, namespace):
    with ThreadPoolExecutor() as pool:
        return dict(zip(NAMES, pool.map(lambda minion: state_of(minion, namespace), sandbox.minions), strict=True))


def clear(podctl, namespace, manifests):
    """What the manifests name is gone, claims included."""
    done = podctl("delete", "-n", namespace, "-f", "-", "--yes", input=manifests)
    assert done.returncode == 0, done.stderr


def apply(podctl, namespace, manifests):
    return podctl("apply", "-n", namespace, "-f", "-", input=manifests)


@pytest.fixture(scope="module")
def undisturbed():
    """By manifests: what each Minion has after one apply of them to Minions that had nothing."""
    return {}


SOMETHING = "{apiVersion: v1, kind: ConfigMap, metadata: {name: something}}"


def expected(undisturbed, podctl, sandbox, namespace, manifests):
    """Afterwards the Minions have nothing but a Document: every write is of the same steps then."""
    assert apply(podctl, namespace, SOMETHING).returncode == 0
    if manifests not in undisturbed:
        done = apply(podctl, namespace, manifests)
        assert done.returncode == 0, done.stderr
        undisturbed[manifests] = states(sandbox, namespace)
        clear(podctl, namespace, manifests)
    return undisturbed[manifests]


def started(podctl, arguments, manifests):
    process = podctl.start(*arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process.stdin.write(manifests)
    process.stdin.close()
    return process


def kill_at(podctl, sandbox, points, arguments, manifests, *, let_go=False):
    """Runs podctl and kills it once docker stands at its point on each Minion that comes so far. The commands so far.

    With `let_go` docker goes on as podctl dies: whatever runs then races with the end of the session.
    """
    with ExitStack() as stack:
        gates = [stack.enter_context(Gate(sandbox[name], at)) for name, at in zip(NAMES, points, strict=True)]
        process = started(podctl, arguments, manifests)
        wait_for(
            lambda: process.poll() is not None or not any(gate.awaited for gate in gates), f"the points {points}", 25
        )
        process.kill()
        process.wait()
        if let_go:
            for gate in gates:
                gate.open()
        wait_until_gone(sandbox.minions)
        return [gate.commands for gate in gates]


def converges(podctl, sandbox, namespace, manifests, wanted):
    done = apply(podctl, namespace, manifests)
    assert done.returncode == 0, done.stderr
    assert states(sandbox, namespace) == wanted
    wait_until_gone(sandbox.minions)


def in_threes(points):
    """Every point on some Minion; each Minion is a case of its own, so three are tried at once."""
    every = list(points)
    return [tuple((every[at : at + 3] * 3)[:3]) for at in range(0, len(every), 3)]


# Of a copy of the Document, in its two rounds: nobody begins the second before enough have ended the first. Two of
# three are enough to act, so that the last one gets its copy only when its Pods have been started.
WRITE_STEPS = ["run", "rename"]
BEGIN = len(WRITE_STEPS)
BEGINS = (BEGIN, BEGIN, 0)
END_STEPS = ["rm", "rename"]  # the copy before it goes; all is done as it was written
# Of a Pod of `full_pod`, on a Minion that has the infra image and the network already.
APPLY_STEPS = ["volume create"] * 4 + ["create", "start", "cp"] + ["create"] * 3 + ["rename"] + ["start"] * 3
REMOVE_STEPS = ["rename", "update", "exec", "stop", "rm", "rm", "volume rm"]
REPLACE_STEPS = [*REMOVE_STEPS, *APPLY_STEPS[1:]]  # the claim is there already
DELETE_STEPS = [*REMOVE_STEPS, "volume rm"]  # the claim with it


def written(steps):
    """Between what remembers them before and after, on each Minion."""
    first = [*WRITE_STEPS, *steps, *END_STEPS]
    return [first, first, [*steps, *WRITE_STEPS, *END_STEPS]]


def after_writing(*points):
    """Points of the Pods' own steps; none stays none."""
    return tuple(point and point + begin for point, begin in zip(points, BEGINS, strict=True))


def test_the_steps_are_those_that_are_counted_on_below(podctl, sandbox, namespace, undisturbed):
    expected(undisturbed, podctl, sandbox, namespace, OLD)
    seen = []
    for arguments, manifests in ((("apply",), OLD), (("apply",), OLD), (("apply",), NEW), (("delete", "--yes"), OLD)):
        with ExitStack() as stack:
            gates = [stack.enter_context(Gate(minion)) for minion in sandbox.minions]
            done = podctl(*arguments, "-n", namespace, "-f", "-", input=manifests)
            assert done.returncode == 0, done.stderr
            seen.append([gate.commands for gate in gates])
    assert seen == [written(APPLY_STEPS), [[]] * 3, written(REPLACE_STEPS), written(DELETE_STEPS)]


# Every point in the long form; here before, between and after what makes a Pod, of many steps alike one.
APPLY_POINTS = in_threes(range(1, len(APPLY_STEPS) + 1)) if LONG else [(1, 5, 7), (8, 11, 13)]


@pytest.mark.parametrize("points", APPLY_POINTS, ids=str)
def test_an_apply_that_is_killed_is_completed_by_the_next(podctl, sandbox, namespace, undisturbed, points):
    wanted = expected(undisturbed, podctl, sandbox, namespace, OLD)
    kill_at(podctl, sandbox, after_writing(*points), ("apply", "-n", namespace, "-f", "-"), OLD)
    converges(podctl, sandbox, namespace, OLD, wanted)


# Where one Minion stands, the others cannot be further than the round that it is in: 0 is to its end.
OWN = len(APPLY_STEPS)
END = BEGIN + OWN
WRITE_POINTS = {
    "one copy of the two that are asked first": (1, 0, 0),
    "one without its name yet, one that has its": (2, 0, 0),
    "the third without its name yet, and none before has gone": (END + 1, END + 1, OWN + 2),
    "all is done and remembered by some": (END + 2, 0, 0),
}
if LONG:
    WRITE_POINTS |= {
        "none": (1, 1, 0),
        "none that has its name": (2, 2, 0),
        "two copies, and their Pods are there": (END + 1, END + 1, OWN + 1),
        "all is done and not remembered": (END + 2, END + 2, OWN + 4),
    }


@pytest.mark.parametrize("points", WRITE_POINTS.values(), ids=WRITE_POINTS)
def test_one_that_is_killed_while_it_writes_the_document_too(podctl, sandbox, namespace, undisturbed, points):
    wanted = expected(undisturbed, podctl, sandbox, namespace, OLD)
    kill_at(podctl, sandbox, points, ("apply", "-n", namespace, "-f", "-"), OLD)
    if max(points) <= BEGIN:
        assert states(sandbox, namespace) == {name: {} for name in NAMES}, "nothing is done before it is remembered"
    converges(podctl, sandbox, namespace, OLD, wanted)
    for minion in sandbox.minions:
        copies = minion.docker("ps", "-a", "--filter", "label=podctl.role=document", "--format", "{{.State}}").stdout
        assert set(copies.split()) == {"running"}, "no prune takes them"


REPLACE_POINTS = in_threes(range(1, len(REPLACE_STEPS) + 1)) if LONG else [(5, 8, 17)]


def test_a_replacement_that_is_killed_is_completed_by_the_next_apply(podctl, sandbox, namespace, undisturbed):
    wanted = {each: expected(undisturbed, podctl, sandbox, namespace, each) for each in (OLD, NEW)}
    converges(podctl, sandbox, namespace, OLD, wanted[OLD])
    before, after = OLD, NEW
    for points in REPLACE_POINTS:
        kill_at(podctl, sandbox, after_writing(*points), ("apply", "-n", namespace, "-f", "-"), after)
        converges(podctl, sandbox, namespace, after, wanted[after])
        before, after = after, before


def test_a_pod_killed_on_its_way_to_another_minion_arrives_once(podctl, sandbox, namespace):
    there, here = small_pod("moves", "alpha"), small_pod("moves", "bravo")
    moves = [(here, there, (0, 3, 0)), (there, here, (4, 0, 0)), (here, there, (3, 0, 0))]
    for target, other, points in moves if LONG else moves[:1]:
        converges_to_one(podctl, sandbox, namespace, other)
        kill_at(podctl, sandbox, after_writing(*points), ("apply", "-n", namespace, "-f", "-"), target)
        converges_to_one(podctl, sandbox, namespace, target)


def converges_to_one(podctl, sandbox, namespace, manifests):
    """The Pod is on its Minion alone, and runs."""
    done = apply(podctl, namespace, manifests)
    assert done.returncode == 0, done.stderr
    at = next(name for name in NAMES if f"nodeName: {name}" in manifests)
    pod = "podctl_sandbox_<ns>_moves"
    running = {
        pod: ("running", "0", "unless-stopped", "moves", "podctl_sandbox"),
        f"{pod}_c0": ("running", "0", "unless-stopped", "moves", pod),
    }
    assert states(sandbox, namespace) == {name: running if name == at else {} for name in NAMES}


def half_deleted(podctl, sandbox, namespace, points):
    """Kills a delete of OLD at those points of the Pods' own steps: all are doomed by then, marked or not."""
    kill_at(podctl, sandbox, after_writing(*points), ("delete", "-n", namespace, "-f", "-", "--yes"), OLD)


OTHER = small_pod("other")


def is_not_brought_back(podctl, sandbox, namespace):
    """An apply of other files ends the delete: it leaves claims at most."""
    done = apply(podctl, f"{namespace}-other", OTHER)
    assert done.returncode == 0, done.stderr
    left = states(sandbox, namespace)
    assert {name: [each for each in left[name] if "_claim_" not in each] for name in NAMES} == {
        name: [] for name in NAMES
    }


# Claims go once all Pods have gone, so that the last step is reached on all Minions or on none.
DELETE_POINTS = [(1, 2, 3), (4, 5, 6), (7, 7, 7), (8, 8, 8)]


@pytest.mark.long
def test_a_pod_half_deleted_is_not_brought_back_by_an_apply_of_other_files(podctl, sandbox, namespace, undisturbed):
    wanted = expected(undisturbed, podctl, sandbox, namespace, OLD)
    for points in DELETE_POINTS:
        converges(podctl, sandbox, namespace, OLD, wanted)
        half_deleted(podctl, sandbox, namespace, points)
        is_not_brought_back(podctl, sandbox, namespace)
    converges(podctl, sandbox, namespace, OLD, wanted)
    clear(podctl, f"{namespace}-other", OTHER)


@pytest.mark.parametrize("points", [(2, 3, 4), (5, 6, 7)] if LONG else [(2, 3, 6)], ids=str)
def test_nor_by_a_power_cut(podctl, sandbox, namespace, undisturbed, points):
    """With its restart policies still on docker starts it again after a reboot; marked as it is, it goes."""
    wanted = expected(undisturbed, podctl, sandbox, namespace, OLD)
    converges(podctl, sandbox, namespace, OLD, wanted)
    half_deleted(podctl, sandbox, namespace, points)
    power_cycle(sandbox)
    is_not_brought_back(podctl, sandbox, namespace)
    clear(podctl, f"{namespace}-other", OTHER)


def power_cycle(sandbox):
    for minion in sandbox.minions:
        minion.kill()
    with ThreadPoolExecutor() as pool:
        list(pool.map(sandbox.start, NAMES))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100))
def test_docker_commands_that_outlive_podctl_do_no_harm(podctl, sandbox, namespace, undisturbed, seed):
    """docker goes on as podctl dies: its daemon may complete what nobody waits for any more, under the next apply."""
    chance = random.Random(seed)
    wanted = {each: expected(undisturbed, podctl, sandbox, namespace, each) for each in (OLD, NEW)}
    points = [chance.randint(1, len(APPLY_STEPS)) for _ in NAMES]
    kill_at(podctl, sandbox, after_writing(*points), ("apply", "-n", namespace, "-f", "-"), OLD, let_go=True)
    converges(podctl, sandbox, namespace, OLD, wanted[OLD])
    points = [chance.randint(1, len(REPLACE_STEPS)) for _ in NAMES]
    kill_at(podctl, sandbox, after_writing(*points), ("apply", "-n", namespace, "-f", "-"), NEW, let_go=True)
    converges(podctl, sandbox, namespace, NEW, wanted[NEW])


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100))
def test_a_kill_at_any_moment_is_mended_by_the_next_apply(podctl, sandbox, namespace, undisturbed, seed):
    """Without any gate: at a random moment of a run, the connecting and locking included."""
    chance = random.Random(seed)
    wanted = {each: expected(undisturbed, podctl, sandbox, namespace, each) for each in (OLD, NEW)}
    for manifests in (OLD, NEW):
        process = podctl.start(
            "apply", "-n", namespace, "-f", "-", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        process.stdin.write(manifests)
        process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0.3, 6))
        process.kill()
        process.wait()
        wait_until_gone(sandbox.minions)
        converges(podctl, sandbox, namespace, manifests, wanted[manifests])


def test_ctrl_c_lets_the_running_step_end_and_says_what_was_done(podctl, sandbox, namespace, undisturbed):
    wanted = expected(undisturbed, podctl, sandbox, namespace, OLD)
    with Gate(sandbox["alpha"], BEGIN + APPLY_STEPS.index("rename") + 1) as gate:
        process = podctl.start("apply", "-n", namespace, "-f", "-")
        process.stdin.write(OLD)
        process.stdin.close()
        process.stdin = None
        wait_for(lambda: gate.reached, "alpha commits its Pod")
        process.send_signal(signal.SIGINT)
        gate.open()
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
    done = gate.commands[BEGIN:-3]
    assert done == APPLY_STEPS[: len(done)], "what ran ended, and nothing was undone"
    assert done[-1] == "rename", "no container was started after the interrupt"
    assert gate.commands == [*WRITE_STEPS, *done, *WRITE_STEPS, "rm"], "how it ended is remembered"
    assert "error: pod/on-alpha on alpha: interrupted before it was ready" in err.splitlines()
    assert "pod/on-alpha created" in out.splitlines(), "it is there"
    wait_until_gone(sandbox.minions)
    converges(podctl, sandbox, namespace, OLD, wanted)
