"""The image of the infra container, made here from a listing, so that no Minion needs a registry for it.

Its one program, `/infra`, holds a Pod's namespaces: it blocks SIGTERM, SIGINT and SIGCHLD, waits for them for ever,
reaps every ended child on SIGCHLD (it is process 1, so orphans of a shared PID namespace become its own) and exits
with 0 on the other two. A blocked signal is queued for process 1 although it has no handler (`sig_ignored` in Linux's
kernel/signal.c), so no handler is needed. A wait that ends with EINTR goes on: SIGCONT ends it so.

`docker load` takes the archive and answers with `image_id`, every time and on every Minion; `docker import` would
make a new id each time. (Where docker keeps its images in containerd it names them by another digest: there only
`IMAGE` is the same.)
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import struct
import tarfile

from podctl.errors import DockerError

IMAGE = "podctl/infra:1"
"""The reference that an archive is loaded under; its tag grows with every change of what is in it."""

# Bytes as they lie in memory, the assembly beside them (GNU as, Intel syntax), behind `;` what it is for.
# Syscall numbers: Linux arch/x86/entry/syscalls/syscall_64.tbl. The kernel takes rdi, rsi, rdx and r10, and spoils rax,
# rcx and r11.
AMD64_LISTING = """
                       # start:
    68 02 40 01 00     # push 0x14002   ; a set of signal numbers less one: SIGINT 1, SIGTERM 14, SIGCHLD 16
    31 ff              # xor edi, edi   ; SIG_BLOCK
    48 89 e6           # mov rsi, rsp   ; this set
    31 d2              # xor edx, edx   ; the old one is not asked for
    41 ba 08 00 00 00  # mov r10d, 8    ; bytes of a set
    b8 0e 00 00 00     # mov eax, 14    ; rt_sigprocmask
    0f 05              # syscall
                       # wait:
    48 89 e7           # mov rdi, rsp   ; for this set
    31 f6              # xor esi, esi   ; no details
    31 d2              # xor edx, edx   ; no time limit
    41 ba 08 00 00 00  # mov r10d, 8
    b8 80 00 00 00     # mov eax, 128   ; rt_sigtimedwait
    0f 05              # syscall
    83 f8 fc           # cmp eax, -4    ; EINTR
    74 e7              # je wait
    83 f8 11           # cmp eax, 17    ; SIGCHLD
    75 1c              # jne exit
                       # reap:
    bf ff ff ff ff     # mov edi, -1    ; any child
    31 f6              # xor esi, esi   ; its status is not asked for
    ba 01 00 00 00     # mov edx, 1     ; WNOHANG
    45 31 d2           # xor r10d, r10d ; nor what it used
    b8 3d 00 00 00     # mov eax, 61    ; wait4
    0f 05              # syscall
    85 c0              # test eax, eax
    7f e6              # jg reap        ; one was reaped: signals of several merge into one, so look again
    eb c6              # jmp wait       ; 0: none has ended, ECHILD: there is none
                       # exit:
    31 ff              # xor edi, edi
    b8 e7 00 00 00     # mov eax, 231   ; exit_group
    0f 05              # syscall
"""

# The same for arm64: one instruction is one 32-bit word, written as a number and stored with the low byte first.
# Syscall numbers: Linux include/uapi/asm-generic/unistd.h. The kernel takes x0 to x3 and the number in x8, and
# spoils x0.
ARM64_LISTING = """
              # start:
    d2880049  # mov x9, #0x4002        ; SIGINT 1, SIGTERM 14
    f2a00029  # movk x9, #1, lsl #16   ; SIGCHLD 16
    f81f0fe9  # str x9, [sp, #-16]!    ; the stack pointer stays a multiple of 16
    d2800000  # mov x0, #0             ; SIG_BLOCK
    910003e1  # mov x1, sp             ; this set
    d2800002  # mov x2, #0             ; the old one is not asked for
    d2800103  # mov x3, #8             ; bytes of a set
    d28010e8  # mov x8, #135           ; rt_sigprocmask
    d4000001  # svc #0
              # wait:
    910003e0  # mov x0, sp             ; for this set
    d2800001  # mov x1, #0             ; no details
    d2800002  # mov x2, #0             ; no time limit
    d2800103  # mov x3, #8
    d2801128  # mov x8, #137           ; rt_sigtimedwait
    d4000001  # svc #0
    3100101f  # cmn w0, #4             ; EINTR
    54ffff20  # b.eq wait
    7100441f  # cmp w0, #17            ; SIGCHLD
    54000141  # b.ne exit
              # reap:
    92800000  # mov x0, #-1            ; any child
    d2800001  # mov x1, #0             ; its status is not asked for
    d2800022  # mov x2, #1             ; WNOHANG
    d2800003  # mov x3, #0             ; nor what it used
    d2802088  # mov x8, #260           ; wait4
    d4000001  # svc #0
    7100001f  # cmp w0, #0
    54ffff2c  # b.gt reap              ; one was reaped: look again
    17ffffee  # b wait
              # exit:
    d2800000  # mov x0, #0
    d2800bc8  # mov x8, #94            ; exit_group
    d4000001  # svc #0
"""

_ELF_MACHINE = {"amd64": 62, "arm64": 183}  # EM_X86_64, EM_AARCH64: Linux include/uapi/linux/elf-em.h
_NAMES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}  # docker info's -> an image's
_LOAD_ADDRESS = 0x400000
_HEADERS_BYTES = 64 + 56


def archive(architecture: str) -> bytes:
    """A docker-archive (tar.gz, under 1 kB) for `docker load`, its layer and config the same in every run.

    `architecture` is `docker info`'s or an image's word for it. Raises DockerError for one that has no listing here.
    """
    layer = _layer(architecture)
    manifest = [{"Config": "config.json", "RepoTags": [IMAGE], "Layers": ["layer.tar"]}]
    files = {"config.json": _config(architecture), "layer.tar": layer, "manifest.json": _json(manifest)}
    return gzip.compress(_tar(files, mode=0o644), mtime=0)


def image_id(architecture: str) -> str:
    """`sha256:...` of the config: what `docker image inspect` calls the loaded image. Raises as `archive`."""
    return _digest(_config(architecture))


def program(architecture: str) -> bytes:
    """The static ELF executable `/infra`. Raises as `archive`.

    A file header, one program header that maps the whole file readable and executable, and the code right behind them:
    System V ABI, "Object Files" and "Program Loading".
    """
    name = _known(architecture)
    code = _amd64_code() if name == "amd64" else _arm64_code()
    size = _HEADERS_BYTES + len(code)
    identity = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)  # 64 bits, low byte first, version 1
    entry = _LOAD_ADDRESS + _HEADERS_BYTES
    executable, version, program_headers_at = 2, 1, 64
    file_header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        *(identity, executable, _ELF_MACHINE[name], version, entry, program_headers_at, 0, 0),
        *(64, 56, 1, 0, 0, 0),  # bytes of this header and of a program header; one of these; no sections
    )
    load, read_and_execute, page_bytes = 1, 5, 0x10000  # the largest page that an arm64 kernel may have
    program_header = struct.pack(
        "<IIQQQQQQ", load, read_and_execute, 0, _LOAD_ADDRESS, _LOAD_ADDRESS, size, size, page_bytes
    )
    return file_header + program_header + code


def _known(architecture: str) -> str:
    name = _NAMES.get(architecture)
    if name is None:
        raise DockerError(
            f"podctl carries no infra image for the architecture {architecture or 'that docker did not name'}",
            evidence="there is one for x86_64 (amd64) and one for aarch64 (arm64)",
            hint="give this Minion an `infra_image:` in the inventory: one of its architecture that waits and ends on "
            "SIGTERM, such as registry.k8s.io/pause:3.9",
        )
    return name


def _amd64_code() -> bytes:
    return b"".join(bytes.fromhex(line.partition("#")[0]) for line in AMD64_LISTING.splitlines())


def _arm64_code() -> bytes:
    return b"".join(bytes.fromhex(line.partition("#")[0])[::-1] for line in ARM64_LISTING.splitlines())


def _layer(architecture: str) -> bytes:
    return _tar({"infra": program(architecture)}, mode=0o755)


def _config(architecture: str) -> bytes:
    """An image configuration: OCI image specification v1, `config.md`."""
    created = "1970-01-01T00:00:00Z"  # a clock would make another id each time
    return _json(
        {
            "architecture": _known(architecture),
            "os": "linux",
            "created": created,
            "config": {"Entrypoint": ["/infra"], "StopSignal": "SIGTERM"},
            "rootfs": {"type": "layers", "diff_ids": [_digest(_layer(architecture))]},
            "history": [{"created": created, "created_by": "podctl"}],
        }
    )


def _tar(files: dict[str, bytes], *, mode: int) -> bytes:
    """A ustar archive whose entries belong to root and were last changed in 1970."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            tar.addfile(entry, io.BytesIO(content))
    return whole.getvalue()


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()
