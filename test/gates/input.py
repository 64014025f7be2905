#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The schema of the input says what the program takes: every member, word and default.

input.py PROGRAM ROOT       exit 1 on any complaint
"""

import copy
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

SCHEMA = "package/input/gpuplacement.fn.crossplane.io_inputs.yaml"
EXAMPLE = "examples/mig-pool"
# A value for members whose schema has neither words nor a default.
SAMPLES = {
    "remoteNamespace": "models",
    "name": "mig-parted",
    "namespace": "gpu-operator",
    "inline": "version: v1",
    "triggers": [{"type": "cpu", "metadata": {"value": "60"}}],
}
# Members, or one value of them, that need others somewhere else.
COMPANIONS = {
    "migParted.configMapRef.namespace": {"migParted.configMapRef.name": "mig-parted"},
    "migParted.configMapRef.key": {"migParted.configMapRef.name": "mig-parted"},
    "kserve.autoscaler=KEDA": {"kserve.version": "0.21", "kserve.keda.triggers": SAMPLES["triggers"]},
    "kserve.keda.triggers": {"kserve.version": "0.21", "kserve.autoscaler": "KEDA"},
}
FIXED = ("apiVersion", "kind", "metadata")
UNKNOWN = "unknown-member"


def schema_of(root):
    crd = yaml.safe_load((root / SCHEMA).read_text())
    return crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


def leaves(schema, path=()):
    """(path, schema) of every member that is no map."""
    for name, member in schema.get("properties", {}).items():
        if member["type"] == "object" and name not in FIXED:
            yield from leaves(member, path + (name,))
        elif name not in FIXED:
            yield path + (name,), member


def maps(schema, path=()):
    yield path
    for name, member in schema.get("properties", {}).items():
        if "properties" in member:
            yield from maps(member, path + (name,))


def values(path, member):
    """Values that the schema allows."""
    if member["type"] == "array":
        return [member["items"]["enum"][:2] if "enum" in member["items"] else SAMPLES[path[-1]]]
    if member["type"] == "boolean":
        return [True, False]
    return member.get("enum") or [member["default"] if "default" in member else SAMPLES[path[-1]]]


def place(step_input, path, value):
    dotted = ".".join(path)
    others = COMPANIONS.get(dotted) or COMPANIONS.get(f"{dotted}={value}", {})
    for name, each in (*others.items(), (dotted, value)):
        *above, last = name.split(".")
        at = step_input
        for step in above:
            at = at.setdefault(step, {})
        at[last] = each
    return step_input


class Program:
    def __init__(self, program, root, folder):
        self.program = program
        self.example = root / EXAMPLE
        self.folder = folder
        self.composition = yaml.safe_load((self.example / "composition.yaml").read_text())
        self.input = self.composition["spec"]["pipeline"][0]["input"]

    def render(self, step_input):
        """What it prints, and its complaint about the input; empty when there is none."""
        composition = copy.deepcopy(self.composition)
        composition["spec"]["pipeline"][0]["input"] = step_input
        path = self.folder / "composition.yaml"
        path.write_text(yaml.safe_dump(composition))
        done = subprocess.run(
            [self.program, "render", self.example / "xr.yaml", path,
             "-e", self.example / "required.yaml"], capture_output=True, text=True)
        complaint = done.stderr.strip() if "input" in done.stderr else ""
        return done.stdout, complaint

    def with_value(self, path, value):
        return self.render(place(copy.deepcopy(self.input), path, value))


def check(program, root, schema):
    plain, complaint = program.render(program.input)
    if complaint or "AllScheduled" not in plain:
        yield f"{EXAMPLE} does not render: {complaint}"
    for path, member in leaves(schema):
        name = ".".join(path)
        for value in values(path, member):
            complaint = program.with_value(path, value)[1]
            if complaint:
                yield f"{name}: the schema allows {value!r}, the program does not: {complaint}"
        if "default" in member and path[0] != "migParted":
            if program.with_value(path, member["default"])[0] != plain:
                yield f"{name}: {member['default']!r} is not what its absence means"
        wrong = {"boolean": "yes", "array": ["Nothing"]}.get(member["type"], 1)
        if not program.with_value(path, wrong)[1]:
            yield f"{name}: the program takes {wrong!r}, the schema does not"
    for path in maps(schema):
        name = ".".join(path + (UNKNOWN,))
        if UNKNOWN not in program.with_value(path + (UNKNOWN,), 1)[1]:
            yield f"{name}: is not refused by its name"
    yield from not_described(root, schema)


def not_described(root, schema):
    """Members that fleet/settings.c reads and the schema does not have."""
    described = {name for path, _ in leaves(schema) for name in path} | set(FIXED)
    code = (root / "function/fleet/settings.c").read_text()
    for table in re.findall(r"\b(?:members|known\w*)\[\] = \{(.*?)\};", code, re.S):
        for name in re.findall(r'TEXT_INIT\("(\w+)"\)', table):
            if name not in described:
                yield f"{name}: read in fleet/settings.c, not in {SCHEMA}"


def main(program, root):
    root = pathlib.Path(root).resolve()
    with tempfile.TemporaryDirectory() as folder:
        complaints = list(check(Program(program, root, pathlib.Path(folder)), root, schema_of(root)))
    for complaint in complaints:
        print(complaint)
    print(f"input: {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
