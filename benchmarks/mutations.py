"""Command lines and files with something wrong in them, drawn by a seed."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from random import Random

from valid_commands import COMMANDS, FILES

#: What a number may be mistyped as, or be meant to break something by.
NUMBERS = (
    *("0", "-0", "-1", "1", "2", "3", "0.5", "1.5", "99.99", "100", "1000", "10000", "10001", "1000000", "1000001"),
    *("1e308", "-1e308", "1.8e308", "1e-308", "5e-324", "1e15", "1e-9", "9223372036854775807", "9223372036854775808"),
    *(
        "9" * 400,
        "9" * 5000,
        "0.1" + "0" * 400,
        "inf",
        "-inf",
        "nan",
        "1_000",
        "0x10",
        "1e",
        "+5",
        " 5",
        "1,5",
        "\u0663",
    ),
)
WORDS = (
    *(
        "",
        " ",
        "none",
        "None",
        "true",
        "-",
        "--",
        "-1",
        "=1+1",
        "@a",
        "'",
        '"',
        "\\",
        "a" * 5000,
        "\u00e9\u6f22",
        "\udce9",
    ),
    *("\x1b[31m", "\n", "\r", "\x9b2J", "\u202e", "[]", "{}", ":", "a=b", "1:2", "1:2:3", "1:2:3:log", "cores=", "*"),
)
#: Paths that lead to something else than a file of text; `made` makes those that are names.
PATHS = ("/dev/null", "/dev/zero", "/dev/full", "pipe", "pipe.csv", "pipe.toml", "folder", "folder.csv", "loop.toml")
_VALUES = ("true", "[]", "{}", "[1, 'a']", "[[1], [2]]", "{a = 1}", "2024-01-01", "'text'", '"""', "nan", "inf", "-inf")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_KEY = re.compile(r"^\s*(\w+)\s*=", re.MULTILINE)
_KEYS = sorted({key for text in FILES.values() for key in _KEY.findall(text)})
_OPTIONS = sorted({word for line in COMMANDS for word in line.split() if word.startswith("--")} | {"--overall"})
_COMMON_CHARACTERS = "0123456789.,=-+eE[]{}()'\"#;:/\\ \n\r\t\0abc_\u00e9\u202e\x1b"


@dataclass(frozen=True, slots=True)
class Case:
    """A command line with the files that it is run beside.

    Parameters
    ----------
    words : tuple of str
        The command line, without the program.
    files : dict of str to bytes
        What the files of its folder hold.
    """

    words: tuple[str, ...]
    files: dict[str, bytes]

    def make(self, folder: Path) -> None:
        """Fill an empty folder with the files, and with what `PATHS` names."""
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        for name in ("pipe", "pipe.csv", "pipe.toml"):
            os.mkfifo(folder / name)
        for name in ("folder", "folder.csv"):
            (folder / name).mkdir()
        (folder / "loop.toml").symlink_to("loop.toml")

    def shown(self) -> str:
        """Write the command line as a shell takes it."""
        return shlex.join(("recplan", *self.words)).encode(errors="backslashreplace").decode()


def case(seed: int) -> Case:
    """Draw a case: one thing wrong in most, up to four in some, in the command line or in the files that it names."""
    rng = Random(seed)
    words = rng.choices(list(COMMANDS), list(COMMANDS.values()))[0].split()
    files = {name: text.encode() for name, text in FILES.items()}
    for _ in range(rng.choice((1, 1, 1, 2, 2, 4))):
        named = [name for name in files if any(name in word for word in words)]
        # What a scenario names is read, too.
        named += [name for name in files if any(name.encode() in files[other] for other in named)]
        if named and rng.random() < 0.65:
            name = rng.choice(named)
            files[name] = _changed_file(files[name], rng)
        else:
            words = _changed_line(words, rng)
    return Case(tuple(map(_harmless, words)), files)


def _changed_line(words: list[str], rng: Random) -> list[str]:
    options = [i for i, word in enumerate(words) if word.startswith("--")]
    values = range(1, len(words))
    numbers = [i for i in values if _NUMBER.search(words[i])]
    at = rng.choice(values) if values else 0
    change = rng.randrange(14)
    if change < 6 and numbers:
        at = rng.choice(numbers)
        return [*words[:at], _with_a_number(words[at], rng), *words[at + 1 :]]
    if change < 8 and (files := [i for i in values if "." in words[i]]):
        at = rng.choice(files)
        return [*words[:at], rng.choice((*PATHS, *FILES)), *words[at + 1 :]]
    if change == 8:
        return words[:at] + words[at + 1 :]
    if change == 9 and options:
        at = rng.choice(options)
        return words + words[at : at + 2]
    if change == 10:
        return [*words, rng.choice(_OPTIONS), *([rng.choice(NUMBERS + WORDS)] if rng.random() < 0.8 else [])]
    if change == 11:
        other = rng.choice(list(COMMANDS)).split()
        return [*words[:at], *other[rng.randrange(len(other)) :]]
    if change == 12 and options:
        at = rng.choice(options)
        return [*words[:at], f"{words[at]}={rng.choice(NUMBERS)}", *words[at + 2 :]]
    if rng.random() < 0.5:
        return [*words[:at], _garbled(words[at], rng), *words[at + 1 :]]
    return [*words[:at], rng.choice(WORDS + NUMBERS), *words[at + 1 :]]


def _with_a_number(text: str, rng: Random) -> str:
    found = rng.choice(list(_NUMBER.finditer(text)) or [None])
    if found is None:
        return rng.choice(NUMBERS)
    number = rng.choice(NUMBERS)
    if rng.random() < 0.4:
        # A slip in the unit.
        number = f"{float(found[0]) * rng.choice((1e-6, 1e-3, 0.1, 0.5, 2, 10, 100, 1e3, 1e6)):.6g}"
    return text[: found.start()] + number + text[found.end() :]


def _garbled(text: str, rng: Random) -> str:
    at = rng.randrange(len(text) + 1)
    inserted = rng.choice(_COMMON_CHARACTERS) * rng.choice((0, 1, 1, 300))
    return text[:at] + inserted + text[at + rng.randrange(2) :]


def _harmless(word: str) -> str:
    """Keep a word inside the folder of the case, and such as a process can be given it."""
    word = word.replace("\0", "")
    return word if word in PATHS else word.replace("/", "_")


def _changed_file(content: bytes, rng: Random) -> bytes:
    change = rng.randrange(14)
    if change == 0:
        return _changed_bytes(content, rng)
    if change == 1:
        return rng.choice(_WHOLE)
    text = content.decode(errors="surrogateescape")
    if change > 8:
        text = _with_a_number(text, rng)
    elif change in (4, 5):
        text = _changed_lines(text, rng)
    elif change == 6 and (keys := list(_KEY.finditer(text))):
        found = rng.choice(keys)
        text = text[: found.start(1)] + rng.choice(_KEYS) + text[found.end(1) :]
    elif change == 7 and (values := list(re.finditer(r"(?<== ).+$", text, re.MULTILINE))):
        found = rng.choice(values)
        text = text[: found.start()] + rng.choice((*_VALUES, *NUMBERS)) + text[found.end() :]
    elif change == 8 and (cells := list(re.finditer(r"[^,\n]+", text))):
        found = rng.choice(cells)
        text = text[: found.start()] + rng.choice(WORDS + NUMBERS) + text[found.end() :]
    else:
        text = _garbled(text, rng)
    return text.encode(errors="surrogateescape")


def _changed_bytes(content: bytes, rng: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 3, 20))):
        at = rng.randrange(len(changed) + 1)
        changed[at : at + rng.randrange(2)] = bytes([rng.randrange(256)]) * rng.randrange(2)
    return bytes(changed[: rng.randrange(len(changed) + 1)] if rng.random() < 0.2 else changed)


def _changed_lines(text: str, rng: Random) -> str:
    lines = text.splitlines(keepends=True)
    at, other = (rng.randrange(len(lines)) if lines else 0 for _ in range(2))
    change = rng.randrange(4)
    if change == 0:
        del lines[at : at + 1]
    elif change == 1:
        lines[other:other] = lines[at : at + 1]
    elif change == 2:
        lines[at : at + 1] = [lines[other]] if lines else []
    else:
        lines[at:at] = [rng.choice(("\n", "# a comment\n", '"\n', "[[cpu]]\n", "[sizes]\n", ",,,\n", "a.b.c = 1\n"))]
    return "".join(lines)


_WHOLE = (
    b"",
    b"\n\n",
    bytes(1000),
    b"\xff\xfe" + "size\n1\n".encode("utf-16-le"),
    b"size\n" + b"5\n" * 100_000,
    b"a = " + b"[" * 2000 + b"]" * 2000,
    b"a = " + b"{a = " * 2000 + b"1" + b"}" * 2000,
    b".".join([b"a"] * 2000) + b" = 1\n",
    b",".join(b"c%d" % i for i in range(100_000)) + b"\n",
    b'"' * 100_000,
    b"x" * 1_000_000,
    b"batch_size,milliseconds\n" + b"".join(b"%d,%d\n" % (i, i) for i in range(1, 3000)),
    b"size,count\n1000000,1\n",
    b"time,qps\n" + b"".join(b"%d:%02d,100\n" % divmod(i, 60) for i in range(1440)),
)
