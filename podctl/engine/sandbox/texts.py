"""The text of each file that a sandbox is made of. Pure: values in, text out.

Inside a Minion its folder is seen as /run/sandbox; its scripts and its sshd use that path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.quantity import bytes_text, cpu_text

if TYPE_CHECKING:
    from podctl.engine.sandbox.layout import Layout, Place

PODS_PER_MINION = 50
PATH = "/run/sandbox/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MIB = 2**20


def inventory_text(layout: Layout, *, cpu_millis: int, memory_bytes: int) -> str:
    """The inventory; `cpu_millis` and `memory_bytes` are the machine's, shared out evenly and rounded down."""
    amount = max(1, len(layout.names))
    cpu = cpu_text(max(1, cpu_millis // amount))
    memory = bytes_text(max(_MIB, memory_bytes // amount // _MIB * _MIB))
    head = f"""\
# Written by `podctl sandbox up`; goes with `podctl sandbox down`. Paths are relative to this file.
cluster: sandbox
defaults: {{user: root, identity_file: {layout.key.name}, known_hosts: {layout.known_hosts.name}, connect_timeout: 5}}
minions:
"""
    return head + "".join(
        f"""\
  {place.name}:
    address: {place.address}
    labels: {{zone: {place.zone}}}
    capacity: {{cpu: {cpu}, memory: {memory}, pods: {PODS_PER_MINION}}}
"""
        for place in layout.places
    )


def ssh_config_text(layout: Layout) -> str:
    """For `ssh -F`: `ssh -F DIR/ssh_config alpha`."""
    return "".join(
        f"""\
Host {place.name}
    HostName {place.address}
    User root
    IdentityFile "{layout.key}"
    IdentitiesOnly yes
    UserKnownHostsFile "{layout.known_hosts}"
    ConnectTimeout 5
"""
        for place in layout.places
    )


def known_hosts_line(place: Place, public_key: str) -> str:
    kind, key = public_key.split()[:2]
    return f"{place.name},{place.address} {kind} {key}\n"


def sshd_config_text() -> str:
    """A Minion's sshd. Included files come first because sshd keeps the first value of each keyword."""
    return f"""\
Include /run/sandbox/sshd_config.d/*.conf
Port 22
HostKey /run/sandbox/ssh_host_ed25519_key
AuthorizedKeysFile /run/sandbox/authorized_keys .ssh/authorized_keys
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PidFile /run/sshd.pid
LogLevel VERBOSE
AllowTcpForwarding yes
PrintMotd no
PrintLastLog no
Subsystem sftp internal-sftp
SetEnv PATH={PATH}
"""


def hosts_text(name: str) -> str:
    return f"127.0.0.1\tlocalhost\n127.0.1.1\t{name}\n::1\tlocalhost ip6-localhost\n"


def unlocked_shadow_text(shadow: str) -> str:
    """The machine's shadow file with a root that may log in by key: sshd without PAM refuses a locked account ("!")."""
    lines = [line.split(":") for line in shadow.splitlines() if line]
    return "".join(
        ":".join([user, "*" if user == "root" else password, *rest]) + "\n" for user, password, *rest in lines
    )


def skewed_date_text(seconds: int) -> str:
    """A `date` that is `seconds` ahead; a call that names a time of its own gets the real one."""
    return f"""\
#!/bin/sh
for each; do
    case $each in
        -d*|--date*|-f*|--file*|-r*|--reference*|-s*|--set*) exec /bin/date "$@" ;;
    esac
done
exec /bin/date -d '{seconds:+d} seconds' "$@"
"""


GATE = 'log=$1; shift; echo $$; read -r go && exec "$@" </dev/null >"$log" 2>&1'
"""Holds a new network namespace until its cable is plugged in. It prints its process number; when its caller
dies before it answers, nothing starts."""

INIT = f"""\
# The first process of a Minion: makes its private places, starts its daemons, reaps orphans.
# Its arguments: the name, the address with prefix, the folder.
set -eu
name=$1 interface=$2 folder=$3
export PATH={PATH}
echo "$name" >/proc/sys/kernel/hostname
ip link set lo up
ip link set eth0 up
ip addr add "$interface" dev eth0

mount -n -t tmpfs -o mode=755 tmpfs /run  # -n: no note of it in the /run that is there before
mkdir -p /run/sandbox /run/sshd /run/lock
mount --bind "$folder" /run/sandbox
mount -o loop,noatime "$folder/disk.img" /run/sandbox/disk
mount -t tmpfs -o mode=700 tmpfs /root
cd /run/sandbox
for file in hosts passwd group shadow; do
    mount --bind "etc/$file" "/etc/$file"
done
# What Pods, users and daemons write by path stays on this Minion and its disk: dockerd its key in /etc/docker (where
# the machine's own dockerd has its settings, not ours), sshd its logins in /var/log, containerd folders in /opt.
for place in tmp var/tmp var/log srv home etc/docker; do
    [ -d "/$place" ] || continue
    mkdir -p "disk/$place"
    mount --bind "disk/$place" "/$place"
done
if [ -d /opt ]; then
    mkdir -p disk/opt/upper disk/opt/work
    here=/run/sandbox/disk/opt
    mount -t overlay -o "lowerdir=/opt,upperdir=$here/upper,workdir=$here/work" overlay /opt
fi
chmod 1777 /tmp /var/tmp
cd /

sh /run/sandbox/docker.sh
"$(command -v sshd)" -D -f /run/sandbox/sshd_config -E /run/sandbox/sshd.log &
sleep infinity &
while :; do wait; sleep 1; done
"""

DOCKER = """\
# (Re)starts this Minion's dockerd and returns at once; containers stop with the old one.
set -eu
if pid=$(cat /run/docker.pid 2>/dev/null) && kill "$pid" 2>/dev/null; then
    while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
fi
rm -f /run/docker.pid /run/docker.sock
setsid dockerd --data-root /run/sandbox/disk/docker --exec-root /run/docker --pidfile /run/docker.pid \\
    -H unix:///run/docker.sock --storage-driver overlay2 --exec-opt native.cgroupdriver=cgroupfs \\
    --cgroup-parent "$(cat /run/sandbox/cgroup)" --ip6tables=false --insecure-registry 198.18.0.0/15 \\
    </dev/null >>/run/sandbox/dockerd.log 2>&1 &
"""
