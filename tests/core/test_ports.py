"""The words of `port-forward`."""

from __future__ import annotations

import pytest

from podctl.core.ports import Address, Forwarding, parse_addresses, parse_forwarding
from podctl.errors import InputError

NAMED = {"http": (80, "TCP"), "8080-tcp": (8080, "TCP"), "dns": (53, "UDP")}
V4, V6 = Address(host="127.0.0.1"), Address(host="::1", optional=True)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("80", (80, 80)),
        ("8080:80", (8080, 80)),
        (":80", (0, 80)),
        ("0:80", (0, 80)),
        ("http", (80, 80)),
        ("8080:http", (8080, 80)),
        (":8080-tcp", (0, 8080)),
    ],
)
def test_ports_are_given_as_for_kubectl(text, meant):
    assert parse_forwarding(text, NAMED) == Forwarding(local=meant[0], remote=meant[1])


@pytest.mark.parametrize("text", ["", ":", "80:", "a:80", "1:2:3", "0", "65536", "65536:80", "-1", "dns", "nope", "٨٠"])
def test_what_is_no_tcp_port_is_wrong_input(text):
    with pytest.raises(InputError):
        parse_forwarding(text, NAMED)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("localhost", (V4, V6)),
        ("0.0.0.0", (Address(host="0.0.0.0"),)),
        ("10.0.0.1, ::1", (Address(host="10.0.0.1"), Address(host="::1"))),
        ("localhost,127.0.0.1", (V4, V6)),
    ],
)
def test_addresses_come_in_their_order_and_each_once(text, meant):
    assert parse_addresses(text) == meant


@pytest.mark.parametrize("text", ["", "example.com", "1.2.3", "::1,"])
def test_a_name_is_no_address(text):
    with pytest.raises(InputError):
        parse_addresses(text)


def test_an_address_of_six_stands_in_brackets():
    assert (V4.text, V6.text) == ("127.0.0.1", "[::1]")
