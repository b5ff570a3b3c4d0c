"""Two writers at the same instant, fail-over and return, clients that are killed, prunes, and what remembering costs.

A few rounds each; PODCTL_LONG=1 (make chaos) has many.
"""

from __future__ import annotations

import time

import pytest
from faults import LONG, Gate, lock_is_free, log_end, logins, of_sessions, wait_until_gone
from scene import WHERE, scene
from schedules import CPU_MILLIS, POOL, manifest, manifests
from troubles import mend_all
from waiting import wait_for

FAST = ("--no-wait", "--lock-timeout", "60s")


@pytest.fixture
def stage(sandbox, tmp_path):
    with scene(sandbox, tmp_path) as ready:
        yield ready


def on_alpha(name, cpu_millis):
    """A Pod that has no other Minion to go to."""
    return (
        manifest("big", 1)
        .replace("name: big", f"name: {name}")
        .replace(f"cpu: {POOL['big'].cpu_millis}m", f"cpu: {cpu_millis}m")
        .replace("  containers:", "  nodeSelector: {zone: a}\n  containers:")
    )


def test_two_applies_of_pods_that_fit_alone_but_not_together_are_never_both_admitted_nor_both_refused(stage):
    most = CPU_MILLIS * 2 // 3
    for _round in range(50 if LONG else 2):
        answers = stage.both(on_alpha("left", most), on_alpha("right", most), *FAST)
        assert sorted(each.code for each in answers) == [0, 3], "\n".join(map(str, answers))
        pods = {(each.pod, each.minion) for each in stage.seen()}
        assert pods in ({("left", "alpha")}, {("right", "alpha")})
        gone = stage.one("delete", "pod", "left", "right", *WHERE)
        assert (gone.code, stage.seen()) == (0, []), gone
    assert stage.twice() == []


def test_of_two_applies_of_different_versions_at_once_one_wins_everywhere(stage):
    names = ("api", "big", "web")
    for number in range(50 if LONG else 2):
        versions = (10 + 2 * number, 11 + 2 * number)
        texts = [manifests([(name, version) for name in names]) for version in versions]
        answers = stage.both(*texts, *FAST)
        assert [each.code for each in answers] == [0, 0], "\n".join(map(str, answers))
        seen = {each.version for each in stage.seen() if each.role == "app"}
        assert seen in ({str(versions[0])}, {str(versions[1])})
        assert stage.wrong(dict.fromkeys(names, int(seen.pop()))) == []
    assert stage.twice() == []


@pytest.mark.parametrize("number", range(20 if LONG else 1))
def test_a_minion_that_was_failed_over_and_returns_ends_with_one_copy_and_the_stale_one_is_named(stage, number):
    wanted = manifests([("web", 1), ("api", 1), ("data", 1)])
    assert stage.apply(wanted, "--no-wait").code == 0
    where = {each.pod: each.minion for each in stage.seen()}
    dead = where["web"]
    moving = sorted(pod for pod in ("api", "web") if where[pod] == dead)
    stage.sandbox[dead].kill()

    done = stage.apply(wanted, *FAST)
    assert done.code == 4, done
    assert all(each.minion != dead for each in lively(stage)), "no second copy without the operator's word"

    done = stage.apply(wanted, *FAST, "--failover")
    assert done.code == 4, done
    assert [pod for pod in moving if f"pod/{pod} " not in done.out] == [], done
    now = {each.pod: each.minion for each in lively(stage)}
    assert dead not in now.values()
    assert set(moving) <= now.keys()
    assert ("data" in now) == (where["data"] != dead), "data stays where it is"

    stage.sandbox.start(dead)
    at = time.time_ns()
    done = stage.apply(wanted, *FAST)
    assert done.code == 0, done
    for pod in moving:
        assert f"{dead}: pod {WHERE[1]}/{pod}: stopping" in done.err, done
    assert stage.wrong({"web": 1, "api": 1, "data": 1}) == []
    # Before anything else on that Minion: no Pod is made there before the last stale one has ended.
    there = [each for each in stage.sampler.so_far() if each.minion == dead and each.at > at and each.label("pod")]
    begun = [each.at for each in there if each.what == "create"]
    ended = [each.at for each in there if each.what == "die"]
    assert not begun or max(ended) < min(begun)


def lively(stage):
    """What runs on the Minions that are on."""
    return [each for each in stage.seen() if each.status == "running"]


def killed_at_its_first_rename(stage, at, *, behind_a_cut_link):
    """A client that dies while alpha is told to commit the Document. Its Gate stays shut: the step does not end.

    The sampler has seen nothing more on alpha from the moment its lock was free on. The seconds until then.
    """
    alpha = stage.sandbox["alpha"]
    with Gate(alpha, at) as gate:
        process = stage.one.start("apply", *WHERE, *FAST, "-f", "-")
        process.stdin.write(manifests([("web", 2)]))
        process.stdin.close()
        wait_for(lambda: gate.reached, "alpha stands at the rename")
        assert gate.commands[at - 1 :] == ["rename"]
        assert not lock_is_free(alpha)
        if behind_a_cut_link:
            alpha.cut()
        began = time.monotonic()
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            stream.close()
        wait_for(lambda: lock_is_free(alpha), "alpha's lock is free", 100)
        seconds = time.monotonic() - began
        free_at = time.time_ns()
        gate.open()
        wait_for(lambda: not of_sessions(alpha), "nothing of the session runs", 5)
    assert stage.since(free_at, "alpha") == []
    mend_all(stage.sandbox)
    done = stage.apply(manifests([("web", 2)]), *FAST)
    assert done.code == 0, done
    assert stage.wrong({"web": 2}) == []
    return seconds


STEP_SECONDS = 5  # the deadline of a rename: the inventory's command_timeout


@pytest.fixture
def quick_stage(sandbox, tmp_path):
    """With a first Document and the infra image everywhere, and short deadlines; and which command renames first."""
    with scene(sandbox, tmp_path, command_timeout=STEP_SECONDS) as ready:
        with Gate(sandbox["alpha"]) as gate:
            assert ready.apply(manifests([("web", 1)]), *FAST).code == 0
            commands = [each for each in gate.commands if each != "load"]
        yield ready, commands.index("rename") + 1


def test_a_client_killed_behind_a_cut_link_frees_the_lock_within_its_step_and_nothing_of_it_runs_on(quick_stage):
    assert killed_at_its_first_rename(*quick_stage, behind_a_cut_link=True) < STEP_SECONDS + 15 + 3


def test_a_client_killed_on_a_live_link_frees_the_lock_with_its_step_and_nothing_of_it_runs_on(quick_stage):
    assert killed_at_its_first_rename(*quick_stage, behind_a_cut_link=False) < 5


DRAIN_POINTS = [(side, point) for side in ("from", "to") for point in range(1, 16)]  # the first are the Document's


@pytest.mark.parametrize(("side", "point"), DRAIN_POINTS if LONG else [("to", 8)])
def test_a_drain_that_is_killed_at_any_step_leaves_one_copy_for_the_next_command_to_go_on_with(stage, side, point):
    """Of a Pod that is handed over, and of one that cannot be: its port is to be taken once only."""
    wanted = manifests([("big", 1), ("door", 1)])
    assert stage.apply(wanted, "--no-wait").code == 0
    (source,) = {each.minion for each in stage.seen()}
    target = next(each.name for each in stage.sandbox.minions if each.name != source)
    with Gate(stage.sandbox[source if side == "from" else target], point) as gate:
        process = stage.one.start("drain", source, "--timeout", "20s")
        wait_for(lambda: gate.reached or process.poll() is not None, "the step, or the end")
        process.kill()
        process.communicate()
    wait_until_gone(stage.sandbox.minions)
    assert len({(each.pod, each.uid) for each in stage.seen() if each.pod == "door" and each.status == "running"}) <= 1
    for words in (("drain", source, "--timeout", "20s"), ("apply", *WHERE, "-f", "-")):
        done = stage.one(*words, stdin=wanted)
        assert done.code == 0, done
    assert stage.wrong({"big": 1, "door": 1}) == []
    assert source not in {each.minion for each in stage.seen()}
    assert stage.twice("big") == []


CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {colour: "blue"}
---
"""


def test_a_system_prune_on_every_minion_forgets_nothing_and_harms_nothing_that_runs(stage):
    wanted = manifests([("api", 1), ("data", 1), ("greedy", 1)])
    assert stage.apply(wanted + CONFIG).code == 3  # one fits nowhere
    before = stage.seen()
    at = time.time_ns()
    for minion in stage.sandbox.minions:
        minion.docker("system", "prune", "-af", "--volumes")
    assert stage.since(at) == []
    assert stage.seen() == before
    for minion in stage.sandbox.minions:  # unused images go: the next Pod needs its own
        minion.docker("load", input=stage.sandbox.layout.image)

    again = stage.apply(wanted + CONFIG)
    words = sorted(line for line in again.out.splitlines() if line.startswith("pod/") and "unchanged" in line)
    assert (again.code, words) == (3, ["pod/api unchanged", "pod/data unchanged"]), again
    told = stage.one("get", "pods", *WHERE, "--no-headers")
    assert [line.split()[::2][:2] for line in told.out.splitlines()] == [
        ["api", "Running"], ["data", "Running"], ["greedy", "Pending"],
    ]  # fmt: skip
    kept = stage.one("get", "configmap", "settings", *WHERE, "-o", "jsonpath={.data.colour}")
    assert kept.out.strip() == "blue", kept


def test_looking_is_one_login_and_one_exec_and_an_unchanged_apply_writes_nothing(stage):
    wanted = manifests([("api", 1), ("web", 1)])
    assert stage.apply(wanted).code == 0
    minions = stage.sandbox.minions
    for arguments in (("get", "pods", *WHERE), ("apply", *WHERE, "-f", "-")):
        ends = [log_end(each) for each in minions]
        at = time.time_ns()
        done = stage.one(*arguments, stdin=wanted)
        assert done.code == 0, done
        assert "created" not in done.out
        counts = [logins(each, end) for each, end in zip(minions, ends, strict=True)]
        assert [(each.connections, each.commands) for each in counts] == [(1, 1)] * len(minions)
        assert stage.since(at) == [], "no container was made, renamed, started, stopped or removed"
