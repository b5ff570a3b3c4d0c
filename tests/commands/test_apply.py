"""apply, diff and delete without docker: what is wrong is said before any Minion hears of it, with exit code 2."""

from __future__ import annotations

import json
import logging

import pytest
import yaml
from observed import manifest

from podctl.cli import run

CLAIM = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
         "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}  # fmt: skip
CLAIMING = manifest(volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}])


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
    "a Minion that is none": (("apply", "-f", "{web}", "--assume-empty", "alhpa"),
        "{inventory}: there is no Minion alhpa: did you mean alpha?"),
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
    "delete of a Minion": (("delete", "minion", "alpha"), "a Minion cannot be deleted"),
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


def test_a_claim_that_is_nowhere_is_missed_also_when_the_silent_minion_is_vouched_for(shop, written, capsys):
    """Docker would make a volume of its own for it, which nobody would ever find again."""
    shop.minion("alpha").silent("beta")
    assert shop.podctl("apply", "--dry-run", "--assume-empty", "beta", "-f", written(CLAIMING)) == 2
    assert "persistentvolumeclaim data is neither here nor in the cluster" in capsys.readouterr().err


def test_what_no_pod_uses_is_named_as_nothing_is_kept_of_it(shop, written, capsys):
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "site"}, "data": {"a": "b"}}
    assert shop.minion("alpha").podctl("apply", "--dry-run", "-f", written(config, CLAIM)) == 0
    assert capsys.readouterr().err.splitlines() == [
        "warning: configmap/site is used by no Pod in these files: nothing was done with it",
        "warning: persistentvolumeclaim/data is made with the first Pod that uses it, in one apply",
    ]


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


def test_a_silent_minion_holds_a_new_pod_back_and_is_named_with_the_way_out(shop, written, capsys):
    shop.minion("alpha").silent("beta")
    assert shop.podctl("apply", "--dry-run", "-f", written(manifest())) == 4
    error, reason, hint, *rest = capsys.readouterr().err.splitlines()
    assert error == "error: pod/web is not created: it is on no Minion that answers"
    assert reason.startswith("  beta: may have it, but is silent: ")
    assert hint == "Hint: If it is certain that it is not there either: the same apply with --assume-empty beta"
    assert rest[0].startswith("minion beta did not answer: ")
    assert shop.podctl("apply", "--dry-run", "--assume-empty", "beta", "-f", written(manifest())) == 4
    assert capsys.readouterr().out == "pod/web created (dry run)\n"


def test_a_diff_that_cannot_see_everything_is_above_1(shop, written, capsys):
    shop.minion("alpha").silent("beta")
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
        "Hint: Change what the reasons name, make room, or add a Minion; then run the same apply again.",
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
