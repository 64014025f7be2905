# SPDX-License-Identifier: Apache-2.0
"""Who renders: our program, the crossplane CLIs, and core without a CLI.

Each gives a Rendering, with only what all of them can tell; what Crossplane adds of its
own and what differs between its versions stays out.
"""

import copy
import os
import pathlib
import subprocess
import uuid

import yaml

import cases
import wire

NAME = "crossplane.io/composition-resource-name"
# Set by Crossplane's reconciler, in newer versions only; Ready is compared apart.
CROSSPLANES_OWN = ("Ready", "Synced", "Responsive", "Healthy", "UpToDate")
SEVERITIES = {"SEVERITY_NORMAL": "Normal", "SEVERITY_WARNING": "Warning"}
FATAL = "returned a fatal result: "
TIMEOUT_SECONDS = 60


class Rendering:
    def __init__(self, objects, fatal=None, deleted=None):
        composed = [each for each in objects[1:] if "render.crossplane.io/" not in each["apiVersion"]]
        self.fatal = fatal
        self.composite = canonical_composite(objects[0]) if objects else None
        self.composed = {name_of(each): canonical_composed(each) for each in composed}
        self.results = sorted(canonical_results(objects))
        self.deleted = deleted

    def told(self, without=()):
        """What is compared; of the composite all but some members."""
        members = (self.composite or {}).items()
        return {
            "fatal": self.fatal,
            "composite": {name: value for name, value in members if name not in without},
            "composed": self.composed,
            "results": self.results,
        }


def name_of(composed):
    return composed["metadata"]["annotations"][NAME]


def canonical_composite(xr):
    status = copy.deepcopy(xr.get("status") or {})
    conditions = status.pop("conditions", [])
    return {
        "apiVersion": xr["apiVersion"],
        "kind": xr["kind"],
        "name": xr["metadata"]["name"],
        "namespace": xr["metadata"].get("namespace"),
        "status": status,
        "ready": [each["status"] for each in conditions if each["type"] == "Ready"],
        "conditions": {
            each["type"]: (each["status"], each["reason"], each.get("message", ""))
            for each in conditions
            if each["type"] not in CROSSPLANES_OWN
        },
    }


def canonical_composed(composed):
    """Without the uid of the owner, which v1.20 and v2.2 leave out, without generateName, and without
    the labels of a claim, which v1.20 alone writes."""
    out = copy.deepcopy(composed)
    out["metadata"].pop("generateName", None)
    for label in ("crossplane.io/claim-name", "crossplane.io/claim-namespace"):
        out["metadata"].get("labels", {}).pop(label, None)
    for owner in out["metadata"].get("ownerReferences", []):
        owner.pop("uid", None)
    return out


def canonical_results(objects):
    """(severity, message) of the function's results, with the step that newer versions put before."""
    for each in objects:
        if each.get("kind") != "Result":
            continue
        message = each["message"]
        if "step" in each:
            message = f'Pipeline step "{each["step"]}": {message}'
        if message.startswith("Pipeline step "):
            yield SEVERITIES.get(each["severity"], each["severity"]), message


def fatal_of(said):
    """The sentence of a fatal result in what a program said on its way out."""
    return said.split(FATAL, 1)[1].strip() if FATAL in said else None


class Command:
    """A program with the arguments of "crossplane render"."""

    def __init__(self, name, argv, cannot_tell=()):
        self.name = name
        self.argv = argv
        self.cannot_tell = cannot_tell

    def render(self, case, folder, target):
        done = subprocess.run(self.argv + case.write(folder, target), capture_output=True, text=True,
                              timeout=TIMEOUT_SECONDS)
        objects = [each for each in yaml.safe_load_all(done.stdout) if each]
        fatal = fatal_of(done.stderr)
        if not objects and not fatal:
            raise RuntimeError(f"{self.name} ended with {done.returncode}: {done.stderr.strip()}")
        return Rendering(objects, fatal)


class Core:
    """Crossplane's own engine: tells deletions, and the composite after a fatal result."""

    name = "core"
    cannot_tell = ()
    FATAL_CODE = 3

    def __init__(self, program):
        self.program = program

    def render(self, case, folder, target):
        request = field_of_request(case, target)
        done = subprocess.run([self.program, "internal", "render"], input=request,
                              capture_output=True, timeout=TIMEOUT_SECONDS)
        said = done.stderr.decode(errors="replace")
        if done.returncode not in (0, self.FATAL_CODE):
            raise RuntimeError(f"core ended with {done.returncode}: {said.strip()}")
        answer = wire.message(wire.message(done.stdout)[2][0])
        structs = {number: [wire.read_struct(each) for each in answer.get(number, [])]
                   for number in (1, 2, 3)}
        objects = structs[1] + structs[2] + [result_of(event) for event in answer.get(4, [])]
        fatal = None
        if done.returncode == self.FATAL_CODE:
            fatal = fatal_of(said) or fatal_of(synced_message(structs[1][0]))
        return Rendering(objects, fatal, {name_of(each) for each in structs[3]})


def synced_message(xr):
    for condition in xr["status"]["conditions"]:
        if condition["type"] == "Synced":
            return condition.get("message", "")
    return ""


def result_of(event):
    parts = {number: values[0].decode() for number, values in wire.message(event).items()}
    return {"apiVersion": "render.crossplane.io/v1beta1", "kind": "Result",
            "severity": parts.get(1, ""), "message": parts.get(3, "")}


def uid_of(xr):
    """The uid that core gives a composite to be rendered."""
    names = xr["metadata"].get("namespace", ""), xr["metadata"]["name"]
    text = "{}, Kind={}\0{}\0{}".format(xr["apiVersion"], xr["kind"], *names)
    return str(uuid.uuid5(uuid.UUID(int=0), text))


def owner_of(xr):
    """What core looks for before it deletes."""
    return {"apiVersion": xr["apiVersion"], "kind": xr["kind"], "name": xr["metadata"]["name"],
            "uid": xr["metadata"]["uid"], "controller": True, "blockOwnerDeletion": True}


def is_own(case, each):
    """Is it a reservation of the composite, which core gives another uid?"""
    uid = case.xr["metadata"].get("uid")
    owners = each["metadata"].get("ownerReferences", [])
    return each in case.observed or any(
        owner.get("controller") and owner["name"] == case.xr["metadata"]["name"]
        and each["metadata"].get("namespace") == case.xr["metadata"].get("namespace")
        and owner.get("uid") == uid for owner in owners)


def field_of_request(case, target):
    xr = copy.deepcopy(case.xr)
    xr["metadata"]["uid"] = uid_of(xr)
    observed, required = copy.deepcopy(case.observed), copy.deepcopy(case.required)
    for each in [each for each in required if is_own(case, each)] + observed:
        each["metadata"]["ownerReferences"] = [owner_of(xr)]
    body = wire.field(1, wire.write_struct(xr))
    body += wire.field(2, wire.write_struct(case.composition))
    body += wire.field(3, wire.field(1, cases.FUNCTION) + wire.field(2, target))
    body += b"".join(wire.field(4, wire.write_struct(each)) for each in observed)
    body += b"".join(wire.field(5, wire.write_struct(each)) for each in required)
    return wire.field(1, b"") + wire.field(2, body)


def find(folder):
    """The peers whose programs are in the folder, and the names of those that are not."""
    folder = pathlib.Path(folder)
    core = folder / "crossplane-core"
    known = {
        # Its render (not its core) makes Ready of the composed resources alone, whatever a function
        # says of the composite: v1.20.11, cmd/crank/render/render.go.
        "crossplane-1.20": (["render"], ("ready",)),
        "crossplane-2.2": (["render"], ()),
        "crossplane-cli": (["composition", "render", f"--crossplane-binary={core}"], ()),
    }
    there, absent = [], []
    for name, (arguments, cannot_tell) in known.items():
        needs = [folder / name] + ([core] if str(core) in arguments[-1] else [])
        if all(os.access(program, os.X_OK) for program in needs):
            there.append(Command(name, [str(folder / name), *arguments], cannot_tell))
        else:
            absent.append(name)
    if os.access(core, os.X_OK):
        there.append(Core(str(core)))
    else:
        absent.append("crossplane-core")
    return there, absent
