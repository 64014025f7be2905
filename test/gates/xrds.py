#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The XRDs say what the program reads and writes: every member, type, word and range.

xrds.py PROGRAM ROOT        exit 1 on any complaint

The samples have every member that the schemas have. Each is replaced by a value of another type,
by every word and by numbers just within and just beyond its range, and what the program says must
agree; so must what "check" says, for all that a schema refuses. The other way round, what the sources
read and write by name must be in a schema.
"""

import copy
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

FOLDER = "package/configuration"
SAMPLES = "test/gates/samples"
KINDS = ("inferenceenvironments", "clustermodels", "models", "modeldeployments")
# Of makers of nodes and of autoscalers.
NOT_READ = {"role", "machineType", "diskSizeGb", "zones", "minNodeCount", "target", "utilization",
            "scaleDownDelay"}
# Not looked at while the sample's signal is Concurrency.
OF_ANOTHER_SIGNAL = ("spec.scaling.fixed",)
SAME_POOLS = ("spec.cluster.existing.nodePools", "spec.cluster.gke.nodePools")
ELEMENT, KEY = "[]", "{}"


class Kind:
    """An XRD with a sample of its kind, and the Composition that reads it."""

    def __init__(self, root, plural):
        xrd = yaml.safe_load((root / FOLDER / f"{plural}-xrd.yaml").read_text())
        schema = xrd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
        self.name = xrd["spec"]["names"]["kind"]
        self.spec, self.status = schema["spec"], schema["status"]
        self.composition = root / FOLDER / f"{plural}-composition.yaml"
        self.sample = yaml.safe_load((root / SAMPLES / f"{plural}.yaml").read_text())


def members(schema, path=("spec",)):
    """(path, schema) of everything below."""
    for name, member in schema.get("properties", {}).items():
        yield path + (name,), member
        yield from members(member, path + (name,))
    for name, step in (("items", ELEMENT), ("additionalProperties", KEY)):
        if name in schema:
            yield path + (step,), schema[name]
            yield from members(schema[name], path + (step,))


def names_in(schema):
    return {path[-1] for path, _ in members(schema)} - {ELEMENT, KEY}


def find(thing, path):
    """The keys that lead to the first member of the sample at the path; None when it has none."""
    if not path:
        return []
    keys = [path[0]]
    if path[0] == ELEMENT:
        keys = range(len(thing)) if isinstance(thing, list) else []
    elif path[0] == KEY:
        keys = thing if isinstance(thing, dict) else []
    for key in keys:
        if isinstance(thing, list) or (isinstance(thing, dict) and key in thing):
            below = find(thing[key], path[1:])
            if below is not None:
                return [key, *below]
    return None


def shown(keys, path):
    """The keys as the program writes a path."""
    text = ""
    for key, step in zip(keys, path):
        text += f"[{key}]" if step in (ELEMENT, KEY) else f".{key}" if text else key
    return text


class Trial:
    """One member of a sample, to be replaced."""

    def __init__(self, program, folder, kind, path):
        self.program, self.folder, self.kind = program, folder, kind
        self.keys = find(kind.sample, path)
        self.name = shown(self.keys, path) if self.keys else ".".join(path)

    def complaint(self, value):
        """What the program says about the member when it is value; empty when nothing."""
        thing = copy.deepcopy(self.kind.sample)
        at = thing
        for key in self.keys[:-1]:
            at = at[key]
        at[self.keys[-1]] = value
        file = self.folder / "xr.yaml"
        file.write_text(yaml.safe_dump(thing))
        done = subprocess.run([self.program, "render", file, self.kind.composition],
                              capture_output=True, text=True)
        found = re.search(rf"{re.escape(self.name)}: ([^;\n]*)", told(done.stdout) + done.stderr)
        return found[1] if found else ""


def told(stream):
    """The sentences of what is rendered: of conditions, and of pools."""
    if not stream:
        return ""
    status = next(yaml.safe_load_all(stream)).get("status", {})
    sentences = [each.get("message", "") for each in status.get("conditions", [])]
    for pool in status.get("capacity", {}).get("pools", []):
        sentences += pool.get("messages", [])
    return "\n".join(sentences) + "\n"


def wrong_for(schema):
    """A value of another type."""
    is_text = schema.get("type") == "string" or "x-kubernetes-int-or-string" in schema
    return True if is_text else "wrong"


def check_member(trial, path, schema):
    wrong = wrong_for(schema)
    said = trial.complaint(wrong)
    if NOT_READ & set(path) or trial.name.startswith(OF_ANOTHER_SIGNAL):
        if said:
            yield f"is said not to be read, but is: {said}"
        return
    if "x-kubernetes-preserve-unknown-fields" not in schema and not said:
        yield f"the program takes {wrong!r}, the schema does not"
    if "enum" in schema:
        yield from check_words(trial, schema["enum"])
    if "minimum" in schema:
        yield from check_range(trial, schema["minimum"], schema["maximum"])


def check_words(trial, words):
    for word in words:
        if "is not" in (said := trial.complaint(word)):
            yield f"the schema allows {word}, the program does not: {said}"
    found = re.search(r"must be (?:one of )?(.*), not ", trial.complaint("Nothing"))
    for word in found[1].split(", ") if found else ["Nothing"]:
        if word not in words and "not supported yet" not in trial.complaint(word):
            yield f"the program takes {word}, the schema does not"


def check_range(trial, low, high):
    for number in (low, high):
        if "is not within" in (said := trial.complaint(number)):
            yield f"the schema allows {number}, the program does not: {said}"
    for number in (low - 1, high + 1):
        want = f"{number} is not within {low} and {high}"
        if (said := trial.complaint(number)) != want:
            yield f"{number} is refused by the schema; the program says {said!r}, not {want!r}"


def check_reading(program, folder, kind):
    for path, schema in members(kind.spec):
        if ".".join(path).startswith(tuple(f"{each}." for each in SAME_POOLS)):
            continue
        trial = Trial(program, folder, kind, path)
        if trial.keys is None:
            yield f"{kind.name}: {trial.name}: no sample has it"
            continue
        for complaint in check_member(trial, path, schema):
            yield f"{kind.name}: {trial.name}: {complaint}"


def bad_values(schema):
    """Values that the schema refuses: of another type, and beyond each of its limits."""
    if "x-kubernetes-preserve-unknown-fields" not in schema:
        yield wrong_for(schema)
    if "enum" in schema:
        yield "Nothing"
    for name, step in (("minimum", -1), ("maximum", 1)):
        if name in schema:
            yield schema[name] + step
    if "maxLength" in schema:
        yield "x" * (schema["maxLength"] + 1)
    if schema.get("minLength"):
        yield ""
    if "maxItems" in schema and "default" not in schema:
        yield [{"name": f"n{i}"} if schema["items"].get("type") == "object" else f"n{i}"
               for i in range(schema["maxItems"] + 1)]
    if "maxProperties" in schema:
        yield {f"k{i}": "1" for i in range(schema["maxProperties"] + 1)}


def check_refused(program, folder, kind):
    """"check" refuses what the schema refuses, at the member, and nothing of the sample."""
    file = folder / "checked.yaml"

    def errors(thing):
        file.write_text(yaml.safe_dump(thing))
        done = subprocess.run([program, "check", file], capture_output=True, text=True)
        return [line for line in done.stdout.splitlines() if "[error]" in line
                and "the function's input names no mig-parted file" not in line]

    for line in errors(kind.sample):
        yield f"{kind.name}: the sample: {line}"
    for path, schema in members(kind.spec):
        keys = find(kind.sample, path)
        for value in bad_values(schema) if keys else ():
            thing = copy.deepcopy(kind.sample)
            at = thing
            for key in keys[:-1]:
                at = at[key]
            at[keys[-1]] = value
            name = shown(keys, path)
            if not any(f": {name}" in line for line in errors(thing)):
                yield f"{kind.name}: {name}: check takes {str(value)[:40]!r}, the schema does not"


def check_known(program, root, plural):
    """Nothing of a sample, which has every member, is taken for misspelt."""
    done = subprocess.run([program, "render", root / SAMPLES / f"{plural}.yaml",
                           root / FOLDER / f"{plural}-composition.yaml"],
                          capture_output=True, text=True)
    for found in re.findall(r'member "(\S+)" is not known', told(done.stdout) + done.stderr):
        yield f"{plural}: {found}: of the XRD, taken for misspelt"


def check_alike(environment, cluster_model, model):
    """What is written twice because a schema cannot name another one."""
    at = dict(members(environment.spec))
    for path in SAME_POOLS:
        if at[tuple(path.split("."))] != at["spec", "nodePools"]:
            yield f"{path} is not as spec.nodePools"
    if cluster_model.spec != model.spec:
        yield "the specs of ClusterModel and Model differ"


def check_told(kind):
    """kubectl explain has a sentence for every member."""
    for path, schema in (*members(kind.spec), *members(kind.status, ("status",))):
        if path[-1] not in (ELEMENT, KEY) and not schema.get("description"):
            yield f"{kind.name}: {'.'.join(path)} has no description"


def check_sources(root, kinds):
    """What the sources read and write by name is in a schema."""
    described = set().union(*(names_in(kind.spec) for kind in kinds))
    for name in ("pool", "environment", "model", "deployment", "check"):
        code = (root / "function/fleet" / f"{name}.c").read_text()
        tables = re.findall(r"\b(?:\w*members|\w*_names|known|of_others|sources)\[\w*\] = \{(.*?)\};",
                            code, re.S)
        read = set(re.findall(r'member_get\([^"]*?"(\w+)"', code))
        for table in tables:
            read |= set(re.findall(r'TEXT_INIT\("([a-z]\w+)"\)', table))
        for each in sorted(read - described - {"spec"}):
            yield f"{each}: read in fleet/{name}.c, in no XRD"
    for path, kind in (("deploy/{status,scaling}.c", kinds[3]), ("inventory/inventory.c", kinds[0])):
        before, *names = re.split("[{},]", path)
        files = [f"{before}{name}.c" for name in names[:-1]] or [path]
        code = "\n".join((root / "function" / file).read_text() for file in files)
        written = {name for line in re.findall(r"node_(?:set|add).*", code)
                   for name in re.findall(r'"(\w+)"', line)}
        described = names_in(kind.status)
        for each in sorted(written ^ described):
            where = f"in the status of {kind.name}" if each in described else f"by {path}"
            yield f"{each}: only {where}"


def main(program, root):
    root = pathlib.Path(root).resolve()
    kinds = [Kind(root, plural) for plural in KINDS]
    complaints = [*check_alike(*kinds[:3]), *check_sources(root, kinds)]
    complaints += [each for kind in kinds for each in check_told(kind)]
    complaints += [each for plural in KINDS for each in check_known(program, root, plural)]
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds:
            if kind.name != "Model":  # read by the code that reads a ClusterModel
                complaints += check_reading(program, pathlib.Path(folder), kind)
            complaints += check_refused(program, pathlib.Path(folder), kind)
    for complaint in complaints:
        print(complaint)
    n = sum(1 for kind in kinds for _ in members(kind.spec))
    print(f"xrds: {n} members, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
