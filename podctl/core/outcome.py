"""What became of each Action, and what to say while it happens."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from podctl.errors import ExitCode

if TYPE_CHECKING:
    from podctl.core.model import PodKey


class Word(StrEnum):
    """kubectl's words for what happened to an object; a move is ours."""

    CREATED = "created"
    CONFIGURED = "configured"
    STARTED = "started"
    RESTARTED = "restarted"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    MOVED = "moved"
    FAILED = "failed"
    PENDING = "pending"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`code` is what this one adds to the exit code; `message` is empty where all is well."""

    key: PodKey | None
    minion: str
    word: Word
    code: ExitCode = ExitCode.DONE
    message: str = ""
    evidence: str = ""
    hint: str = ""
    stays: bool = False  # the Pod that was to be replaced is as it was


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A Pod on its Minion comes to a new step; where `key` is None, `about` says what does."""

    minion: str
    key: PodKey | None
    text: str
    done: bool = False
    about: str = "images"
