"""Start before stop: who gives way to whom, in which order, and what stays when something fails."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from observed import container, manifest, minion, pod

from podctl.core.actions import Plan, Remove, Replace
from podctl.core.manifest import parse
from podctl.core.model import Cluster, Inventory
from podctl.core.outcome import Outcome, Word
from podctl.engine import recipe
from podctl.engine.execute import Execution
from podctl.engine.handover import Handover, Newcomer
from podctl.engine.session import Session
from podctl.engine.work import Job, work_for
from podctl.errors import ExitCode, LinkLostError
from podctl.transport.fake import FakeTransport

MANIFESTS = parse([("web.json", json.dumps(manifest()))])
WEB = MANIFESTS.pods[0]
SEEN = (minion(name="alpha"), minion(name="bravo"))
OLD = pod(container("app"), uid="0ld", minion="alpha", manifest=manifest())
MOVE = Replace(
    pod=WEB, minion="bravo", reason="alpha is drained", placement_reason="it fits", move=True, overlap=True,
    remove=Remove(minion="alpha", uid="0ld", pod=OLD, reason="alpha is drained"),
)  # fmt: skip
JOB = Job(cluster=Cluster(name="shop", minions=SEEN), manifests=MANIFESTS, uids={MOVE.key: "n3w"})
STAYS = "the old one stays as it is on alpha"


class Machines:
    """Alpha and bravo with one log of who was asked what; `fails` and `breaks` are beginnings of titles."""

    def __init__(self, fails="", breaks=""):
        self.log = []
        self.fails, self.breaks = fails, breaks
        self.transports = {each.minion.name: FakeTransport(each.minion, self._reply(each.minion.name)) for each in SEEN}
        inventory = Inventory(cluster="shop", minions=tuple(each.minion for each in SEEN), source="shop.yaml")
        self.session = Session(inventory, self.transports)

    def _reply(self, name):
        def reply(step):
            said = f"{name}: {step.title}"
            self.log.append(said)
            if self.breaks and said.startswith(self.breaks):
                self.transports[name].dead = True
                raise LinkLostError("the link is gone")
            failed = bool(self.fails) and said.startswith(self.fails)
            return (1, b"", b"no") if failed else (0, b"", b"")

        return reply


def handed_over(outcome=None, *, give_up=False, **faults):
    machines = Machines(**faults)
    given = outcome or Outcome(key=MOVE.key, minion="bravo", word=Word.STARTED)
    newcomer = Newcomer(action=MOVE, work=work_for(MOVE, JOB), outcome=given)
    handover = Handover(machines.session, JOB, lambda _: None)
    handover.run([newcomer], give_up=give_up)
    ended = handover.outcomes["0ld"]
    return (ended.word, ended.code, ended.message), [each for each in machines.log if "look at" not in each]


MARK, COMMIT = "alpha: mark pod default/web as going", "bravo: commit pod default/web"
GONE = [
    "alpha: switch off its restart policies", "alpha: stop pod default/web",
    "alpha: remove the containers of pod default/web", "alpha: remove its infra container",
]  # fmt: skip


def test_the_old_one_gives_its_name_up_then_the_new_one_takes_it_then_the_old_one_goes():
    ended, log = handed_over()
    assert (ended, log) == ((Word.MOVED, ExitCode.DONE, ""), [MARK, COMMIT, *GONE])


def test_one_that_is_not_ready_goes_again_and_nothing_is_asked_of_the_old_one():
    late = Outcome(key=MOVE.key, minion="bravo", word=Word.STARTED, code=ExitCode.NOT_READY, message="not ready")
    ended, log = handed_over(late)
    assert (ended, log) == ((Word.FAILED, ExitCode.FAILED, f"not ready; {STAYS}"), [])


def test_an_interrupt_lets_none_take_over_that_has_not_begun_to():
    ended, log = handed_over(give_up=True)
    assert (ended, log) == ((Word.FAILED, ExitCode.INTERRUPTED, f"interrupted before it took over; {STAYS}"), [])


def test_an_old_one_that_cannot_give_its_name_up_stays():
    ended, log = handed_over(fails=MARK)
    assert ended == (Word.FAILED, ExitCode.FAILED, f"cannot mark pod default/web as going; {STAYS}")
    assert log == [MARK]


def test_an_old_one_gets_its_name_back_when_the_new_one_cannot_take_it():
    ended, log = handed_over(fails=COMMIT)
    assert ended == (Word.FAILED, ExitCode.FAILED, f"cannot commit pod default/web; {STAYS}")
    assert log == [MARK, COMMIT, "alpha: let pod default/web stay"]


def test_an_old_one_runs_on_when_nobody_knows_whether_the_new_one_took_the_name():
    ended, log = handed_over(breaks=COMMIT)
    assert ended[:2] == (Word.UNKNOWN, ExitCode.UNREACHABLE)
    assert ended[2].endswith("; the one on alpha runs on until the next command that writes")
    assert log == [MARK, COMMIT]


def test_a_new_one_goes_again_when_the_old_ones_minion_breaks_off_before_it_was_heard():
    ended, log = handed_over(breaks=MARK)
    assert ended[:2] == (Word.FAILED, ExitCode.UNREACHABLE)
    assert ended[2].endswith("; the new one is taken down again")
    assert log == [MARK]


def test_a_pod_has_moved_also_when_the_old_one_cannot_be_cleared_away():
    ended, log = handed_over(fails="alpha: remove its infra")
    problem = "the old one on alpha: cannot remove its infra container"
    assert (ended, log) == ((Word.MOVED, ExitCode.FAILED, problem), [MARK, COMMIT, *GONE])


@pytest.mark.parametrize("fails", ["bravo: create", "bravo: pull"])
def test_a_pod_that_cannot_be_made_there_stays_where_it_is(fails):
    machines = Machines(fails=fails)
    (ended,) = Execution(Plan(actions=(MOVE,)), machines.session, JOB, lambda _: None).run()
    assert (ended.word, ended.code) == (Word.FAILED, ExitCode.FAILED)
    assert ended.message.endswith("; the old one stays as it is")
    assert [each for each in machines.log if each.startswith("alpha")] == []


@pytest.mark.parametrize("overlap, last, infra", [
    (False, "commit pod default/web", "podctl_shop_default_web"),
    (True, "create container app of pod default/web", "podctl_shop_default_web.new.n3w"),
])  # fmt: skip
def test_what_overlaps_is_started_under_the_name_of_what_is_half_made(overlap, last, infra):
    making = replace(work_for(MOVE, JOB).making, overlap=overlap)
    assert recipe.populate(making)[-1].title == last
    assert infra in recipe.start(making, [""], 5)[0].script.shown.split()
