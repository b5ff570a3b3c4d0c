"""apply, diff and delete without docker: what is wrong is said before any Minion hears of it, with exit code 2."""

from __future__ import annotations

import json
import logging

import pytest
import yaml
from observed import manifest

from podctl.cli import run
from podctl.core.document.model import Document, ObjectKey, PodEntry
from podctl.core.manifest import parse

CLAIM = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
         "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}  # fmt: skip
CLAIMING = manifest(volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}])


def entry(name, on, wanted=None):
    """The Pod as the Document names it; those of the canned answers have such uids."""
    wanted = wanted or manifest(name)
    (pod,) = parse([("pod.json", json.dumps(wanted))]).pods
    uid = f"uid-default_{name}" if on else ""
    return PodEntry(key=pod.key, manifest=wanted, spec_hash=pod.spec_hash, uid=uid, minion=on)


def memory(*entries, objects=()):
    keyed = {ObjectKey(each["kind"], "default", each["metadata"]["name"]): each for each in objects}
    pods = {each.key: each for each in entries}
    return Document(cluster="shop", revision=3, keepers=("alpha",), pods=pods, objects=keyed)


@pytest.fixture
def written(tmp_path):
    """Writes objects to a file that -f can name."""

    def write(*objects, name="web.yaml"):
        path = tmp_path / name
        path.write_text(yaml.safe_dump_all(objects))
        return str(path)

    return write


class Untouchable:
    """An inventory whose Minion must not be spoken to: its docker leaves a mark."""

    def __init__(self, folder):
        self.empty = folder / "empty.yaml"
        self.empty.write_text("# nothing\n")
        self.mark = folder / "was-asked"
        docker = folder / "docker"
        docker.write_text(f"#!/bin/sh\ntouch {self.mark}\nexit 1\n")
        docker.chmod(0o755)
        self.inventory = folder / "untouchable.yaml"
        minions = {"alpha": {"transport": "local", "docker": str(docker)}}
        self.inventory.write_text(yaml.safe_dump({"cluster": "shop", "minions": minions}))


@pytest.fixture
def untouchable(tmp_path):
    return Untouchable(tmp_path)


WRONG = {
    "no file": (("apply",), "Missing option '-f' / '--filename'."),
    "a file that is not there": (("apply", "-f", "/nowhere/web.yaml"), "/nowhere/web.yaml: No such file or directory"),
    "an unknown option": (("apply", "-f", "{web}", "--tiemout", "3s"),
        "No such option '--tiemout'. (Did you mean one of: '--lock-timeout', '--timeout'?)"),
    "a time that is none": (("apply", "-f", "{web}", "--timeout", "soon"),
        "Invalid value for '--timeout': 'soon' is no duration such as 90s, 5m or 1h30m"),
    "a way to rehearse that is none": (("apply", "-f", "{web}", "--dry-run=never"),
        "Invalid value for '--dry-run': 'never' is not one of 'none', 'client', 'server'."),
    "prune of everything": (("apply", "-f", "{web}", "--prune"),
        "--prune needs -l LABELS: without it all that is not in the files would go"),
    "labels without prune": (("apply", "-f", "{web}", "-l", "app=web"),
        "-l goes with --prune: apply itself takes all that is in the files"),
    "a word about the dead without failover": (("apply", "-f", "{web}", "--failover-after", "10m"),
        "--failover-after and --force go with --failover"),
    "force without failover": (("apply", "-f", "{web}", "--force"),
        "--failover-after and --force go with --failover"),
    "another namespace than -n says": (("apply", "-f", "{web}", "-n", "other"), None),
    "a wrong manifest": (("apply", "-f", "{wrong}"), None),
    "a manifest without objects": (("apply", "-f", "{empty}"), "{empty}: no objects"),
    "diff of a wrong manifest": (("diff", "-f", "{wrong}"), None),
    "diff of nothing": (("diff",), "Missing option '-f' / '--filename'."),
    "delete of nothing": (("delete",), "say what to delete"),
    "delete of a type alone": (("delete", "pods"), "say which pods to delete"),
    "delete of names and all": (("delete", "pods", "web", "--all"), "give names or --all, not both"),
    "delete of names and files": (("delete", "pod", "web", "-f", "{web}"),
        "-f names all that goes: leave out names, -l and --all"),
    "delete of a Minion": (("delete", "minion", "alpha"), "only Pods, ConfigMaps, Secrets and claims can be deleted"),
    "delete of what podctl has not": (("delete", "deployment", "web"), None),
    "delete without waiting": (("delete", "pod", "web", "--wait=false"),
        "delete always waits: there is no server that would finish the work later"),
    "an inventory that is not there": (("apply", "-f", "{web}", "-i", "/nowhere.yaml"),
        "/nowhere.yaml: No such file or directory (named by --inventory)"),
}  # fmt: skip


@pytest.mark.parametrize("words, message", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_and_no_minion_is_asked(untouchable, written, capsys, words, message):
    names = {
        "web": written(manifest()), "wrong": written({"kind": "Pod", "apiVersion": "v1"}, name="wrong.yaml"),
        "empty": str(untouchable.empty), "inventory": str(untouchable.inventory),
    }  # fmt: skip
    given = [word.format(**names) for word in words]
    code = run([*(() if "-i" in given else ("-i", str(untouchable.inventory))), *given])
    captured = capsys.readouterr()
    assert (code, captured.out, untouchable.mark.exists()) == (2, "", False)
    first = captured.err.splitlines()[0]
    assert first.startswith("error: ")
    assert first == f"error: {message.format(**names)}" if message else first


def test_a_dry_run_shows_what_would_be_done_and_only_looks(shop, written, capsys):
    shop.minion("alpha")
    assert shop.podctl("apply", "--dry-run", "-f", written(manifest())) == 0
    shown = capsys.readouterr()
    assert shown.out == "pod/web created (dry run)\n"
    first, last = shown.err.splitlines()
    assert first.startswith("+ pod default/web on alpha: only fit: ")
    assert last.startswith("1 Minion in use")


def test_a_diff_of_a_new_pod_shows_it_whole(shop, written, capsys):
    assert shop.minion("alpha").podctl("diff", "-f", written(manifest())) == 1
    shown = capsys.readouterr()
    assert shown.err == ""
    first, *lines = shown.out.splitlines()
    assert first.startswith("# pod default/web: would be created on alpha: only fit: ")
    assert lines[:3] == [
        "--- LIVE/v1.Pod.default.web",
        "+++ MERGED/v1.Pod.default.web",
        "@@ -0,0 +1,9 @@",
    ]


def test_a_claim_that_is_nowhere_is_missed_before_anything_is_made(shop, written, capsys):
    path = written(CLAIMING)
    assert shop.minion("alpha").podctl("apply", "--dry-run", "-f", path) == 2
    assert capsys.readouterr().err == (
        f"error: {path}:1: pod default/web: persistentvolumeclaim data is neither here nor in the cluster\n"
        "Hint: Add the PersistentVolumeClaim to the files of this apply.\n"
    )
    assert shop.podctl("apply", "--dry-run", "-f", written(CLAIM, CLAIMING)) == 0
    assert capsys.readouterr().out == "persistentvolumeclaim/data created (dry run)\npod/web created (dry run)\n"


def test_a_claim_that_is_nowhere_is_missed_also_when_a_minion_is_silent(shop, written, capsys):
    """Docker would make a volume of its own for it, which nobody would ever find again."""
    shop.minion("alpha").silent("beta")
    assert shop.podctl("apply", "--dry-run", "-f", written(CLAIMING)) == 2
    assert "persistentvolumeclaim data is neither here nor in the cluster" in capsys.readouterr().err


CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "site"}, "data": {"a": "b"}}


def test_what_no_pod_uses_is_kept_for_later_applies(shop, written, capsys):
    assert shop.minion("alpha").podctl("apply", "--dry-run", "-f", written(CONFIG, CLAIM)) == 0
    shown = capsys.readouterr()
    assert shown.out == "configmap/site created (dry run)\npersistentvolumeclaim/data created (dry run)\n"
    assert shown.err == ""


def claiming_site(name="web"):
    return manifest(name, containers=[{"name": "app", "image": "i:1", "envFrom": [{"configMapRef": {"name": "site"}}]}])


def test_what_is_neither_in_the_files_nor_remembered_is_missed(shop, written, capsys):
    shop.minion("alpha")
    for words in (("apply", "--dry-run"), ("simulate",)):
        assert shop.podctl(*words, "-f", written(claiming_site())) == 2
        assert ' "site" ' in capsys.readouterr().err


def test_what_the_files_lack_is_taken_from_what_is_remembered(shop, written, capsys):
    shop.minion("alpha", document=memory(objects=[CONFIG]))
    for command in ("apply", "simulate"):
        words = ("--dry-run",) if command == "apply" else ()
        assert shop.podctl(command, *words, "-f", written(claiming_site())) == 0
    assert capsys.readouterr().out.startswith("pod/web created (dry run)\n")


def test_a_pod_is_deleted_by_its_own_file_without_those_of_its_config(shop, written, capsys):
    env = [{"configMapRef": {"name": "elsewhere"}}]
    pod = manifest(containers=[{"name": "app", "image": "i:1", "envFrom": env}])
    assert shop.minion("alpha").podctl("delete", "-f", written(pod)) == 1
    assert capsys.readouterr().err == 'error: pods "web" not found\n'


def test_a_debugged_look_shows_every_command(shop, caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("podctl"), "level", logging.NOTSET)  # and back again after the test
    assert shop.minion("alpha").podctl("--debug", "get", "pods") == 0
    titles = [message.split(": ")[1] for message in caplog.messages]
    assert titles == [
        "list the containers", "list the volumes", "ask the engine for its version and capacity", "read resolv.conf",
        "read the address", "read the clock",
    ]  # fmt: skip
    assert caplog.messages[-1] == "alpha: read the clock: date +%s"


def test_a_pod_on_a_silent_minion_is_held_back_and_named_with_the_way_out(shop, written, capsys):
    shop.minion("alpha", document=memory(entry("web", "beta"))).silent("beta")
    assert shop.podctl("apply", "--dry-run", "-f", written(manifest("web"), manifest("new"))) == 4
    shown = capsys.readouterr()
    assert shown.out == "pod/new created (dry run)\n"
    _plan, error, reason, hint, *rest = shown.err.splitlines()
    assert error == "error: pod/web is not created: beta may have it"
    assert reason.startswith("  beta: has it, but is silent: ")
    assert hint.startswith("Hint: It goes on when that Minion answers again. If that is dead for good: ")
    assert rest[1].startswith("minion beta did not answer: ")


def test_the_operators_word_places_it_elsewhere_and_the_plan_says_that_a_copy_may_still_run(shop, written, capsys):
    shop.minion("alpha", document=memory(entry("web", "beta"), entry("other", "beta"))).silent("beta")
    assert shop.podctl("apply", "--dry-run", "--failover", "-f", written(manifest("web"))) == 4
    shown = capsys.readouterr()
    assert shown.out == "pod/web created (dry run)\npod/other created (dry run)\n"
    assert shown.err.startswith("+ pod default/web on alpha: beta is silent: ")
    assert shown.err.splitlines()[0].endswith("; a copy may still run there; only fit: asks for no cpu and no memory")


def test_a_rehearsal_says_that_the_apply_itself_would_refuse(shop, written, capsys):
    shop.minion("alpha").silent("beta")
    assert shop.podctl("apply", "--dry-run", "-f", written(manifest("web"))) == 4
    assert capsys.readouterr().err.splitlines()[0] == (
        "warning: as it is now, apply would change nothing: no Document is in sight, and beta may hold it"
    )


def test_a_rehearsal_where_pods_run_and_no_document_names_them_is_no_success(shop, written, capsys):
    shop.minion("alpha", manifest("old"))
    assert shop.podctl("apply", "--dry-run", "-f", written(manifest("web"))) == 4
    shown = capsys.readouterr()
    assert shown.out == "pod/web created (dry run)\n"
    assert shown.err.splitlines()[0] == (
        "warning: as it is now, apply would change nothing: there are Pods on alpha, but no Document that names them"
    )


def test_a_pod_on_a_minion_that_the_inventory_lacks_is_held_back_and_named_with_the_way_out(shop, written, capsys):
    shop.minion("alpha", document=memory(entry("web", "beta")))
    assert shop.podctl("apply", "--dry-run", "-f", written(manifest("web"))) == 4
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "error: pod/web is not created: beta may have it\n" in shown.err
    assert "minion beta is out of sight: it is not in this inventory, and the cluster remembers " in shown.err
    assert "Hint: Put it back into the inventory; if it is gone for good: podctl apply --failover " in shown.err


def test_a_claim_that_a_pod_uses_is_not_pruned_from_under_it(shop, written, capsys):
    user = manifest("user")
    labelled = {**CLAIM, "metadata": {**CLAIM["metadata"], "labels": {"app": "shop"}}}
    known = memory(entry("user", "alpha", user), objects=[labelled])
    shop.minion("alpha", user, claims=("data",), document=known)
    for words in ((), ("--dry-run",)):
        command = ("apply", "--prune", "-l", "app=shop", "--yes", *words)
        assert shop.podctl(*command, "-f", written(manifest("new"))) == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        assert shown.err.startswith("error: persistentvolumeclaim data is in use by pod default/user; ")


def test_what_is_pruned_is_not_failed_over(shop, written, capsys):
    old = manifest("old", labels={"app": "shop"})
    shop.minion("alpha", document=memory(entry("old", "beta", old))).silent("beta")
    words = ("apply", "--dry-run", "--failover", "--prune", "-l", "app=shop", "-f", written(manifest("new")))
    assert shop.podctl(*words) == 4
    assert capsys.readouterr().out == "pod/new created (dry run)\npod/old pruned (dry run)\n"


def test_a_minion_that_is_silent_for_the_first_time_is_not_dead_after_ten_minutes(shop, written, capsys):
    shop.minion("alpha", document=memory(entry("web", "beta"))).silent("beta")
    words = ("apply", "--dry-run", "--failover", "--failover-after", "10m", "-f", written(manifest("web")))
    assert shop.podctl(*words) == 4
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "note: pod/web is not failed over: beta is silent for the first time; " in shown.err


def test_what_is_pruned_is_told_of_in_a_rehearsal(shop, written, capsys):
    labelled = manifest("old", labels={"app": "shop"})
    config = {**CONFIG, "metadata": {"name": "site", "labels": {"app": "shop"}}}
    known = memory(entry("old", "alpha", labelled), objects=[config])
    shop.minion("alpha", labelled, document=known)
    words = ("apply", "--dry-run", "--prune", "-l", "app=shop", "-f", written(manifest("new")))
    assert shop.podctl(*words) == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "pod/new created (dry run)", "pod/old pruned (dry run)", "configmap/site pruned (dry run)",
    ]  # fmt: skip
    assert shown.err.splitlines()[0] == "- pod default/old on alpha: deleted"


def test_a_pod_that_waits_for_room_is_tried_by_every_apply_and_fails_none(shop, written, capsys):
    huge = manifest("huge", containers=[{"name": "app", "image": "i:1", "resources": {"requests": {"cpu": "64"}}}])
    shop.minion("alpha", document=memory(entry("huge", "", huge), entry("small", "")))
    assert shop.podctl("apply", "--dry-run", "-f", written(manifest("new"))) == 0
    shown = capsys.readouterr()
    assert shown.out == "pod/new created (dry run)\npod/small created (dry run)\n"
    assert "note: pod/huge of an earlier apply still waits: fits nowhere even when empty: " in shown.err


def test_a_diff_that_cannot_see_everything_is_above_1(shop, written, capsys):
    shop.minion("alpha", document=memory(entry("web", "beta"))).silent("beta")
    assert shop.podctl("diff", "-f", written(manifest())) == 4
    assert capsys.readouterr().out == ""


def test_a_pod_that_fits_nowhere_exits_3_with_a_reason_a_minion(shop, written, capsys):
    shop.minion("alpha").minion("beta")
    huge = manifest(containers=[{"name": "app", "image": "i:1", "resources": {"requests": {"cpu": "64"}}}])
    assert shop.podctl("apply", "--dry-run", "-f", written(huge)) == 3
    assert capsys.readouterr().err.splitlines() == [
        "error: pod/web is not created: it fits on no Minion",
        "  fits nowhere even when empty: the largest has 4 cpu, it asks 64",
        "  alpha: cpu: 64 asked, 4 free of 4",
        "  beta: cpu: 64 asked, 4 free of 4",
        "Hint: Change what the reasons name, make room, or add a Minion; the next apply tries it again.",
    ]


def test_manifests_come_from_a_folder_and_from_json(shop, tmp_path, capsys):
    folder = tmp_path / "manifests"
    (folder / "deeper").mkdir(parents=True)
    (folder / "a.yaml").write_text(yaml.safe_dump(manifest("a")))
    (folder / "b.json").write_text(json.dumps(manifest("b")))
    (folder / "notes.txt").write_text("not a manifest")
    (folder / "deeper" / "c.yml").write_text(yaml.safe_dump(manifest("c")))
    shop.minion("alpha")
    assert shop.podctl("apply", "--dry-run", "-f", str(folder)) == 0
    assert capsys.readouterr().out == "pod/a created (dry run)\npod/b created (dry run)\n"
    assert shop.podctl("apply", "--dry-run", "-R", "-f", str(folder)) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "pod/c created (dry run)"
