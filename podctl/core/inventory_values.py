"""How each value of an inventory is read. A reader answers the value, or raises InventoryValueError with a sentence."""

from __future__ import annotations

import ipaddress
import math
from typing import TYPE_CHECKING, Any, cast

from podctl.core.model import Resources, Taint, Thresholds
from podctl.core.quantity import cpu_millis, quantity, whole
from podctl.core.syntax import image_problem, key_problem, label_value_problem, quantity_problem
from podctl.core.yamltext import did_you_mean, kind

if TYPE_CHECKING:
    from podctl.core.placement.model import Strategy
    from podctl.core.yamltext import Path

STRATEGIES = ("binpack", "spread")  # as placement.model.Strategy, which is not imported: `get` needs no placement
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_MOST_PORT = 65535
_MOST_PERCENT = 100


class InventoryValueError(ValueError):
    """`path` leads from the key to the place inside its value."""

    def __init__(self, what: str, path: Path = ()) -> None:
        super().__init__(what)
        self.what = what
        self.path = path


def text(value: Any) -> str:
    if not isinstance(value, str):
        quotes = "" if isinstance(value, dict | list) else ": put it in quotes"
        raise InventoryValueError(f"must be a string, not {kind(value)}{quotes}")
    if not value.strip():
        raise InventoryValueError("must not be empty")
    if "\0" in value or "\n" in value:
        raise InventoryValueError("must be one line")
    return value


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise InventoryValueError(f"must be true or false, not {kind(value)}")
    return value


def port(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        unquote = ": remove the quotes" if isinstance(value, str) and value.isdecimal() else ""
        raise InventoryValueError(f"must be a number, not {kind(value)}{unquote}")
    if not 1 <= value <= _MOST_PORT:
        raise InventoryValueError(f"{value} is no port: they go from 1 to {_MOST_PORT}")
    return value


def seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InventoryValueError(f"must be a number of seconds, as 30, not {kind(value)}")
    if not 0 < value < math.inf:
        raise InventoryValueError(f"must be more than 0 seconds, not {value}")
    return value


def transport(value: Any) -> str:
    if value not in ("ssh", "local"):
        raise InventoryValueError("must be ssh or local (this very machine, without SSH)")
    return str(value)


def strategy(value: Any) -> Strategy:
    """How to choose among the Minions that a Pod fits on."""
    if value not in STRATEGIES:
        near = did_you_mean(value, STRATEGIES) if isinstance(value, str) else ""
        raise InventoryValueError(f"must be one of {', '.join(STRATEGIES)}{near}")
    return cast("Strategy", value)


def command(value: Any) -> str:
    """The name or path of the container engine's command."""
    name = text(value)
    if " " in name or name.startswith("-"):
        raise InventoryValueError("must be one command, without arguments")
    return name


def image(value: Any) -> str:
    name = text(value)
    if problem := image_problem(name):
        raise InventoryValueError(problem)
    return name


def address(value: Any) -> str:
    name = text(value)
    if _is_ip(name):
        return name
    if "://" in name:
        raise InventoryValueError(f'"{name}" is a URL; write the name or address alone')
    user, at, host = name.rpartition("@")
    if at:
        raise InventoryValueError(f'"{name}" has a user in it; write address: {host}, user: {user}')
    host, colon, number = name.partition(":")
    if colon and number.isdecimal():
        raise InventoryValueError(f'"{name}" has a port in it; write address: {host}, port: {number}')
    if any(not (each.isalnum() or each in "-._") for each in name) or name.startswith("-"):
        raise InventoryValueError(f'"{name}" is neither an address, nor a name, nor a Host of ~/.ssh/config')
    return name


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def labels(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise InventoryValueError(f"must be a mapping, as {{zone: a}}, not {kind(value)}")
    for key, given in value.items():
        if problem := key_problem(key) or _label_value(given):
            raise InventoryValueError(problem, (key,))
    return value


def _label_value(value: Any) -> str | None:
    if not isinstance(value, str):
        return f"must be a string, not {kind(value)}: put it in quotes"
    return label_value_problem(value)


def taints(value: Any) -> tuple[Taint, ...]:
    if not isinstance(value, list):
        raise InventoryValueError(f"must be a list, as [{{key: gpu, effect: NoSchedule}}], not {kind(value)}")
    found = tuple(_taint(each, index) for index, each in enumerate(value))
    for index, each in enumerate(found):
        if any((each.key, each.effect) == (other.key, other.effect) for other in found[:index]):
            raise InventoryValueError(f"the taint {each.key}:{each.effect} is given twice", (index,))
    return found


def _taint(value: Any, index: int) -> Taint:
    names = ("key", "value", "effect")
    if not isinstance(value, dict):
        raise InventoryValueError(f"must be a mapping with key, value and effect, not {kind(value)}", (index,))
    for name in value:
        if name not in names:
            raise InventoryValueError(f"is no key of a taint{did_you_mean(name, names)}", (index, name))
    key, given, effect = value.get("key"), value.get("value", ""), value.get("effect")
    if problem := key_problem(key) if isinstance(key, str) else "is required, and a string":
        raise InventoryValueError(problem, (index, "key"))
    if problem := _label_value(given):
        raise InventoryValueError(problem, (index, "value"))
    if effect not in EFFECTS:
        near = did_you_mean(effect, EFFECTS) if isinstance(effect, str) else ""
        raise InventoryValueError(f"must be one of {', '.join(EFFECTS)}{near}", (index, "effect"))
    return Taint(key=str(key), value=given, effect=str(effect))


def resources(value: Any) -> Resources:
    """`cpu`, `memory`, `pods`, and whole numbers of anything with a domain before it, as nvidia.com/gpu."""
    if not isinstance(value, dict):
        raise InventoryValueError(f"must be a mapping, as {{cpu: 4, memory: 8Gi}}, not {kind(value)}")
    known = ("cpu", "memory", "pods")
    found: dict[str, int] = {}
    for name, amount in value.items():
        if name not in known and ("/" not in name or key_problem(name)):
            near = did_you_mean(name, known)
            raise InventoryValueError(f"is neither cpu, memory, pods nor a name such as nvidia.com/gpu{near}", (name,))
        found[name] = _amount(name, amount)
    return Resources(
        cpu_millis=found.get("cpu"),
        memory_bytes=found.get("memory"),
        pods=found.get("pods"),
        extended={name: amount for name, amount in found.items() if name not in known},
    )


def _amount(name: str, value: Any) -> int:
    if problem := quantity_problem(value):
        raise InventoryValueError(problem, (name,))
    if name not in ("cpu", "memory") and quantity(value) % 1:
        raise InventoryValueError(f"must be a whole number, not {value}", (name,))
    return cpu_millis(value) if name == "cpu" else whole(value)


def thresholds(value: Any) -> Thresholds:
    """`disk` and `memory` as 90%, `clock` in seconds; what is not given is as it is without."""
    readers = {"disk": ("disk_percent", percent), "memory": ("memory_percent", percent),
               "clock": ("clock_seconds", seconds)}  # fmt: skip
    if not isinstance(value, dict):
        raise InventoryValueError(f"must be a mapping, as {{disk: 90%, memory: 95%, clock: 5}}, not {kind(value)}")
    found: dict[str, Any] = {}
    for name, given in value.items():
        if name not in readers:
            raise InventoryValueError(f"is no key of health{did_you_mean(name, readers)}", (name,))
        attribute, read = readers[name]
        try:
            found[attribute] = read(given)
        except InventoryValueError as error:
            raise InventoryValueError(error.what, (name,)) from None
    return Thresholds(**found)


def percent(value: Any) -> int:
    digits = value.removesuffix("%") if isinstance(value, str) else ""
    if value == digits or not digits.isdecimal() or not 1 <= int(digits) <= _MOST_PERCENT:
        raise InventoryValueError(f"must be a percentage from 1% to 100%, as 90%, not {value}")
    return int(digits)
