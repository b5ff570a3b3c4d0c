"""One passphrase or password for all Minions, asked once and only on a terminal."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Asker:
    """Asks each question once, whichever thread comes first, and gives all threads the same answer.

    `prompt` shows a question and returns what was typed unseen; None where there is no terminal to ask on.
    """

    def __init__(self, prompt: Callable[[str], str] | None = None) -> None:
        self._prompt = prompt
        self._answers: dict[str, str] = {}
        self._lock = threading.Lock()

    @property
    def can_ask(self) -> bool:
        return self._prompt is not None or bool(self._answers)

    def quiet(self) -> None:
        """From now on nobody is asked any more: what was answered before is all that counts."""
        self._prompt = None

    def ask(self, question: str) -> str | None:
        """The answer to `question`; None where nobody can be asked."""
        with self._lock:
            if question not in self._answers:
                if self._prompt is None:
                    return None
                self._answers[question] = self._prompt(question)
            return self._answers[question]
