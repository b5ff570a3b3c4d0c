"""What a terminal shows after a stream of text and control codes: enough of one for what podctl writes."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import threading

_CODE = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])")


class Screen:
    """Lines and a cursor. An unknown control code is an error."""

    def __init__(self) -> None:
        self.lines: list[str] = [""]
        self.row = self.column = 0
        self.cursor_shown = True
        self.coloured = False

    def feed(self, text: str) -> None:
        at = 0
        while at < len(text):
            if found := _CODE.match(text, at):
                self._control(*found.groups())
                at = found.end()
            else:
                self._put(text[at])
                at += 1

    def _put(self, char: str) -> None:
        if char == "\r":
            self.column = 0
        elif char == "\n":
            self.row += 1
            if self.row == len(self.lines):
                self.lines.append("")
        else:
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + char + line[self.column + 1 :]
            self.column += 1

    def _control(self, number: str, letter: str) -> None:
        if (number, letter) in (("?25", "l"), ("?25", "h")):
            self.cursor_shown = letter == "h"
        elif letter == "A":
            self.row -= int(number or 1)
        elif letter == "K":
            self.lines[self.row] = ""
        elif letter == "m":
            self.coloured = number not in ("", "0")
        else:
            raise AssertionError(f"a control code that no terminal of the tests knows: {number}{letter}")

    @property
    def shown(self) -> list[str]:
        """All that is there, without blank lines at the end."""
        return "\n".join(line.rstrip() for line in self.lines).rstrip("\n").splitlines()


def on_a_terminal(argv, env) -> tuple[int, str]:
    """Runs a program with stdin, stdout and stderr on one terminal; its exit code, and all that it wrote."""
    ours, theirs = pty.openpty()
    written = bytearray()

    def read() -> None:
        while True:
            try:
                data = os.read(ours, 1 << 16)
            except OSError:
                return  # the other side has closed
            if not data:
                return
            written.extend(data)

    reader = threading.Thread(target=read)
    process = subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True)
    os.close(theirs)
    reader.start()
    code = process.wait(120)
    reader.join(10)
    os.close(ours)
    return code, written.decode()
