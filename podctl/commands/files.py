"""Reads what -f names: files, directories, `-`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from podctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENDINGS = (".yaml", ".yml", ".json")


def read_sources(names: Sequence[str], *, recursive: bool) -> list[tuple[str, str]]:
    """(name, text) of every file, a directory's in the order of their names. Raises InputError for what is no text."""
    found: list[tuple[str, str]] = []
    for name in names:
        if name == "-":
            found.append(("standard input", sys.stdin.read()))
        elif Path(name).is_dir():
            found += [(str(path), _read(path)) for path in _in_folder(Path(name), recursive=recursive)]
        else:
            found.append((name, _read(Path(name))))
    return found


def _in_folder(folder: Path, *, recursive: bool) -> list[Path]:
    every = folder.rglob("*") if recursive else folder.iterdir()
    files = sorted(path for path in every if path.suffix in _ENDINGS and path.is_file())
    if not files:
        deeper = "" if recursive else "; -R looks into the folders below it, too"
        raise InputError(f"{folder}: no file that ends in {', '.join(_ENDINGS)}{deeper}")
    return files


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: it is not UTF-8 text", hint="Manifests are YAML or JSON in UTF-8.") from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
