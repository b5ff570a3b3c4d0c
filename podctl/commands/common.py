"""What commands share: the options that say where, the inventory that they lead to, and a session with its Minions."""

from __future__ import annotations

import logging
import os
import re
import sys
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from podctl.commands import WORDS
from podctl.core.inventory import LOCAL, parse_inventory
from podctl.core.inventory_values import STRATEGIES
from podctl.core.kept_objects import MASK
from podctl.errors import InventoryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from podctl.core.document.model import Caller
    from podctl.core.model import Inventory
    from podctl.core.placement.model import Admit, Strategy
    from podctl.engine.session import Session


_NOTIFY = "--notify"


def _remember(name: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    def callback(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        del param
        if value:
            ctx.ensure_object(dict)[name] = value
        return value

    return callback


def where(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds -i and --debug (also accepted before the command's name) and hands the Inventory on as `inventory`."""

    @click.option("-i", "--inventory", "_inventory", expose_value=False, metavar="FILE", type=click.Path(),
                  callback=_remember("inventory"),
                  help="The inventory; else $PODCTL_INVENTORY, else ./inventory.yaml.")  # fmt: skip
    @click.option("--debug", "_debug", is_flag=True, expose_value=False, callback=_remember("debug"),
                  help="Show every command that runs on a Minion, and tracebacks.")  # fmt: skip
    @click.pass_context
    @wraps(command)
    def run(ctx: click.Context, /, *args: Any, **kwargs: Any) -> Any:
        settings = ctx.ensure_object(dict)
        if settings.get("debug"):
            logging.basicConfig(stream=sys.stderr, format="debug: %(message)s")
            logging.getLogger("podctl").setLevel(logging.DEBUG)
        return command(*args, inventory=read_inventory(settings.get("inventory")), **kwargs)

    return run


def namespaced(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds -n/--namespace, handed on as `namespace`."""
    return click.option("-n", "--namespace", default="default", show_default=True, metavar="NAME",
                        help="The namespace to look in.")(command)  # fmt: skip


def namespace_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds -n/--namespace for commands that read manifests: None when it is not given."""
    return click.option(
        "-n", "--namespace", metavar="NAME", help="For objects that name no namespace; others must agree."
    )(command)


def placing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --strategy and --admit, handed on as `policy`. Stands below `where`: the inventory may name a strategy."""

    @click.option("--strategy", type=click.Choice(STRATEGIES),
                  help="As few Minions as possible, or all evenly; else the inventory's, else binpack.")  # fmt: skip
    @click.option("--admit", type=click.Choice(["order", "count"]), default="order", show_default=True,
                  help="Who waits when not all fit: who comes later, or as few Pods as possible.")  # fmt: skip
    @wraps(command)
    def run(*args: Any, inventory: Inventory, strategy: Strategy | None, admit: Admit, **kwargs: Any) -> Any:
        from podctl.core.placement import Policy  # noqa: PLC0415 - only where something is placed

        policy = Policy(strategy=strategy or inventory.strategy, admit=admit)
        return command(*args, inventory=inventory, policy=policy, **kwargs)

    return run


def dry_run_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --dry-run as kubectl has it (alone, or =client, =server, =none), handed on as a bool."""
    return click.option(
        "--dry-run", is_flag=False, flag_value="client", default="none", metavar="",
        type=click.Choice(["none", "client", "server"]), callback=lambda _ctx, _param, value: value != "none",
        help="Show what would be done and do nothing.",
    )(command)  # fmt: skip


class _Duration(click.ParamType):  # type: ignore[type-arg]  # generic for type checkers only
    """Seconds as a float, from kubectl's spelling: 90s, 5m, 1h30m, or a plain number of seconds."""

    name = "duration"
    _form = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found = self._form.fullmatch(str(value))
        if not found or not any(found.groups()):
            self.fail(f"{value!r} is no duration such as 90s, 5m or 1h30m", param, ctx)
        hours, minutes, seconds = (float(each or 0) for each in found.groups())
        return hours * 3600 + minutes * 60 + seconds


duration = _Duration()


def complete_minions(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of the inventory's Minions; none where it cannot be read."""
    del param
    given = ctx.ensure_object(dict).get("inventory") or ctx.find_root().params.get("inventory")
    try:
        inventory = read_inventory(given)
    except InventoryError:
        return []
    return [each.name for each in inventory.minions if each.name.startswith(incomplete)]


def say_errors(lines: Iterable[str]) -> None:
    """Lines for people, on stderr."""
    for line in lines:
        click.echo(line, err=True)


def _candidates(option: str | None) -> tuple[Path | None, str]:
    """The file that decides and what named it; None: nothing names one, and none lies in the usual places."""
    if option:
        return Path(option), "--inventory"
    if variable := os.environ.get("PODCTL_INVENTORY"):
        return Path(variable), "$PODCTL_INVENTORY"
    config = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "podctl" / "inventory.yaml"
    return next((path for path in (Path("inventory.yaml"), config) if path.is_file()), None), "found"


def read_inventory(option: str | None) -> Inventory:
    """The inventory of -i, $PODCTL_INVENTORY, ./inventory.yaml, the config folder; else the one Minion `local`."""
    path, named_by = _candidates(option)
    if path is None:
        return LOCAL
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InventoryError(
            [f"{path}: {why} (named by {named_by})"], hint="inventory.example.yaml of podctl's sources shows the form."
        ) from error
    return parse_inventory(text, str(path))


def caller(files: Sequence[str] = ()) -> Caller:
    """Who runs this command, for the Document and the locks; with its FILE arguments, from which revision of them."""
    import getpass  # noqa: PLC0415 - only where something is written
    import shlex  # noqa: PLC0415 - as above
    import socket  # noqa: PLC0415 - as above

    from podctl.commands.gitfolder import git_revision  # noqa: PLC0415 - as above
    from podctl.core.document.model import Caller  # noqa: PLC0415 - as above

    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a uid without an account, as in many a container
        user = f"uid{os.getuid()}"
    words: tuple[str, ...] = click.get_current_context().meta.get(WORDS, ())
    return Caller(who=f"{user}@{socket.gethostname()}", command=shlex.join(_shown(words)), git=git_revision(files))


def _shown(words: Sequence[str]) -> Iterator[str]:
    """Without the command of --notify, in which an address or a token may stand that is nobody's business."""
    before = ""
    for word in words:
        yield MASK if before == _NOTIFY else f"{_NOTIFY}={MASK}" if word.startswith(f"{_NOTIFY}=") else word
        before = word


def open_session(
    inventory: Inventory, caller: Caller | None = None, *, ahead: bool = False, quiet: bool = False
) -> Session:
    """Connections to all Minions of `inventory`; one prompt for all, and only on a terminal.

    A command that takes locks gives its `caller`: whoever waits for them is told. `ahead` is for one that looks before
    all else. `quiet`: nothing is said of waiting.
    """
    from podctl.engine.session import Session  # noqa: PLC0415 - paramiko only where a Minion is talked to

    prompt = ask_secret if can_ask() and _is_terminal(sys.stderr) else None
    with _echo_restored():
        return Session.open(
            inventory, prompt, caller=caller, on_wait=lambda line: say_errors([] if quiet else [line]), ahead=ahead
        )


@contextmanager
def _echo_restored() -> Iterator[None]:
    """A Ctrl-C at the prompt ends this thread, not the one that asks: it would leave the terminal without echo."""
    if not can_ask():
        yield
        return
    import termios  # noqa: PLC0415 - there is a terminal

    before = termios.tcgetattr(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def ask_secret(prompt: str) -> str:
    """A passphrase or password, typed without echo."""
    return str(click.prompt(prompt.rstrip(": "), hide_input=True, err=True, prompt_suffix=": "))


def can_ask() -> bool:
    """True where somebody sits at a terminal."""
    return _is_terminal(sys.stdin)


def _is_terminal(stream: TextIO | None) -> bool:
    """None: it was closed before podctl began, as some programs do that start others."""
    return stream is not None and stream.isatty()


def confirm(question: str) -> bool:
    """Asks on a terminal; False in a script."""
    return can_ask() and click.confirm(question, err=True)
