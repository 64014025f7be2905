# SPDX-License-Identifier: Apache-2.0
"""The blocks of our pages, the commands in them, and what is shown below a command."""

import os
import pathlib
import re
import typing


class Block(typing.NamedTuple):
    """A fenced block; one that is only indented has the language "indented"."""
    language: str
    text: str
    line: int


class Command(typing.NamedTuple):
    """What is typed, and what the page shows of its answer: None is nothing."""
    typed: str
    shown: typing.Optional[str]


def pages(root):
    return [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "docs").rglob("*.md"))]


def blocks(text):
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        begins = at
        at += 1
        if fence := re.fullmatch(r"```(\w*)", lines[begins]):
            while lines[at] != "```":
                at += 1
            yield Block(fence[1], joined(lines[begins + 1:at]), begins + 1)
            at += 1
        elif lines[begins].startswith("    ") and (begins == 0 or lines[begins - 1] == ""):
            while lines[at].startswith("    "):
                at += 1
            yield Block("indented", joined(lines[begins:at]), begins + 1)


def commands(text):
    """Of a console block. With prompts, what follows a command is its answer; without, there
    are only commands."""
    lines = text.rstrip("\n").split("\n")
    has_prompts = any(line.startswith("$ ") for line in lines)
    at = 0
    while at < len(lines):
        typed = [lines[at].removeprefix("$ ")]
        at += 1
        while typed[-1].endswith(("\\", "|")):
            typed.append(lines[at])
            at += 1
        begins = at
        while has_prompts and at < len(lines) and not lines[at].startswith("$ "):
            at += 1
        yield Command("\n".join(typed), joined(lines[begins:at]) if at > begins else None)


def agrees(shown, printed):
    """Whether a page shows what is printed: "..." are any lines, and an age, which is the last
    word of its line, is any age."""
    wanted = ""
    for line in shown.rstrip("\n").split("\n"):
        if line == "...":
            wanted += r"(?:.*\n)*?"
        else:
            line, is_old = re.subn(r"\d+[smhd]$", "", line.rstrip())
            wanted += re.escape(line) + (r"\w+" if is_old else "") + r" *\n"
    return re.fullmatch(wanted, printed.rstrip("\n") + "\n") is not None


def joined(lines):
    return "\n".join(lines) + "\n"


def checkout(folder, root, programs):
    """A folder in which to type: what commands read of the tree, and the environment for them.
    What they write stays there. programs are paths by name; a name with a slash is a path in it."""
    folder = pathlib.Path(folder)
    for name in ("examples", "package", "docs", "test"):
        (folder / name).symlink_to(root / name)
    for name, path in programs.items():
        link = folder / (name if "/" in name else f"bin/{name}")
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(pathlib.Path(path).resolve())
    return {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
