"""known_hosts files, held against what ssh-keygen makes of them."""

from __future__ import annotations

import base64
import dataclasses

import pytest
from test_target import PLAIN

from podctl.errors import ConnectError
from podctl.transport.hostkeys import HostKey, Verdict, fingerprint, judge, known_as, load, parse, verify


def blob(kind, text):
    name = kind.encode()
    return len(name).to_bytes(4, "big") + name + text


ED, ED2, RSA = blob("ssh-ed25519", b"1"), blob("ssh-ed25519", b"2"), blob("ssh-rsa", b"3")
ED_TEXT, ED2_TEXT, RSA_TEXT = (base64.b64encode(each).decode() for each in (ED, ED2, RSA))


def key(names, kind, data, line, *, revoked=False):
    return HostKey(names=names, type=kind, blob=data, revoked=revoked, place=f"f:{line}")


def known(text, name):
    return tuple(each.place for each in known_as(name, parse(text, "f")))


def test_lines_are_keys_and_what_cannot_be_read_is_left_out():
    text = f"""# comment
web,192.0.2.1 ssh-ed25519 {ED_TEXT} me@laptop

@revoked * ssh-rsa {RSA_TEXT}
@cert-authority *.example.org ssh-rsa {RSA_TEXT}
web ssh-rsa not/base64!
short line
"""
    assert tuple(parse(text, "f")) == (
        key("web,192.0.2.1", "ssh-ed25519", ED, 2),
        key("*", "ssh-rsa", RSA, 4, revoked=True),
    )
    assert tuple(parse("", "f")) == ()


@pytest.mark.parametrize(
    ("names", "name", "found"),
    [
        ("web", "web", True), ("WEB", "web", True), ("web", "db", False), ("db,web", "web", True),
        ("*.example.org", "a.example.org", True), ("*,!web", "web", False), ("w?b", "web", True),
        ("[web]:2222", "[web]:2222", True), ("web", "[web]:2222", False), ("[web]:2222", "web", False),
        ("[*]:2222", "[web]:2222", True),
        # ssh-keygen -H of "web"
        ("|1|4ZgnU2SqU6S8pEOyMPXAvh3+1QQ=|AAAA", "web", False), ("|1|broken", "web", False),
    ],
)  # fmt: skip
def test_names_match_as_sshd_says(names, name, found):
    assert bool(known(f"{names} ssh-ed25519 {ED_TEXT}\n", name)) is found


def test_a_key_is_judged_by_all_lines():
    web, other, rsa = (
        key("web", "ssh-ed25519", ED, 1),
        key("web", "ssh-ed25519", ED2, 2),
        key("web", "ssh-rsa", RSA, 3),
    )
    gone = key("*", "ssh-ed25519", ED, 4, revoked=True)
    assert judge(ED, ()) == (Verdict.UNKNOWN, None)
    assert judge(ED, (rsa, web)) == (Verdict.KNOWN, web)
    assert judge(ED, (rsa, other)) == (Verdict.CHANGED, other)
    assert judge(ED, (rsa,)) == (Verdict.CHANGED, rsa)
    assert judge(ED, (web, gone)) == (Verdict.REVOKED, gone)
    assert judge(ED2, (gone,)) == (Verdict.UNKNOWN, None)


def test_a_fingerprint_is_that_of_ssh_keygen():
    # printf '%s' 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE…' | ssh-keygen -lf -: SHA256 of the blob, base64, no padding
    assert fingerprint(b"") == "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"


def test_files_that_are_not_there_hold_no_keys(tmp_path):
    (tmp_path / "b").write_text(f"web ssh-ed25519 {ED_TEXT}\n")
    found = load([str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path)])
    assert [each.place for each in found] == [f"{tmp_path}/b:1"]


def test_the_command_that_adds_an_unknown_key_goes_the_same_way_in():
    jump = dataclasses.replace(PLAIN, title="bastion gw", host="192.0.2.1", user="jump", port=2200)
    target = dataclasses.replace(PLAIN, host_key_name="shop", port=2222, known_hosts=("/k",), jump=jump)
    with pytest.raises(ConnectError) as caught:
        verify(target, "ssh-ed25519", ED, ())
    assert caught.value.hint.endswith(
        "add it by logging in once: ssh -o UserKnownHostsFile=/k -o HostKeyAlias=shop -J jump@192.0.2.1:2200 -p 2222 "
        "me@web true"
    )
