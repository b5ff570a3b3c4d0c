"""`podctl port-forward`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podctl.commands.common import namespaced, open_session, say_errors, where
from podctl.core.model import PodKey
from podctl.core.ports import parse_addresses, parse_forwarding
from podctl.core.reach import container_ports, find_pod, parse_pod, pod_address
from podctl.engine.forward import Destination, Forward, close_all, listen

if TYPE_CHECKING:
    from podctl.core.model import Inventory
    from podctl.errors import PodctlError


@click.command("port-forward")
@click.argument("pod")
@click.argument("ports", nargs=-1, required=True, metavar="[LOCAL:]REMOTE...")
@namespaced
@click.option("--address", default="localhost", show_default=True, metavar="ADDRESS[,...]",
              help="Where to listen; 0.0.0.0 lets every machine in.")  # fmt: skip
@where
def port_forward(inventory: Inventory, pod: str, ports: tuple[str, ...], *, namespace: str, address: str) -> None:
    """Reach a Pod's ports from this machine, until Ctrl-C; nothing has to be published.

    For example: podctl port-forward web 8080:80; podctl port-forward web :http (any free port here).
    """
    addresses = parse_addresses(address)
    key = PodKey(namespace, parse_pod(pod))
    with open_session(inventory) as session:
        found = find_pod(session.look(), key)
        forwardings = [parse_forwarding(each, container_ports(found)) for each in ports]
        host, infra = pod_address(found)
        destination = Destination(address=host, infra=infra, title=f"pod {key} on Minion {found.minion}")
        listeners = listen(addresses, forwardings)
        try:
            for each in listeners:
                click.echo(each.line)
            Forward(session.transport(found.minion), destination, say=click.echo, tell=_tell).run(listeners)
        finally:
            close_all(listeners)


def _tell(error: PodctlError) -> None:
    say_errors([f"error: {error.message}", *([f"Hint: {error.hint}"] if error.hint else [])])
