"""Private keys: those of files and those of an agent."""

from __future__ import annotations

import base64
import io
import os
import socket
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from podctl.transport.hostkeys import fingerprint
from podctl.transport.ssh_library import paramiko

_AGENT_SECONDS = 60  # it may ask its owner to confirm, or to touch a token
_OPENSSH = b"openssh-key-v1\0"


class KeyFileError(Exception):
    """Why a key file cannot be used, and what to do."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.problem, self.hint = problem, hint


class NeedsPassphraseError(KeyFileError):
    pass


@dataclass(frozen=True, slots=True)
class Key:
    key: paramiko.PKey
    source: str  # "agent", or the file

    def __str__(self) -> str:
        return f"{self.key.get_name()} {fingerprint(self.key.asbytes())} ({self.source})"


class Agent(paramiko.agent.AgentSSH):
    """The agent at a socket; without keys where there is none. Every connection has its own: it knows no threads."""

    def __init__(self, path: str | None) -> None:
        super().__init__()
        if path is None:
            return
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(_AGENT_SECONDS)
        try:
            connection.connect(path)
            self._connect(connection)  # type: ignore[attr-defined]
        except (OSError, paramiko.SSHException):
            connection.close()

    def close(self) -> None:
        self._close()  # type: ignore[attr-defined]


def load(path: str, passphrase: str | None = None) -> paramiko.PKey:
    """The private key in a file, with the certificate beside it. KeyFileError: why it cannot be used."""
    file = Path(path)
    try:
        mode = file.stat()
        data = file.read_bytes()
    except FileNotFoundError:
        raise KeyFileError(f"{path} is not there", "Check `identity_file`.") from None
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}", f"See 'ls -l {path}'.") from None
    if mode.st_uid == os.getuid() and stat.S_IMODE(mode.st_mode) & 0o077:
        raise KeyFileError(f"{path} can be read by others, so it may be in wrong hands", f"chmod 600 {path}")
    try:
        key = _parse(data, passphrase)
        if Path(f"{path}-cert.pub").exists():
            key.load_certificate(f"{path}-cert.pub")
        return key
    except (paramiko.PasswordRequiredException, TypeError):
        raise NeedsPassphraseError(f"{path} needs a passphrase", f"ssh-add {path}") from None
    except (paramiko.SSHException, ValueError, IndexError, UnsupportedAlgorithm) as error:
        if passphrase is not None:
            raise KeyFileError(f"{path}: that is not its passphrase", f"Try 'ssh-add {path}'.") from None
        raise KeyFileError(
            f"{path} holds no private key that can be read ({str(error).partition('.')[0]})",
            f"'ssh-keygen -y -f {path}' says more.",
        ) from None


def _parse(data: bytes, passphrase: str | None) -> paramiko.PKey:
    """OpenSSH's own format, PEM and PKCS#8 by cryptography: paramiko reads not all of them, and takes no passphrase."""
    password = passphrase.encode() if passphrase is not None else None
    try:
        loaded: object = serialization.load_ssh_private_key(data, password)
    except ValueError:
        loaded = serialization.load_pem_private_key(data, password)
    kinds = ((RSAPrivateKey, paramiko.RSAKey), (EllipticCurvePrivateKey, paramiko.ECDSAKey))
    for kind, ours in (*kinds, (Ed25519PrivateKey, paramiko.Ed25519Key)):
        if isinstance(loaded, kind):
            plain = loaded.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
            )
            return ours.from_private_key(io.StringIO(plain.decode("ascii")))
    raise ValueError(f"{type(loaded).__name__} is not a kind of key that is used here")


def public_blob(path: str) -> bytes | None:
    """The public half of a key file, without its passphrase: of the file itself (new format), or of PATH.pub."""
    for file in (Path(path), Path(f"{path}.pub")):
        try:
            text = file.read_text("ascii", "replace")
        except OSError:
            continue
        if text.startswith(("ssh-", "ecdsa-", "sk-")):
            return paramiko.pkey.PublicBlob.from_string(text).key_blob
        if "OPENSSH PRIVATE KEY" in text:
            return _blob_of_private(text)
    return None


def _blob_of_private(text: str) -> bytes | None:
    """PROTOCOL.key of OpenSSH: magic, cipher, kdf, its options, the number of keys, then the public key."""
    lines = [line for line in text.splitlines() if line and not line.startswith("-----")]
    try:
        data = base64.b64decode("".join(lines))
    except ValueError:
        return None
    if not data.startswith(_OPENSSH):
        return None
    message = paramiko.Message(data[len(_OPENSSH) :])
    for _ in range(3):
        message.get_binary()
    message.get_int()
    return message.get_binary()
