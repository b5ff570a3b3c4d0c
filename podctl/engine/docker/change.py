"""The short changing commands: images, networks, and the life of containers that exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core import naming
from podctl.engine import infra_image
from podctl.engine.docker import labels
from podctl.transport.shell import Script, bind, in_order, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from podctl.core.model import Minion
    from podctl.engine.docker.making import Making
    from podctl.transport.shell import StepResult

_RAN_OUT, _RAN_OUT_STATUS = "did not end within", 124  # the status of timeout(1)


def pull(docker: str, image: str, policy: str, *, login: bool) -> Script:
    """Gets an image as its policy says. With `login` the step's stdin is the config.json of the registries.

    A private --config folder also forgets the current context, so the socket is asked for and given (docker-facts.md
    section 4); it goes when the step ends, however that is.
    """
    get = bind("{docker} pull -q {image} >/dev/null", docker=docker, image=image)
    if login:
        get = bind(
            "(umask 077; d=$(mktemp -d) || exit; trap 'rm -rf \"$d\"' EXIT; trap 'exit 143' TERM\n"
            'cat >"$d/config.json"; h=$({docker} context inspect -f {host}) || h=\n'
            "h=${{DOCKER_HOST:-${{h:-unix:///var/run/docker.sock}}}}\n"
            '{docker} --config "$d" -H "$h" pull -q {image} >/dev/null)',
            docker=docker,
            host="{{.Endpoints.docker.Host}}",
            image=image,
        )
    if policy == "Always":
        return get
    there = bind("{docker} image inspect {image} >/dev/null 2>&1", docker=docker, image=image)
    if policy == "Never":
        say = bind("{{ echo {sentence} >&2; false; }}", sentence=f"ErrImageNeverPull: {image} is not on this Minion")
        return Script(f"{there.text} || {say.text}", there.shown)
    return Script(f"{there.text} || {get.text}", f"{there.shown} || {get.shown}")


def image_id(docker: str, image: str) -> Script:
    return words([docker, "image", "inspect", "-f", "{{.Id}}", image])


def ensure_network(docker: str, cluster: str) -> Script:
    """The cluster's bridge, made on first use. Two makers at once: the second finds it there."""
    return bind(
        "{docker} network inspect {name} >/dev/null 2>&1 || {docker} network create --label {label} {name} >/dev/null"
        " || {docker} network inspect {name} >/dev/null",
        docker=docker,
        name=naming.network(cluster),
        label=f"{labels.CLUSTER}={cluster}",
    )


def ensure_infra_image(docker: str, architecture: str) -> Script:
    """For a step whose stdin is the archive."""
    return bind(
        "[ \"$({docker} image inspect -f '{{{{.Id}}}}' {image} 2>/dev/null)\" = {id} ] || {docker} load -q >/dev/null",
        docker=docker,
        image=infra_image.IMAGE,
        id=infra_image.image_id(architecture),
    )


def ensure_own_infra_image(docker: str, image: str) -> Script:
    return pull(docker, image, "IfNotPresent", login=False)


def fill(making: Making, infra: str, root: str) -> Script:
    """For a step whose stdin is the tar of all volumes' files."""
    return words([making.docker, "cp", "-", f"{infra}:{root}"])


def start(docker: str, names: Sequence[str]) -> Script:
    return Script(words([docker, "start", *names]).text + " >/dev/null", words([docker, "start", *names]).shown)


def restart(docker: str, names: Sequence[str]) -> Script:
    return Script(words([docker, "restart", *names]).text + " >/dev/null", words([docker, "restart", *names]).shown)


def rename(docker: str, old: str, new: str) -> Script:
    return words([docker, "rename", old, new])


def exec_in(docker: str, name: str, command: Iterable[str]) -> Script:
    return words([docker, "exec", name, *command])


def within(script: Script, seconds: int) -> Script:
    """One command, ended with status 124 when it takes longer: see `ran_out`. What it began elsewhere runs on."""
    text = (
        f"b=$(date +%s)\n( exec {script.text} ) & h=$!\n"
        "while kill -0 $h 2>/dev/null; do\n"
        f"[ $(( $(date +%s) - b )) -lt {seconds} ] || "
        f"{{ kill $h 2>/dev/null; echo '{_RAN_OUT} {seconds} s' >&2; exit {_RAN_OUT_STATUS}; }}\n"
        "sleep 0.1\ndone\nwait $h"
    )
    return Script(text, script.shown)


def ran_out(result: StepResult) -> str:
    """Of a step of `within` that took too long: "did not end within N s"; else ""."""
    last = result.error_text.rpartition("\n")[2]
    return last if result.status == _RAN_OUT_STATUS and last.startswith(_RAN_OUT) else ""


def stop(docker: str, names: Sequence[str], grace_seconds: int, before: Sequence[Script]) -> Script:
    """Runs the preStop hooks side by side, then stops all at once; hooks and stop share the grace.

    A hook that fails or takes too long does not hold up the stop; a container that is gone already is stopped.
    """
    quiet = Script(f"{docker} stop", f"{docker} stop")
    hooks = "".join(f'( {script.text} ) >/dev/null 2>&1 & h="$h $!"\n' for script in before)
    text = (
        f"b=$(date +%s); h=\n{hooks}"
        f'while [ -n "$h" ] && kill -0 $h 2>/dev/null && [ $(( $(date +%s) - b )) -lt {grace_seconds} ]; '
        "do sleep 0.1; done\n"
        '[ -z "$h" ] || kill $h 2>/dev/null\n'
        f"g=$(( {grace_seconds} - $(date +%s) + b )); [ $g -ge 0 ] || g=0\n"
        f'{words([docker, "stop", "-t"]).text} "$g" {words(names).text} >/dev/null 2>&1 || :'
    )
    return Script(text, f"{quiet.shown} -t {grace_seconds} {words(names).shown}")


def side_by_side(scripts: Sequence[Script]) -> Script:
    """All of them at once; ends when the last has ended, with 0."""
    return Script(
        "".join(f"(\n{each.text}\n) &\n" for each in scripts) + "wait", "; ".join(each.shown for each in scripts)
    )


def never_restart(docker: str, names: Sequence[str]) -> Script:
    command = words([docker, "update", "--restart", "no", *names])
    return Script(f"{command.text} >/dev/null 2>&1 || :", command.shown)


def remove_containers(docker: str, names: Sequence[str]) -> Script:
    command = words([docker, "rm", "-f", "-v", *names])
    return Script(f"{command.text} >/dev/null", command.shown)


def remove_volumes(docker: str, names: Sequence[str]) -> Script:
    command = words([docker, "volume", "rm", "-f", *names])
    return Script(f"{command.text} >/dev/null", command.shown)


def about_new_pod(making: Making, volumes: Sequence[str], images: Sequence[str]) -> Script:
    """Prints, a line each: the infra container's address, each volume's mountpoint, each image's USER."""
    address = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    parts = [words([making.docker, "container", "inspect", "-f", address, making.new_infra])]
    if volumes:
        parts.append(words([making.docker, "volume", "inspect", "-f", "{{.Mountpoint}}", *volumes]))
    if images:
        parts.append(words([making.docker, "image", "inspect", "-f", "-{{.Config.User}}", *images]))
    return in_order(parts)


def infra_image_steps(minion: Minion, architecture: str) -> tuple[Script, bytes | None]:
    """What makes sure of the infra image, and the stdin that it needs."""
    if minion.infra_image:
        return ensure_own_infra_image(minion.docker, minion.infra_image), None
    return ensure_infra_image(minion.docker, architecture), infra_image.archive(architecture)
