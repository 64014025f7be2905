#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The manifests in docs/composed.md and docs/clouds/ are parts of what is declared and composed.

pages.py PROGRAM ROOT       exit 1 on any complaint

A page renders an example in its console block. Each of its YAML blocks must be contained in an object
of the same kind: of the example's files, or of what "render" prints for them. docs/composed.md shows
the whole of a service: there no member of the spec may be without its line. What docs/choosing.md
shows of "render --explain" is what it prints.
"""

import pathlib
import re
import subprocess
import sys

import yaml


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)


def rendered(program, root, words):
    """What goes into a render command and what comes out, as one list."""
    done = subprocess.run([program, *words], cwd=root, capture_output=True, text=True, check=True)
    texts = [done.stdout] + [(root / word).read_text() for word in words if word.endswith(".yaml")]
    return [each for text in texts for each in yaml.safe_load_all(text) if each]


def inner(objects):
    """The objects, the manifests in them, and the inputs of Compositions."""
    for each in objects:
        yield each
        spec = each.get("spec") or {}
        if each["kind"] == "Object":
            yield spec["forProvider"]["manifest"]
        for step in spec.get("pipeline", []):
            yield step["input"]


def missing(part, whole, path=""):
    """The first path at which part is not contained in whole, or None."""
    if isinstance(part, dict) and isinstance(whole, dict):
        paths = (missing(value, whole.get(name), f"{path}.{name}") for name, value in part.items())
        return next((each for each in paths if each), None)
    if isinstance(part, list) and isinstance(whole, list):
        for i, value in enumerate(part):
            paths = [missing(value, each, f"{path}[{i}]") for each in whole]
            if not paths or all(paths):
                return max(paths, key=len, default=f"{path}[{i}]")
        return None
    return None if part == whole else path


def objects_of(part, objects):
    return [each for each in objects if each["kind"] == part.get("kind")]


def check_page(program, root, text, is_whole):
    commands = [line.split() for block in blocks(text, "console")
                for line in block.replace("\\\n", " ").split("\n")]
    objects = [each for words in commands if words[1:2] == ["render"]
               for each in inner(rendered(program, root, words[1:]))]
    if not objects:
        yield "no command renders anything"
    n_parts = 0
    for block in blocks(text, "yaml"):
        for part in yaml.safe_load_all(block):
            n_parts += 1
            paths = [missing(part, each) for each in objects_of(part, objects)]
            if not paths or all(paths):
                where = max(paths, key=len) if paths else ""
                yield f"no {part.get('kind')} has what is shown at {where or 'its top'}"
            elif is_whole and (lacking := missing(objects_of(part, objects)[0]["spec"], part["spec"])):
                yield f"says nothing of spec{lacking}"
    if n_parts == 0:
        yield "no manifest is shown"


def check_transcripts(program, root, text):
    """Indented blocks: cd FOLDER, a render command, and then what it prints."""
    folders = re.findall(r"^    cd (\S+)\n    function-gpu-placement (render .*)$", text, re.M)
    if not folders:
        yield "no command prints anything"
    for folder, words in folders:
        done = subprocess.run([program, *words.split()], cwd=root / folder, capture_output=True, text=True)
        shown = re.sub(r"^(?=.)", "    ", done.stdout.rstrip("\n"), flags=re.M)
        if not shown or f"\n{shown}\n" not in text:
            yield f"{words}: another answer is shown than\n{shown}{done.stderr}"


def main(program, root):
    program, root = pathlib.Path(program).resolve(), pathlib.Path(root).resolve()
    pages = [root / "docs" / "composed.md", *sorted((root / "docs" / "clouds").glob("*.md"))]
    n_complaints = 0
    for page in pages:
        for complaint in check_page(program, root, page.read_text(), page.name == "composed.md"):
            n_complaints += 1
            print(f"{page.relative_to(root)}: {complaint}")
    choosing = root / "docs" / "choosing.md"
    for complaint in check_transcripts(program, root, choosing.read_text()):
        n_complaints += 1
        print(f"{choosing.relative_to(root)}: {complaint}")
    print(f"pages: {len(pages) + 1} read, {n_complaints} complaints")
    return 1 if n_complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
