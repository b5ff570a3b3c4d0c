"""The login: the agent's keys and key files first, what a person must type last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.errors import ConnectError
from podctl.transport import ssh_keys
from podctl.transport.ssh_keys import Agent, Key, KeyFileError, NeedsPassphraseError
from podctl.transport.ssh_library import paramiko

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podctl.transport.asker import Asker
    from podctl.transport.target import SshTarget


def log_in(link: paramiko.Transport, target: SshTarget, asker: Asker) -> None:
    """ConnectError when nothing is accepted: it says what was tried, and what could not be."""
    agent = Agent(target.agent)
    try:
        _Login(link, target, asker, agent).run()
    finally:
        agent.close()


class _Login:
    def __init__(self, link: paramiko.Transport, target: SshTarget, asker: Asker, agent: Agent) -> None:
        self._link, self._target, self._asker, self._agent = link, target, asker, agent
        self._tried: list[str] = []
        self._problems: list[KeyFileError] = []
        self._partly = False  # a key was accepted, and something more is wanted
        self._methods: tuple[str, ...] = ("publickey",)  # what the machine still takes
        link.auth_timeout = target.connect_timeout_seconds

    def run(self) -> None:
        for key in self._keys():
            if self._offer(key):
                return
            if "publickey" not in self._methods:
                break
        if not self._partly:
            self._ask_methods()
        if not self._methods or self._ask_password():
            return
        raise self._refused()

    def _keys(self) -> Iterator[Key]:
        """Keys named for this machine first: sshd hangs up after six (MaxAuthTries)."""
        target = self._target
        held = {key.blob: Key(key, f"agent: {key.comment}") for key in self._agent.get_keys()}
        files = {path: ssh_keys.public_blob(path) for path in target.identity_files}
        named = [blob for blob in files.values() if blob in held]
        encrypted: list[str] = []
        if target.identities_given:
            yield from (held[blob] for blob in named if blob)
            yield from self._plain([path for path, blob in files.items() if blob not in held], encrypted)
        if not target.identities_only:
            yield from (key for blob, key in held.items() if blob not in named or not target.identities_given)
        if not target.identities_given:
            yield from self._plain([path for path, blob in files.items() if blob not in held], encrypted)
        for path in encrypted:
            yield from self._unlocked(path)

    def _plain(self, paths: list[str], encrypted: list[str]) -> Iterator[Key]:
        for path in paths:
            try:
                yield Key(ssh_keys.load(path), path)
            except NeedsPassphraseError as problem:
                encrypted.append(path)
                self._problems.append(problem)
            except KeyFileError as problem:
                if self._target.identities_given or "is not there" not in problem.problem:
                    self._problems.append(problem)

    def _unlocked(self, path: str) -> Iterator[Key]:
        if self._target.batch:
            return
        passphrase = self._asker.ask(f"Passphrase for {path}: ")
        if passphrase is None:
            return
        self._problems = [problem for problem in self._problems if not problem.problem.startswith(path)]
        try:
            yield Key(ssh_keys.load(path, passphrase), path)
        except KeyFileError as problem:
            self._problems.append(problem)

    def _offer(self, key: Key) -> bool:
        self._tried.append(str(key))
        try:
            self._methods = tuple(self._link.auth_publickey(self._target.user, key.key))
        except paramiko.BadAuthenticationType as error:
            self._methods = tuple(error.allowed_types)
            return False
        except (paramiko.SSHException, OSError, EOFError) as error:
            self._still_there(error)
            return False
        self._partly = bool(self._methods)
        return not self._methods

    def _ask_methods(self) -> None:
        try:
            self._link.auth_none(self._target.user)
        except paramiko.BadAuthenticationType as error:
            self._methods = tuple(error.allowed_types)
        except (paramiko.SSHException, OSError, EOFError) as error:
            self._still_there(error)
        else:
            self._methods = ()

    def _ask_password(self) -> bool:
        takes = {"password", "keyboard-interactive"} & set(self._methods)
        if not takes or self._target.batch or not self._asker.can_ask:
            return False
        password = self._asker.ask(f"Password of {self._target.user}: ")
        if password is None:
            return False
        self._tried.append("password")
        try:
            return not self._link.auth_password(self._target.user, password)
        except (paramiko.SSHException, OSError, EOFError) as error:
            self._still_there(error)
            return False

    def _still_there(self, error: Exception) -> None:
        """ConnectError when it was not a no but the end of the connection."""
        if self._link.is_active() and "timeout" not in str(error).lower():
            return
        raise ConnectError(
            f"{self._target.title}: the connection ended during the login as {self._target.user}",
            evidence="\n".join([str(error), *(f"tried {each}" for each in self._tried)]),
            hint="Too many keys in the agent (sshd hangs up after six)? Name the right one as `identity_file`, with "
            "'IdentitiesOnly yes' in ~/.ssh/config.",
        ) from error

    def _refused(self) -> ConnectError:
        target = self._target
        evidence = "\n".join(
            [f"tried {each}" for each in self._tried]
            + [problem.problem for problem in self._problems]
            + [f"it takes: {', '.join(self._methods)}"]
        )
        if self._problems and (target.identities_given or not self._tried):
            problem = self._problems[0]
            unasked = " (there is no terminal to ask for it on)" if isinstance(problem, NeedsPassphraseError) else ""
            return ConnectError(
                f"{target.title}: the key file {problem.problem}{unasked}", evidence=evidence, hint=problem.hint
            )
        if not self._tried:
            return ConnectError(
                f"{target.title}: there is no key to log in with as {target.user}",
                evidence=evidence,
                hint="Name one as `identity_file` in the inventory, or load one into an agent: ssh-add",
            )
        if self._partly:
            return ConnectError(
                f"{target.title}: {target.user}@{target.host} wants more than a key",
                evidence=evidence,
                hint="A second factor can be typed on a terminal; a script needs an account that a key alone opens.",
            )
        return ConnectError(
            f"{target.title}: {target.user}@{target.host} accepts no key of ours",
            evidence=evidence,
            hint=f"Right user? Else put the public key there: ssh-copy-id -p {target.port} {target.user}@{target.host} "
            "(or name another as `identity_file`, or load it: ssh-add).",
        )
