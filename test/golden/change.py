#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Changes what the sentence of a rejection names, and only that, and places the model again.

change.py PROGRAM CASES     TAP; exit 1 when a change did not help

A case's change.yaml says how its sentence is read and what follows from it:

    sentence: wants <want> of memory per unit, a unit here has <have>
    changes:                # each by itself
    - in: required          # the file
      from: "memoryPerGpu: <want>"
      to: "memoryPerGpu: <have>"
      then: NoCapacity      # the next reason; absent: the model is placed

What stands in angle brackets is read out of the sentence that the product gave; whole numbers may
be added and subtracted, "<total+want-left>". "from" must be in the file exactly once, so a sentence
that names the wrong number, or none, cannot be followed.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

FUNCTION = "function-gpu-placement"
COMPOSITION = {
    "apiVersion": "apiextensions.crossplane.io/v1",
    "kind": "Composition",
    "metadata": {"name": "one-step"},
    "spec": {
        "mode": "Pipeline",
        "compositeTypeRef": {"apiVersion": "modelplane.ai/v1alpha1", "kind": "ModelDeployment"},
    },
}
FILES = ("xr", "required", "observed", "input")


class Problem(Exception):
    pass


def read(folder):
    """The texts of a case's files, by name."""
    paths = {name: folder / f"{name}.yaml" for name in FILES}
    if not paths["xr"].exists():
        paths["xr"] = folder.parents[1] / "xr.yaml"
    return {name: path.read_text() for name, path in paths.items() if path.exists()}


def place(program, texts):
    """The status of the deployment that these texts describe."""
    step = {"step": "place", "functionRef": {"name": FUNCTION}}
    if "input" in texts:
        step["input"] = yaml.safe_load(texts["input"])
    composition = {**COMPOSITION, "spec": {**COMPOSITION["spec"], "pipeline": [step]}}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for file, text in {**texts, "composition": yaml.safe_dump(composition)}.items():
            (folder / f"{file}.yaml").write_text(text)
        words = ["xr.yaml", "composition.yaml"]
        for flag, file in (("-e", "required"), ("-o", "observed")):
            if file in texts:
                words += [flag, f"{file}.yaml"]
        done = subprocess.run([program, "render", *words], cwd=folder, capture_output=True, text=True)
    if done.stderr:
        raise Problem(done.stderr.strip())
    return next(yaml.safe_load_all(done.stdout))["status"]


def rejections(status):
    return [(each["reason"], each["message"]) for each in status.get("rejections", [])]


def is_placed(status):
    return any(each["type"] == "Scheduled" and each["status"] == "True"
               for each in status["conditions"])


def read_sentence(pattern, told):
    """What the angle brackets stand for in the first sentence that is of this form."""
    parts = re.split(r"<(\w+)>", pattern)
    names, expression = parts[1::2], re.escape(parts[0])
    for name, text in zip(names, parts[2::2]):
        expression += f"(?P<{name}>.+?)" + re.escape(text)
    for _, sentence in told:
        if found := re.fullmatch(expression, sentence):
            return found.groupdict()
    raise Problem(f"no sentence is of the form {pattern!r}: {told}")


def filled(template, words):
    def fill(found):
        terms = re.findall(r"([+-]?)(\w+)", found[1])
        if len(terms) == 1:
            return words[terms[0][1]]
        return str(sum(int(sign + words[name]) for sign, name in terms))
    return re.sub(r"<([\w+-]+)>", fill, template)


def changed(texts, change, words):
    old, new = filled(change["from"], words), filled(change["to"], words)
    text = texts[change["in"]]
    if text.count(old) != 1:
        raise Problem(f"{change['in']}.yaml has {old!r} {text.count(old)} times")
    return {**texts, change["in"]: text.replace(old, new)}


def check(program, texts, told, plan, change):
    """What came of the change, in words; raises when it did not help."""
    after = place(program, changed(texts, change, read_sentence(plan["sentence"], told)))
    if "then" not in change:
        if not is_placed(after):
            raise Problem(f"not placed: {rejections(after)}")
        return "placed"
    if change["then"] not in {reason for reason, _ in rejections(after)}:
        raise Problem(f"then {change['then']}, but now {rejections(after)}")
    return f"then {change['then']}"


def main(program, cases):
    program = pathlib.Path(program).resolve()
    n = n_failed = 0
    for path in sorted(pathlib.Path(cases).glob("*/*/change.yaml")):
        plan, texts = yaml.safe_load(path.read_text()), read(path.parent)
        before = place(program, texts)
        for change in plan["changes"]:
            n += 1
            try:
                outcome = check(program, texts, rejections(before), plan, change)
                print(f"ok {n} - {path.parent.name}: {change['from']} -> {change['to']}: {outcome}")
            except Problem as problem:
                n_failed += 1
                print(f"not ok {n} - {path.parent.name}: {change['from']} -> {change['to']}")
                print(f"{path.parent.name}: {problem}", file=sys.stderr)
    print(f"1..{n}")
    return 1 if n_failed or n == 0 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
