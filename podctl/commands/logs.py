"""`podctl logs`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from podctl.commands.common import duration, namespaced, open_session, say_errors, where
from podctl.core.logview import LogOptions, check_concurrency, log_requests, parse_since_time
from podctl.core.model import PodKey
from podctl.core.reach import find_pod, parse_pod, select_pods
from podctl.core.selectors import parse_selector
from podctl.errors import ExitCode, worst

if TYPE_CHECKING:
    from podctl.core.model import Cluster, Inventory, ObservedPod
    from podctl.errors import PodctlError

_TAIL_OF_MANY = 10


@click.command()
@click.argument("pod", required=False, metavar="[POD]")
@click.argument("positional", required=False, metavar="[CONTAINER]")
@namespaced
@click.option("-c", "--container", default="", metavar="NAME", help="Which container; else the Pod's first.")
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, over restarts, until the container ends.")
@click.option("-p", "--previous", is_flag=True,
              help="What was logged before the present run: by all earlier runs, as far as it is kept.")  # fmt: skip
@click.option("-l", "--selector", default="", metavar="LABELS", help="Of all Pods with these labels.")
@click.option("--all-containers", is_flag=True, help="Of all containers of the Pod.")
@click.option("--tail", type=int, metavar="LINES", help="The last lines alone; -1 for all. [default: -1; 10 with -l]")
@click.option("--since", type=duration, metavar="DURATION", help="What is younger than that, e.g. 90s, 5m, 1h30m.")
@click.option("--since-time", metavar="TIME", help="What came after that, e.g. 2026-11-22T16:00:00Z.")
@click.option("--timestamps", is_flag=True, help="Put the time before each line.")
@click.option("--prefix", is_flag=True, help="Put [pod/POD/CONTAINER] before each line.")
@click.option("--limit-bytes", type=click.IntRange(min=1), metavar="BYTES", help="So much of each log at most.")
@click.option("--max-log-requests", type=click.IntRange(min=1), default=5, show_default=True,
              help="How many logs may be followed at once.")  # fmt: skip
@click.option("--ignore-errors", is_flag=True, help="A log that cannot be shown does not end the others.")
@where
def logs(
    inventory: Inventory,
    pod: str | None,
    positional: str | None,
    *,
    namespace: str,
    container: str,
    follow: bool,
    previous: bool,
    selector: str,
    all_containers: bool,
    tail: int | None,
    since: float | None,
    since_time: str | None,
    timestamps: bool,
    prefix: bool,
    limit_bytes: int | None,
    max_log_requests: int,
    ignore_errors: bool,
) -> ExitCode:
    """Print the logs of a Pod's container: both its streams, on stdout.

    For example: podctl logs web; podctl logs -f web -c app --tail 20; podctl logs -l app=web --prefix.
    """
    container = _check(
        pod=pod, positional=positional, container=container, selector=selector, since=since, since_time=since_time,
        all_containers=all_containers,
    )  # fmt: skip
    from podctl.engine.logs import Logs  # noqa: PLC0415 - only when there is something to fetch

    wanted, name = parse_selector(selector), parse_pod(pod) if pod else ""
    options = LogOptions(
        follow=follow, previous=previous, tail=_tail(tail, by_selector=bool(selector)), since_seconds=since,
        since_time=parse_since_time(since_time) if since_time else None, timestamps=timestamps, prefix=prefix,
        limit_bytes=limit_bytes,
    )  # fmt: skip
    with open_session(inventory) as session:
        cluster = session.look()
        pods: tuple[ObservedPod, ...] = (
            (find_pod(cluster, PodKey(namespace, name)),) if name else select_pods(cluster, namespace, wanted)
        )
        clocks = {each.minion.name: each.now for each in cluster.minions if each.now}
        requests, notes = log_requests(pods, container, options, clocks, every=all_containers)
        say_errors(notes if pods else [f"No resources found in {namespace} namespace."])
        check_concurrency(requests, max_log_requests)
        code = Logs(session, options, sys.stdout.buffer, _tell if ignore_errors else None).run(requests)
    return code if name else worst([code, _of_the_silent(cluster)])


def _check(
    *,
    pod: str | None,
    positional: str | None,
    container: str,
    selector: str,
    since: float | None,
    since_time: str | None,
    all_containers: bool,
) -> str:
    """The container that is asked for. UsageError for words that contradict each other."""
    if bool(pod) == bool(selector):
        raise click.UsageError("expected 'logs [-f] [-p] POD [-c CONTAINER]', or -l SELECTOR in the place of POD")
    if since is not None and since_time:
        raise click.UsageError("at most one of `sinceTime` or `sinceSeconds` may be specified")
    if positional and container:
        raise click.UsageError("only one of -c or an inline [CONTAINER] arg is allowed")
    if all_containers and (positional or container):
        raise click.UsageError("--all-containers=true should not be specified with container name")
    return positional or container


def _tail(tail: int | None, *, by_selector: bool) -> int | None:
    if tail is None:
        return _TAIL_OF_MANY if by_selector else None
    return tail if tail >= 0 else None


def _tell(error: PodctlError) -> None:
    say_errors([f"error: {error.message}", *(f"  {line}" for line in error.evidence.splitlines())])


def _of_the_silent(cluster: Cluster) -> ExitCode:
    """Names the Minions that did not answer: they may have Pods with these labels."""
    say_errors(f"minion {each.minion.name} did not answer: {each.problem}" for each in cluster.silent)
    return ExitCode.UNREACHABLE if cluster.silent else ExitCode.DONE
