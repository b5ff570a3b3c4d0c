"""From an inventory and an ssh_config to a login, without any network."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest

from podctl.core.model import Minion
from podctl.errors import InventoryError
from podctl.transport import sshconfig
from podctl.transport.target import SshTarget, Surroundings, resolve

HERE = Surroundings(home="/home/me", user="me", hostname="laptop", agent="/run/agent")
ALPHA = Minion(name="alpha", address="web")
PLAIN = SshTarget(
    title="Minion alpha",
    host="web",
    port=22,
    user="me",
    identity_files=("/home/me/.ssh/id_ed25519", "/home/me/.ssh/id_ecdsa", "/home/me/.ssh/id_rsa"),
    identities_given=False,
    identities_only=False,
    agent="/run/agent",
    host_key_name="web",
    known_hosts=(
        "/home/me/.ssh/known_hosts",
        "/home/me/.ssh/known_hosts2",
        "/etc/ssh/ssh_known_hosts",
        "/etc/ssh/ssh_known_hosts2",
    ),
    connect_timeout_seconds=10,
    keepalive_seconds=5,
    silence_seconds=10,
)


def target(text, minion=ALPHA, files=None):
    def include(pattern, _file):
        return [(name, content) for name, content in (files or {}).items() if sshconfig.matches([pattern], name)]

    return resolve(minion, sshconfig.parse(text, "config", include), HERE)


def problems(text, minion=ALPHA):
    with pytest.raises(InventoryError) as caught:
        target(text, minion)
    return caught.value.problems


def but(**values):
    return dataclasses.replace(PLAIN, **values)


def test_nothing_said_gives_the_defaults_of_ssh():
    assert target("") == PLAIN
    assert target("# Host web\n\n   \nHost db\n  User nobody\n") == PLAIN


def test_the_name_of_a_minion_without_an_address_is_looked_up():
    assert target("Host alpha\n HostName 192.0.2.1\n", Minion(name="alpha")).host == "192.0.2.1"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("HostName 192.0.2.1", {"host": "192.0.2.1", "host_key_name": "192.0.2.1"}),
        ("HostName %h.Example.org", {"host": "web.Example.org", "host_key_name": "web.example.org"}),
        ("Port 2222", {"port": 2222, "host_key_name": "[web]:2222"}),
        ("Port=2222\nHostKeyAlias shop", {"port": 2222, "host_key_name": "shop"}),
        ("user = deploy # the one", {"user": "deploy"}),
        ('User "deploy"', {"user": "deploy"}),
        ("IdentitiesOnly yes", {"identities_only": True}),
        ("IdentityAgent none", {"agent": None}),
        ("IdentityAgent ~/agent", {"agent": "/home/me/agent"}),
        (
            "IdentityFile ~/.ssh/%r@%h.%u\nIdentityFile %d/100%%",
            {"identity_files": ("/home/me/.ssh/me@web.me", "/home/me/100%"), "identities_given": True},
        ),
        ("ConnectTimeout 3", {"connect_timeout_seconds": 3, "keepalive_seconds": 1.5, "silence_seconds": 3}),
        ("ServerAliveInterval 7", {"keepalive_seconds": 7, "silence_seconds": 21}),
        ("ServerAliveInterval 7\nServerAliveCountMax 1", {"keepalive_seconds": 7, "silence_seconds": 7}),
        ("ServerAliveInterval 0", {}),
        ("AddressFamily inet6\nBindAddress 192.0.2.9", {"address_family": "inet6", "bind_address": "192.0.2.9"}),
        ("BatchMode yes", {"batch": True}),
        (
            "UserKnownHostsFile ~/a /b\nGlobalKnownHostsFile none",
            {"known_hosts": ("/home/me/a", "/b", "/dev/null")},
        ),
        ("ProxyCommand none\nProxyJump none", {}),
        ("ForwardAgent yes\nCiphers aes128-ctr\nFrobnicate 7", {}),
    ],
    ids=lambda value: value.replace("\n", "; ") if isinstance(value, str) else "",
)
def test_a_keyword_means_what_ssh_config_says(text, values):
    assert target(text) == but(**values)


def test_the_inventory_wins():
    minion = Minion(
        name="alpha", address="web", user="deploy", port=2200, identity_file="~/key", known_hosts="~/known",
        host_key_alias="shop", proxy_jump="none", connect_timeout_seconds=4,
    )  # fmt: skip
    text = """
        User other
        Port 1
        IdentityFile /other
        UserKnownHostsFile /other
        HostKeyAlias other
        ProxyJump other
        ConnectTimeout 99
    """
    assert target(text, minion) == but(
        user="deploy", port=2200, identity_files=("/home/me/key",), identities_given=True,
        known_hosts=("/home/me/known",), host_key_name="shop", connect_timeout_seconds=4,
        keepalive_seconds=2, silence_seconds=4,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("Host web\n User a\nHost *\n User b", "a"),
        ("Host w?b !web\n User a\nHost *\n User b", "b"),
        ("Host db web\n User a", "a"),
        ("Host w[e]b\n User a", "me"),
        ("Match host web\n User a", "a"),
        ("Match originalhost db,w*\n User a", "a"),
        ("Match !host web\n User a", "me"),
        ("Match localuser me host web\n User a", "a"),
        ("Match localuser you\n User a", "me"),
        ("Match all\n User a", "a"),
        ("HostName big\nMatch host big\n User a", "a"),
        ("Match final host big\n User a\nHost web\n HostName big", "a"),
        ("Match final\n User late\nHost *\n User early", "early"),
        ("Match host=web\n User a", "a"),
        ("Match exec false host db\n User a", "me"),
        ("Match exec true\n Ciphers aes128-ctr", "me"),
    ],
)
def test_blocks_count_as_ssh_counts_them(text, user):
    assert target(text).user == user


def test_a_user_of_the_inventory_decides_a_match():
    minion = dataclasses.replace(ALPHA, user="deploy")
    assert target("Match user deploy\n Port 7", minion).port == 7


def test_included_files_stand_in_the_place_of_the_line_and_in_its_block():
    files = {"d/1": "User one\nHost db\n Port 5\n", "d/2": "Host web\n Port 2\n"}
    assert target("Host web\n Include d/*\n Port 9\n", files=files) == but(user="one", port=2, host_key_name="[web]:2")
    assert target("Host db\n Include d/*\nHost *\n Port 9\n", files=files).port == 9


def test_jumps_are_logins_of_their_own():
    found = target("Host gw\n HostName 192.0.2.1\n User jump\n Port 2222\nHost web\n ProxyJump gw\n")
    assert found == but(
        jump=but(title="bastion gw", host="192.0.2.1", port=2222, user="jump", host_key_name="[192.0.2.1]:2222")
    )


def test_several_jumps_lead_through_each_other():
    minion = dataclasses.replace(ALPHA, proxy_jump="a@one:1,ssh://two:2,[fd00::1]:3")
    hops = []
    found = target("", minion).jump
    while found:
        hops.append((found.user, found.host, found.port))
        found = found.jump
    assert hops == [("me", "fd00::1", 3), ("me", "two", 2), ("a", "one", 1)]


def test_two_minions_behind_one_bastion_have_equal_jumps():
    text = "Host gw\n ProxyJump none\nHost *\n ProxyJump gw\n"
    assert target(text).jump == target(text, Minion(name="bravo", address="db", user="other")).jump


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Host web\n ProxyCommand nc %h %p", "config:2: Minion alpha: proxycommand is not supported: use ProxyJump"),
        ("PKCS11Provider /lib/x.so", "config:1: Minion alpha: pkcs11provider is not supported: load the token"),
        ("CertificateFile ~/c", "config:1: Minion alpha: certificatefile is not supported"),
        ("KnownHostsCommand /bin/x", "config:1: Minion alpha: knownhostscommand is not supported"),
        ("RevokedHostKeys /x", "config:1: Minion alpha: revokedhostkeys is not supported"),
        ("CanonicalizeHostname yes", "config:1: Minion alpha: canonicalizehostname is not supported"),
        ('Match exec "test -e x"\n User a', "config:2: Minion alpha: Match exec is not supported, and user depends"),
        ("Match canonical\n Port 1", "config:2: Minion alpha: Match canonical is not supported, and port depends"),
        ("Match localnetwork 10.0.0.0/8\n ProxyJump gw", "config:2: Minion alpha: Match localnetwork is not"),
        ("Port many", "config:1: port: many is no number"),
        ("IdentityFile %x", "config:1: identityfile: %x is not supported"),
        ("ProxyJump a@b@c:x", "ProxyJump a@b@c:x: 'a@b@c:x' is not [user@]host[:port]"),
        ("Host *\n ProxyJump web", "bastion web: more than 8 bastions"),
        ("Port", "config:1: Port has no value"),
        ("Match host", "config:1: Match host has no argument"),
    ],
)
def test_what_changes_the_way_in_and_is_not_supported_is_named_with_its_line(text, told):
    assert [problem for problem in problems(text) if problem.startswith(told)] != []


def test_all_problems_are_told_at_once():
    assert len(problems("ProxyCommand nc\nCertificateFile x\nMatch exec true\n User a\n")) == 3


def test_a_keyword_of_the_inventory_is_not_missed_in_the_file():
    minion = dataclasses.replace(ALPHA, proxy_jump="none", user="me")
    assert target("ProxyCommand nc %h %p\nMatch exec true\n User a\n", minion) == PLAIN


def test_files_that_include_each_other_end():
    with pytest.raises(InventoryError, match="loop:1: more than 16 files include each other"):
        target("Include loop\n", files={"loop": "Include loop\n"})


def test_real_files_are_read_with_their_includes(tmp_path):
    folder = tmp_path / ".ssh"
    folder.mkdir()
    (folder / "config").write_text("Include conf.d/*\nInclude ~/more\nInclude nothing/*\n")
    (folder / "conf.d").mkdir()
    (folder / "conf.d" / "a").write_text("User a\n")
    (tmp_path / "more").write_text("User b\nPort 7\n")
    found = resolve(ALPHA, sshconfig.load(None, str(tmp_path)), HERE)
    assert (found.user, found.port) == ("a", 7)
    assert sshconfig.load("/dev/null", str(tmp_path)) == ()
    with pytest.raises(InventoryError, match="cannot be read"):
        sshconfig.load("~/none", str(tmp_path))


def test_paramiko_is_not_imported_before_a_minion_needs_it():
    text = "import sys, podctl.transport.connect; sys.exit('paramiko' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", text], check=False).returncode == 0
