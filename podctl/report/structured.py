"""JSON, YAML, names and jsonpath: the outputs that programs read."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TypeAlias

from podctl.core.jsonpath import parse_template
from podctl.core.jsonvalues import render
from podctl.core.objects import list_object
from podctl.core.yamlscalars import plain_scalar
from podctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from podctl.core.finding import Found

_NEVER_FOLDED = 1 << 30  # characters in a line

Printer: TypeAlias = "Callable[[Sequence[Found], bool], str]"
_BREAKS = re.compile("[\r\x85\u2028\u2029]")  # line breaks to YAML, which folds them outside of double quotes
_FORMS = "json, yaml, name, wide and jsonpath=TEMPLATE"


def printer(output: str) -> Printer | None:
    """What `-o OUTPUT` asks for, None for a table. Raises InputError, so ask before any Minion is asked.

    A Printer takes what was found, and whether it is one named object: then it prints that, else a List.
    """
    form, _, template_text = output.partition("=")
    if output in ("", "wide"):
        return None
    if output == "name":
        return lambda found, single: "".join(f"{each.kind.name}/{each.name}\n" for each in found)  # noqa: ARG005
    if output == "json":
        return lambda found, single: json_text(_whole(found, single=single))
    if output == "yaml":
        return lambda found, single: yaml_text(_whole(found, single=single))
    if form == "jsonpath":
        if not template_text:
            raise InputError(
                "-o jsonpath needs a template", hint="For example -o jsonpath='{.items[*].metadata.name}'."
            )
        template = parse_template(template_text)
        return lambda found, single: render(template, _whole(found, single=single))
    if form in ("custom-columns", "custom-columns-file", "jsonpath-file", "jsonpath-as-json", "go-template"):
        raise InputError(f"-o {form} is not supported yet", hint=f"There are {_FORMS}; -L adds a column for a label.")
    raise InputError(f"there is no output format {output!r}", hint=f"There are {_FORMS}.")


def json_text(value: Any) -> str:
    """As kubectl: four blanks, keys sorted."""
    return json.dumps(value, indent=4, sort_keys=True, ensure_ascii=False) + "\n"


def yaml_text(value: Any) -> str:
    """As kubectl: keys sorted, no aliases. Texts that any reader would take for something else stand in quotes."""
    import yaml  # noqa: PLC0415 - 15 ms that only YAML is worth

    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            del data
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        tag = "tag:yaml.org,2002:str"
        read = dumper.resolve(yaml.ScalarNode, value, (True, False))  # type: ignore[no-untyped-call] # the stubs lack it
        plain = read == tag and _is_text(value) and not _BREAKS.search(value)
        block = "\n" in value and not _BREAKS.search(value)
        return dumper.represent_scalar(tag, value, style="|" if block else None if plain else '"')

    Plain.add_representer(str, text)
    return str(yaml.dump(value, Dumper=Plain, sort_keys=True, allow_unicode=True, width=_NEVER_FOLDED))


def _is_text(value: str) -> bool:
    """What Kubernetes' reader makes of it, which is not always what PyYAML's does: `y` and `1e3` are no texts to it."""
    try:
        return isinstance(plain_scalar(value, json=False), str)
    except ValueError:
        return False


def _whole(found: Sequence[Found], *, single: bool) -> Any:
    return found[0].object if single else list_object(each.object for each in found)
