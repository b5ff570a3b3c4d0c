"""Who runs a command, and from which revision of its manifests."""

from __future__ import annotations

import socket
import subprocess

import click
import pytest

from podctl.commands import WORDS
from podctl.commands.common import caller
from podctl.commands.gitfolder import git_revision
from podctl.core.document.model import Caller


def git(folder, *words):
    who = ("-c", "user.name=Alice", "-c", "user.email=alice@example.com")
    done = subprocess.run(["git", "-C", str(folder), *who, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def manifests(tmp_path):
    """A folder `shop` of a repository of one commit."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "web.yaml").write_text("kind: Pod\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    return folder


def test_a_caller_is_this_user_on_this_machine_with_the_words_as_typed(monkeypatch):
    monkeypatch.setenv("LOGNAME", "alice")
    with click.Context(click.Command("apply")) as ctx:
        ctx.meta[WORDS] = ("apply", "-l", "app in (a, b)", "-f", "-")
        assert caller(["-"]) == Caller(
            who=f"alice@{socket.gethostname()}", command="apply -l 'app in (a, b)' -f -", git=""
        )


@pytest.mark.parametrize("words, command", [
    (("health", "--notify", "curl https://x/token"), "health --notify '***'"),
    (("health", "--notify=curl https://x/token", "-q"), "health '--notify=***' -q"),
])  # fmt: skip
def test_the_command_of_a_notice_is_not_told_as_a_token_may_stand_in_it(words, command):
    with click.Context(click.Command("health")) as ctx:
        ctx.meta[WORDS] = words
        assert caller().command == command


def test_the_revision_is_that_of_the_first_files_folder(manifests):
    commit = git(manifests, "rev-parse", "HEAD")[:10]
    assert git_revision([str(manifests / "web.yaml"), "/tmp"]) == commit
    assert git_revision(["-", str(manifests)]) == commit


@pytest.mark.parametrize("file", ["web.yaml", "new.yaml"])
def test_what_differs_from_it_below_that_folder_is_told(manifests, file):
    commit = git(manifests, "rev-parse", "HEAD")[:10]
    (manifests.parent / "elsewhere").write_text("")
    assert git_revision([str(manifests)]) == commit
    (manifests / file).write_text("kind: Secret\n")
    assert git_revision([str(manifests)]) == f"{commit}+changes"


def test_where_git_knows_nothing_there_is_no_revision(tmp_path, manifests, monkeypatch):
    bare = tmp_path / "bare"
    bare.mkdir()
    git(bare, "init", "-q")
    assert [git_revision(files) for files in ([], ["-"], ["/nowhere/web.yaml"], [str(bare)])] == ["", "", "", ""]
    monkeypatch.setenv("PATH", str(bare))
    assert git_revision([str(manifests)]) == ""
