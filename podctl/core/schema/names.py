"""Rules for texts that name something: fields of a Pod, kernel parameters, capabilities, signals."""

from __future__ import annotations

import re

from podctl.core.yamltext import did_you_mean

_KEYED = re.compile(r"metadata\.(labels|annotations)\['([^']+)'\]")
_OF_ALL = ("metadata.name", "metadata.namespace", "metadata.uid")
_OF_VARIABLES = (
    *_OF_ALL,
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
_OF_FILES = (*_OF_ALL, "metadata.labels", "metadata.annotations")


def _field_problem(path: str, known: tuple[str, ...]) -> str | None:
    if path in known or _KEYED.fullmatch(path):
        return None
    listed = ", ".join(known)
    return f"\"{path}\" cannot be asked for{did_you_mean(path, known)}; there are {listed} and metadata.labels['KEY']"


def variable_field_problem(path: str) -> str | None:
    """What is wrong with a fieldRef of a variable, or nothing."""
    return _field_problem(path, _OF_VARIABLES)


def file_field_problem(path: str) -> str | None:
    """What is wrong with a fieldRef of a file, or nothing."""
    return _field_problem(path, _OF_FILES)


_SYSCTL = re.compile(r"[a-z0-9]([-_a-z0-9]*[a-z0-9])?([./][a-z0-9]([-_a-z0-9]*[a-z0-9])?)*", re.IGNORECASE)
_POD_SYSCTL = re.compile(r"(net|fs\.mqueue)\..+|kernel\.(shm.+|msg.+|sem)")


def sysctl_problem(name: str) -> str | None:
    if len(name) > 253 or not _SYSCTL.fullmatch(name):  # noqa: PLR2004
        return f'"{name}" is no kernel parameter such as net.core.somaxconn'
    if not _POD_SYSCTL.fullmatch(name.replace("/", ".")):
        return (
            f'"{name}" belongs to the whole Minion; a Pod has its own net.*, kernel.shm*, kernel.msg*, kernel.sem '
            "and fs.mqueue.* only; set it on the Minion"
        )
    return None


CAPABILITIES = [
    "ALL",
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "BPF",
    "CHECKPOINT_RESTORE",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "PERFMON",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
]


def capability_problem(name: str) -> str | None:
    """Names are capabilities(7) without or with CAP_, in any case."""
    plain = name.upper().removeprefix("CAP_")
    return None if plain in CAPABILITIES else f'"{name}" is no capability{did_you_mean(plain, CAPABILITIES)}'


_SIGNALS = [
    "ABRT",
    "ALRM",
    "BUS",
    "CHLD",
    "CLD",
    "CONT",
    "FPE",
    "HUP",
    "ILL",
    "INT",
    "IO",
    "IOT",
    "KILL",
    "PIPE",
    "POLL",
    "PROF",
    "PWR",
    "QUIT",
    "SEGV",
    "STKFLT",
    "STOP",
    "SYS",
    "TERM",
    "TRAP",
    "TSTP",
    "TTIN",
    "TTOU",
    "URG",
    "USR1",
    "USR2",
    "VTALRM",
    "WINCH",
    "XCPU",
    "XFSZ",
    "RTMIN",
    "RTMAX",
]
_REAL_TIME = re.compile(r"SIGRT(MIN\+([1-9]|1[0-5])|MAX-([1-9]|1[0-4]))")


def signal_problem(name: str) -> str | None:
    known = [f"SIG{each}" for each in _SIGNALS]
    if name in known or _REAL_TIME.fullmatch(name):
        return None
    return f'"{name}" is no signal such as SIGTERM{did_you_mean(name, known)}'
