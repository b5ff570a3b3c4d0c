"""What becomes of a Plan when Minions break off in the middle of it."""

from __future__ import annotations

import _thread
import json
import threading

import pytest
from observed import container, manifest, minion, pod

from podctl.core.actions import Create, Plan, Remove, Replace
from podctl.core.manifest import parse
from podctl.core.model import Cluster, Inventory, Mark
from podctl.core.outcome import Word
from podctl.engine.execute import Execution
from podctl.engine.session import Session
from podctl.engine.work import Job
from podctl.errors import ExitCode
from podctl.transport.fake import FakeTransport

MANIFESTS = parse([("web.json", json.dumps(manifest()))])
WEB = MANIFESTS.pods[0]


class Machine(FakeTransport):
    """Answers every step with nothing, and breaks off after the first whose title begins with `until`."""

    def __init__(self, name, until=""):
        super().__init__(minion(name=name).minion, self.reply)
        self.until = until

    def reply(self, step):
        self.dead = bool(self.until) and step.title.startswith(self.until)
        return 0, b"172.18.0.2\n", b""

    @property
    def titles(self):
        return [step.title for step in self.steps]


def carried_out(plan, *machines):
    """The outcomes of `plan`, which does not wait, on these Minions."""
    seen = [minion(name=each.minion.name) for each in machines]
    inventory = Inventory(cluster="shop", minions=tuple(each.minion for each in seen), source="shop.yaml")
    session = Session(inventory, {each.minion.name: each for each in machines})
    job = Job(cluster=Cluster(name="shop", minions=tuple(seen)), manifests=MANIFESTS, uids={WEB.key: "n3w"}, wait=False)
    return Execution(plan, session, job, lambda _: None).run()


def words(outcomes):
    return sorted((each.minion, str(each.key), each.word, each.code) for each in outcomes)


OLD = pod(container("app"), uid="0ld", minion="alpha", manifest=manifest())
MOVE = Replace(
    pod=WEB, minion="bravo", reason="its manifest changed", placement_reason="it fits",
    remove=Remove(minion="alpha", uid="0ld", pod=OLD, reason="its manifest changed"),
)  # fmt: skip


def test_a_pod_whose_old_minion_breaks_off_while_it_is_removed_there_is_not_made_on_the_new_one():
    alpha, bravo = Machine("alpha", until="mark pod"), Machine("bravo")
    outcomes = carried_out(Plan(actions=(MOVE,)), alpha, bravo)
    assert words(outcomes) == [("bravo", "default/web", Word.FAILED, ExitCode.UNREACHABLE)]
    assert outcomes[0].message == "the old one on alpha could not be removed"
    assert [title for title in bravo.titles if not title.startswith("pull ")] == []


def test_a_pod_stays_where_it_is_when_the_minion_that_it_should_move_to_breaks_off():
    alpha, bravo = Machine("alpha"), Machine("bravo", until="pull")
    bravo.dead = True
    outcomes = carried_out(Plan(actions=(MOVE,)), alpha, bravo)
    assert words(outcomes) == [("bravo", "default/web", Word.UNKNOWN, ExitCode.UNREACHABLE)]
    assert alpha.titles == []


def test_a_pod_is_unknown_also_when_what_was_left_of_its_last_life_was_removed_before_the_link_broke():
    """Both have the same key on the same Minion: the one that ended well must not speak for the other."""
    left = pod(container("app"), uid="l3ft", minion="alpha", manifest=manifest(), mark=Mark.NEW)
    plan = Plan(
        actions=(
            Remove(minion="alpha", uid="l3ft", pod=left, reason="left half made", leftover=True),
            Create(pod=WEB, minion="alpha", reason="it is nowhere", placement_reason="it fits"),
        )
    )
    outcomes = carried_out(plan, Machine("alpha", until="start the infra container"))
    assert words(outcomes) == [
        ("alpha", "default/web", Word.DELETED, ExitCode.DONE),
        ("alpha", "default/web", Word.UNKNOWN, ExitCode.UNREACHABLE),
    ]


TAKEN = b"driver failed programming external connectivity: Bind for 0.0.0.0:80 failed: port is already allocated"


@pytest.mark.parametrize(("said", "hinted"), [(TAKEN, True), (b"no space left on device", False)])
def test_of_a_port_that_docker_keeps_the_way_out_is_told(said, hinted):
    alpha = Machine("alpha")
    answers = {"start the infra container": (1, b"", said), "look at the Pod": (0, b"", b"")}
    alpha.answer = lambda step: answers.get(step.title) or alpha.reply(step)
    plan = Plan(actions=(Create(pod=WEB, minion="alpha", reason="it is nowhere", placement_reason="it fits"),))
    (outcome,) = carried_out(plan, alpha)
    assert (outcome.word, outcome.evidence) == (Word.FAILED, said.decode())
    assert ("restart docker there" in outcome.hint) is hinted


STALE = Remove(minion="alpha", uid="0ld", pod=OLD, reason="stale: bravo has the one that counts")
NEW = Create(pod=WEB, minion="bravo", reason="it is nowhere", placement_reason="it fits")


def test_what_is_stale_is_gone_before_any_minion_makes_or_pulls_anything():
    order = []
    machines = [Machine("alpha"), Machine("bravo", until="pull")]
    for each in machines:
        each.answer = lambda step, each=each: (order.append((each.minion.name, step.title)), each.reply(step))[1]
    outcomes = carried_out(Plan(actions=(STALE, NEW)), *machines)
    assert words(outcomes)[0] == ("alpha", "default/web", Word.DELETED, ExitCode.DONE)
    names = [name for name, _ in order]
    assert names == sorted(names)


@pytest.mark.parametrize("how", ["refuses", "breaks off"])
def test_a_pod_of_which_a_stale_copy_could_not_be_removed_is_not_made(how):
    alpha, bravo = Machine("alpha", until="mark pod" if how == "breaks off" else ""), Machine("bravo")
    if how == "refuses":
        alpha.answer = lambda _step: (1, b"", b"device or resource busy")
    outcomes = carried_out(Plan(actions=(STALE, NEW)), alpha, bravo)
    made = next(each for each in outcomes if each.minion == "bravo")
    assert (made.word, made.message) == (Word.FAILED, "a copy of it on alpha could not be removed")
    assert not [title for title in bravo.titles if title.startswith("create")]


def test_volumes_whose_minion_breaks_off_are_told_of_though_they_have_no_name():
    plan = Plan(actions=(Remove(minion="alpha", uid="g0ne", reason="volumes of a Pod that is gone", volumes=("v",)),))
    alpha = Machine("alpha")
    alpha.dead = True
    assert words(carried_out(plan, alpha)) == [("alpha", "None", Word.UNKNOWN, ExitCode.UNREACHABLE)]


def test_one_minion_that_breaks_off_costs_the_others_nothing():
    plan = Plan(
        actions=tuple(
            Remove(minion=name, uid=name, reason="deleted", pod=pod(container("app"), uid=name, minion=name))
            for name in ("alpha", "bravo")
        )
    )
    outcomes = carried_out(plan, Machine("alpha", until="mark pod"), Machine("bravo"))
    assert words(outcomes) == [
        ("alpha", "default/web", Word.UNKNOWN, ExitCode.UNREACHABLE),
        ("bravo", "default/web", Word.DELETED, ExitCode.DONE),
    ]


def test_a_bug_on_one_minion_is_no_success():
    def broken(_step):
        raise ZeroDivisionError

    alpha = Machine("alpha")
    alpha.answer = broken
    plan = Plan(actions=(Create(pod=WEB, minion="alpha", reason="it is nowhere", placement_reason="it fits"),))
    with pytest.raises(ZeroDivisionError):
        carried_out(plan, alpha)


def test_an_interrupt_waits_for_the_running_step_and_begins_no_other():
    def going(name):
        return Remove(minion="alpha", uid=name, reason="deleted", pod=pod(container("app"), uid=name))

    alpha = Machine("alpha")
    seen = minion(name="alpha")
    session = Session(Inventory(cluster="shop", minions=(seen.minion,), source="shop.yaml"), {"alpha": alpha})
    job = Job(cluster=Cluster(name="shop", minions=(seen,)), manifests=MANIFESTS, uids={WEB.key: "n3w"}, wait=False)
    new = Create(pod=WEB, minion="alpha", reason="it is nowhere", placement_reason="it fits")
    execution = Execution(Plan(actions=(going("0ld"), new)), session, job, lambda _: None)

    def slow(step):
        if step.title.startswith("stop"):
            _thread.interrupt_main()
            execution._stop.wait()
            threading.Event().wait(0.3)  # long enough for a main thread that does not wait
        return 0, b"", b""

    alpha.answer = slow
    with pytest.raises(KeyboardInterrupt):
        execution.run()
    assert words(execution.outcomes) == [("alpha", "default/web", Word.DELETED, ExitCode.DONE)]
    assert not [title for title in alpha.titles if title.startswith("create")]


def test_an_empty_plan_asks_nobody_anything():
    alpha = Machine("alpha")
    assert (carried_out(Plan(), alpha), alpha.titles) == ([], [])
