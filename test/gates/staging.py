#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What goes into the packages is what Crossplane's packer and package manager take.

staging.py ROOT             exit 1 on any complaint
"""

import pathlib
import subprocess
import sys
import tempfile

import yaml

NAME = "function-gpu-placement"
KINDS = {"CompositeResourceDefinition", "Composition"}
# (repository, what Crossplane calls a function from there)
REPOSITORIES = [
    (f"example.org/{NAME}", NAME),
    (f"localhost:5000/team/{NAME}", f"team-{NAME}"),
    (f"registry.example.org/a/b/{NAME}", f"a-b-{NAME}"),
]
GROUPS = ["placement.example.org", "a-b.c"]
NO_GROUPS = ["placement", "Placement.example.org", "a..b", "a.b/c", "-a.b", "a.b|p"]
NO_REPOSITORY = [NAME, "example.org/another", f"team/{NAME}"]


def load(folder):
    for path in sorted(folder.rglob("*.yaml")):
        for each in yaml.safe_load_all(path.read_text()):
            yield each


def stage(root, folder, repository, *group):
    return subprocess.run([root / "package" / "stage", folder, repository, *group],
                          capture_output=True, text=True)


def check_function(folder):
    meta, *rest = sorted(load(folder), key=lambda each: each["kind"] != "Function")
    if meta["metadata"]["name"] != NAME or "composition" not in meta["spec"]["capabilities"]:
        yield f"the function's package is {meta}"
    if [each["kind"] for each in rest] != ["CustomResourceDefinition"]:
        yield f"the function's package holds {[each['kind'] for each in rest]}"


def check_configuration(folder, repository, called):
    meta, *rest = sorted(load(folder), key=lambda each: each["kind"] != "Configuration")
    [dependency] = meta["spec"]["dependsOn"]
    if dependency["package"] != repository:
        yield f"depends on {dependency['package']}"
    if extra := {each["kind"] for each in rest} - KINDS:
        yield f"the packer takes no {', '.join(extra)}"
    kinds = {each["spec"]["names"]["kind"] for each in rest
             if each["kind"] == "CompositeResourceDefinition"}
    composed = set()
    for each in rest:
        if each["kind"] == "Composition":
            composed.add(each["spec"]["compositeTypeRef"]["kind"])
            for step in each["spec"]["pipeline"]:
                if step["functionRef"]["name"] != called:
                    yield f"step {step['step']} calls {step['functionRef']['name']}, not {called}"
    if kinds != composed or len(kinds) != 4:
        yield f"defines {kinds}, composes {composed}"


def check_group(folder, group):
    """Everything is in the group, and the function hears of it."""
    for each in load(folder):
        if each["kind"] == "CompositeResourceDefinition":
            names, spec = each["spec"]["names"], each["spec"]
            of_group = f"{names['plural']}.{group}"
            if (spec["group"], each["metadata"]["name"],
                    spec["defaultCompositionRef"]["name"]) != (group, of_group, of_group):
                yield f"{names['kind']} is of {each['metadata']['name']}, in {spec['group']}"
        elif each["kind"] == "Composition":
            told = {each["spec"]["compositeTypeRef"]["apiVersion"]}
            told |= {step["input"].get("api") for step in each["spec"]["pipeline"]}
            if told != {f"{group}/v1alpha1"} or not each["metadata"]["name"].endswith(f".{group}"):
                yield f"{each['metadata']['name']} is for {told}"
    for file in folder.rglob("*.yaml"):
        if "modelplane.ai" in file.read_text():
            yield f"{file.name} names modelplane.ai"


def check(root):
    versions = subprocess.run([root / "package" / "versions"], capture_output=True, text=True)
    if versions.returncode != 0:
        yield versions.stderr
    for repository, called in REPOSITORIES:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            done = stage(root, folder, repository)
            if done.returncode != 0:
                yield done.stderr
                continue
            yield from check_function(folder / "function")
            yield from check_configuration(folder / "configuration", repository, called)
    for group in GROUPS:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            done = stage(root, folder, REPOSITORIES[0][0], group)
            if done.returncode != 0:
                yield done.stderr
            yield from check_group(folder / "configuration", group)
    for group in NO_GROUPS:
        with tempfile.TemporaryDirectory() as folder:
            if stage(root, folder, REPOSITORIES[0][0], group).returncode == 0:
                yield f"{group!r} is taken for a group"
    for repository in NO_REPOSITORY:
        with tempfile.TemporaryDirectory() as folder:
            if stage(root, folder, repository).returncode == 0:
                yield f"takes {repository} for a repository"


def main(root):
    complaints = list(check(pathlib.Path(root).resolve()))
    for complaint in complaints:
        print(complaint)
    print(f"staging: {len(REPOSITORIES)} repositories, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
