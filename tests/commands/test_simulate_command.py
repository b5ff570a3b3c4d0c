"""simulate, and the options of placement that apply and diff have with it, without docker."""

from __future__ import annotations

import json

import pytest
import yaml
from click.shell_completion import BashComplete
from observed import manifest

from podctl.cli import podctl as command_line
from podctl.cli import run
from podctl.core.document.model import Document, PodEntry
from podctl.core.model import PodKey

CLAIM = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
         "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}  # fmt: skip


def asking(name, cpu="1"):
    container = {"name": "app", "image": "i:1", "resources": {"requests": {"cpu": cpu}}}
    return manifest(name, containers=[container])


@pytest.fixture
def written(tmp_path):
    """Writes objects to a file that -f can name."""

    def write(*objects, name="pods.yaml"):
        path = tmp_path / name
        path.write_text(yaml.safe_dump_all(objects))
        return str(path)

    return write


class Paper:
    """Machines that are nowhere: whoever connects to them waits in vain, or leaves a mark."""

    def __init__(self, folder):
        self.inventory = folder / "paper.yaml"
        self.mark = folder / "was-asked"
        docker = folder / "docker"
        docker.write_text(f"#!/bin/sh\ntouch {self.mark}\nexit 1\n")
        docker.chmod(0o755)
        common = {"transport": "local", "docker": str(docker)}
        self.minions = {
            "alpha": {**common, "capacity": {"cpu": 4, "memory": "8Gi"}},
            "beta": {"address": "192.0.2.1", "capacity": {"cpu": 2, "memory": "4Gi"}},
        }

    def podctl(self, *words, **keys):
        self.inventory.write_text(yaml.safe_dump({"cluster": "shop", **keys, "minions": self.minions}))
        return run([*words, "-i", str(self.inventory)])


@pytest.fixture
def paper(tmp_path):
    return Paper(tmp_path)


def answered(capsys):
    captured = capsys.readouterr()
    assert captured.err == ""
    return json.loads(captured.out)


def where(answer):
    return {each["pod"]: each["minion"] for each in answer["placements"]}


def test_offline_nothing_is_connected_to(paper, written, capsys):
    assert paper.podctl("simulate", "--offline", "-o", "json", "-f", written(asking("a", "4"), asking("b", "2"))) == 0
    answer = answered(capsys)
    assert where(answer) == {"default/a": "alpha", "default/b": "beta"}
    assert (set(answer), answer["minions_used"]) == ({"placements", "minions_used", "lower_bound"}, 2)
    assert not paper.mark.exists()


def test_what_waits_is_told_of_and_is_exit_code_3(paper, written, capsys):
    path = written(asking("a", "4"), asking("b", "3"))
    assert paper.podctl("simulate", "--offline", "-f", path) == 3
    shown = capsys.readouterr()
    assert shown.err == ""
    heading, first, second, *rest = shown.out.splitlines()
    assert heading.split() == ["POD", "MINION", "WHY"]
    assert [first.split()[:2], second.split()[:3]] == [["default/a", "alpha"], ["default/b", "<none>", "waits:"]]
    assert rest[1] == "pod default/b waits:"
    assert {line.partition(":")[0] for line in rest[3:5]} == {"  alpha", "  beta"}
    assert rest[-2] == "1 of 2 Pods waits"
    assert rest[-1].startswith("1 Minion used")
    assert paper.podctl("simulate", "--offline", "-o=json", "-f", path) == 3
    waits = answered(capsys)["placements"][1]
    assert (waits["minion"], set(waits["reasons"]), "diagnosis" in waits) == (None, {"alpha", "beta"}, True)


def test_with_more_minions_it_fits_and_without_one_it_does_not(paper, written, capsys):
    path = written(asking("a", "4"), asking("b", "4"), asking("c", "2"))
    assert paper.podctl("simulate", "--offline", "-f", path, "--with", "1", "--like", "alpha", "-o", "json") == 0
    assert set(where(answered(capsys)).values()) == {"alpha", "alpha-new-1", "beta"}
    words = (
        "--with",
        "2",
        "--like",
        "alpha",
        "--with",
        "1",
        "--like",
        "beta",
        "--without",
        "alpha",
        "--without",
        "beta",
    )
    assert paper.podctl("simulate", "--offline", "-f", path, *words, "-o", "json") == 0
    assert set(where(answered(capsys)).values()) == {"alpha-new-1", "alpha-new-2", "beta-new-1"}
    assert paper.podctl("simulate", "--offline", "-f", path, "--without", "alpha", "-o", "json") == 3
    assert list(where(answered(capsys)).values()).count(None) == 2


def test_a_strategy_may_stand_in_the_inventory_and_the_flag_wins(paper, written, capsys):
    path = written(asking("a"), asking("b"))
    words = ("simulate", "--offline", "-o", "json", "-f", path)
    used = []
    for keys, flags in (({}, ()), ({"strategy": "binpack"}, ("--admit", "count")),
                        ({"strategy": "spread"}, ("--strategy", "binpack"))):  # fmt: skip
        assert paper.podctl(*words, *flags, **keys) == 0
        used.append(answered(capsys)["minions_used"])
    assert used == [1, 1, 1]


NOTHING = "-f is missing: the manifests to place; only --without and --with, and not with --offline, can go without it"
WRONG = {
    "nothing to place": (("simulate",), NOTHING),
    "nothing runs offline": (("simulate", "--offline", "--without", "alpha"), NOTHING),
    "a Minion that is none": (("simulate", "--without", "alhpa"), "{i}: there is no Minion alhpa: did you mean alpha?"),
    "like none": (("simulate", "-f", "{web}", "--with", "2", "--like", "betta"),
        "{i}: there is no Minion betta: did you mean beta?"),
    "more of no kind": (("simulate", "-f", "{web}", "--with", "2"),
        "each --with N needs its --like MINION, as in --with 3 --like alpha"),
    "a kind without a number": (("simulate", "-f", "{web}", "--like", "beta"),
        "each --with N needs its --like MINION, as in --with 3 --like alpha"),
    "number and kind in one": (("simulate", "-f", "{web}", "--with", "3:alpha"),
        "Invalid value for '--with': '3:alpha' is no number from 1 to 10000; say as --with 3 --like alpha"),
    "none more": (("simulate", "-f", "{web}", "--with", "0", "--like", "alpha"),
        "Invalid value for '--with': '0' is no number from 1 to 10000; say as --with 3 --like alpha"),
    "no such output": (("simulate", "-f", "{web}", "-o", "yaml"), "there is no output format 'yaml'"),
    "no such strategy": (("simulate", "-f", "{web}", "--strategy", "best"),
        "Invalid value for '--strategy': 'best' is not one of 'binpack', 'spread'."),
    "no such admission": (("diff", "-f", "{web}", "--admit", "all"),
        "Invalid value for '--admit': 'all' is not one of 'order', 'count'."),
}  # fmt: skip


@pytest.mark.parametrize("words, message", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_and_no_minion_is_asked(paper, written, capsys, words, message):
    names = {"web": written(asking("web")), "i": str(paper.inventory)}
    assert paper.podctl(*(word.format(**names) for word in words)) == 2
    captured = capsys.readouterr()
    assert (captured.out, paper.mark.exists()) == ("", False)
    assert captured.err.splitlines()[0] == f"error: {message.format(**names)}"


def test_offline_a_minion_that_does_not_say_what_it_has_is_an_error_that_says_what_to_add(paper, written, capsys):
    del paper.minions["beta"]["capacity"]["memory"]
    path = written(asking("web"))
    assert paper.podctl("simulate", "--offline", "-f", path) == 2
    assert capsys.readouterr().err == (
        f"error: {paper.inventory}: minions.beta.capacity: does not say its memory\n"
        "Hint: Without a connection nobody knows what a Minion has: say it as in `capacity: {cpu: 4, memory: 8Gi}`.\n"
    )
    assert paper.podctl("simulate", "--offline", "-f", path, "--without", "beta") == 0


def test_on_the_live_cluster_it_says_what_apply_would_do_and_only_looks(shop, written, capsys):
    shop.minion("alpha", asking("web")).minion("beta")
    assert shop.podctl("simulate", "-o", "json", "-f", written(asking("new", "4"))) == 0
    assert where(answered(capsys)) == {"default/new": "beta"}


def test_pods_of_a_minion_that_would_be_gone_need_no_file(shop, capsys):
    shop.minion("alpha", asking("web"), manifest("job", "batch")).minion("beta")
    assert shop.podctl("simulate", "--without", "alpha", "-o", "json") == 0
    answer = answered(capsys)
    assert where(answer) == {"batch/job": "beta", "default/web": "beta"}
    assert all(each["reasons"]["beta"].startswith("it was on alpha; ") for each in answer["placements"])


def test_a_silent_minion_is_exit_code_4_unless_it_is_thought_away(shop, written, capsys):
    path = written(asking("web"))
    key = PodKey("default", "web")
    entry = PodEntry(key=key, manifest=asking("web"), spec_hash="v1:0", uid="u", minion="beta")
    shop.minion("alpha", document=Document(cluster="shop", revision=1, keepers=("alpha",), pods={key: entry}))
    shop.silent("beta")
    assert shop.podctl("simulate", "-f", path) == 4
    shown = capsys.readouterr()
    assert "pod default/web waits:\n  it is on no Minion that answers\n  beta: has it, but is silent" in shown.out
    assert shown.err.startswith("minion beta did not answer: ")
    assert shop.podctl("simulate", "-f", path, "--without", "beta") == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines()[1].split()[:2] == ["default/web", "alpha"]
    assert shown.err == "warning: beta does not answer, so what it has is taken from what the cluster remembers\n"


def test_a_claim_that_is_nowhere_is_missed_as_apply_misses_it(shop, written, capsys):
    claiming = manifest(volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}])
    shop.minion("alpha")
    assert shop.podctl("simulate", "-f", written(claiming)) == 2
    assert "persistentvolumeclaim data is neither here nor in the cluster" in capsys.readouterr().err
    assert shop.podctl("simulate", "-f", written(CLAIM, claiming)) == 0


def test_a_claim_that_would_be_lost_is_named(shop, capsys):
    claiming = manifest(volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}])
    shop.minion("alpha", claiming, claims=("data",)).minion("beta")
    assert shop.podctl("simulate", "--without", "alpha") == 0
    assert capsys.readouterr().err == (
        "warning: claim default/data is on alpha and would be lost with it: its Pods would find it empty\n"
    )


def test_apply_says_how_many_minions_are_in_use_when_it_rehearses_or_something_waits(shop, written, capsys):
    web = PodEntry(
        key=PodKey("default", "web"), manifest=asking("web"), spec_hash="v1:0", uid="uid-default_web", minion="alpha"
    )
    known = Document(cluster="shop", revision=1, keepers=("alpha", "beta"), pods={web.key: web})
    shop.minion("alpha", asking("web"), document=known).minion("beta", document=known)
    assert shop.podctl("apply", "--dry-run", "-f", written(asking("new"))) == 0
    assert capsys.readouterr().err.splitlines()[-1].startswith("1 Minion in use")
    assert shop.podctl("diff", "-f", written(asking("huge", "99"))) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("1 Minion in use")


def completed(*words):
    *args, incomplete = words
    return [each.value for each in BashComplete(command_line, {}, "podctl", "_X").get_completions(args, incomplete)]


def test_names_of_minions_are_completed_from_the_inventory(paper):
    assert paper.podctl("simulate", "-f", "/nowhere") == 2  # by then the inventory is written
    path = str(paper.inventory)
    assert completed("simulate", "-i", path, "--without", "") == ["alpha", "beta"]
    assert completed("-i", path, "simulate", "--with", "2", "--like", "b") == ["beta"]
    assert completed("-i", "/nowhere.yaml", "simulate", "--like", "") == []
    assert completed("simulate", "--strategy", "") == ["binpack", "spread"]
