# SPDX-License-Identifier: Apache-2.0
"""What is rendered: every example, and every golden case as files that a CLI takes."""

import copy
import pathlib

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
FUNCTION = "function-gpu-placement"
INPUT = {"apiVersion": "gpuplacement.fn.crossplane.io/v1alpha1", "kind": "Input"}


class Case:
    """Objects that go into a rendering."""

    def __init__(self, name, xr, composition, required, observed):
        self.name = name
        self.xr = xr
        self.composition = composition
        self.required = required
        self.observed = observed

    def write(self, folder, target):
        """The files, with the function at target; returns what follows "render"."""
        files = {
            "xr": [self.xr],
            "composition": [self.composition],
            "functions": [function_at(target)],
            "required": self.required,
            "observed": self.observed,
        }
        for name, objects in files.items():
            (folder / f"{name}.yaml").write_text(yaml.safe_dump_all(objects, sort_keys=False))
        arguments = [str(folder / f"{name}.yaml") for name in ("xr", "composition", "functions")]
        for flag, name in (("-e", "required"), ("-o", "observed")):
            if files[name]:
                arguments += [flag, str(folder / f"{name}.yaml")]
        return arguments + ["-r", "-x"]

    def changed(self, name, **changes):
        """A copy with some objects replaced."""
        case = copy.deepcopy(self)
        case.name = name
        for member, objects in changes.items():
            setattr(case, member, objects)
        return case


def function_at(target):
    return {
        "apiVersion": "pkg.crossplane.io/v1",
        "kind": "Function",
        "metadata": {
            "name": FUNCTION,
            "annotations": {
                "render.crossplane.io/runtime": "Development",
                "render.crossplane.io/runtime-development-target": target,
            },
        },
        "spec": {"package": f"example.org/{FUNCTION}:v0.1.0"},
    }


def composition_for(xr, step_input):
    return {
        "apiVersion": "apiextensions.crossplane.io/v1",
        "kind": "Composition",
        "metadata": {"name": "one-step"},
        "spec": {
            "compositeTypeRef": {"apiVersion": xr["apiVersion"], "kind": xr["kind"]},
            "mode": "Pipeline",
            "pipeline": [
                {"step": "place", "functionRef": {"name": FUNCTION}, "input": step_input},
            ],
        },
    }


def load(path):
    """The objects of a file or of a folder's files; none when it is not there."""
    if path.is_dir():
        return [each for file in sorted(path.glob("*.yaml")) for each in load(file)]
    if not path.exists():
        return []
    return [each for each in yaml.safe_load_all(path.read_text()) if each]


def examples():
    for folder in sorted((ROOT / "examples").iterdir()):
        if not (folder / "xr.yaml").exists():
            continue
        required = load(folder / "required.yaml") or load(folder / "required")
        composition = load(folder / "composition.yaml")[0]
        yield Case(f"examples/{folder.name}", load(folder / "xr.yaml")[0], composition, required, [])
        for inventory in load(folder / "inventory.yaml"):
            for xr in required:
                if xr["kind"] == inventory["spec"]["compositeTypeRef"]["kind"]:
                    name = f"examples/{folder.name}/{xr['metadata']['name']}"
                    yield Case(name, xr, inventory, [], [])


def goldens():
    for folder in sorted((ROOT / "test" / "golden" / "cases").glob("*/*/")):
        xr = (load(folder / "xr.yaml") or load(folder.parents[1] / "xr.yaml"))[0]
        if "spec" not in xr:  # the CLIs refuse it themselves, or add spec.crossplane
            continue
        if (folder / "withheld.txt").exists():  # they answer all that is asked for
            continue
        step_input = (load(folder / "input.yaml") or [INPUT])[0]
        composition = (load(folder / "composition.yaml") or [composition_for(xr, step_input)])[0]
        observed = load(folder / "observed.yaml")
        required = with_own(load(folder / "required.yaml"), observed)
        yield Case(f"golden/{folder.name}", xr, composition, required, observed)


def with_own(required, observed):
    """A control plane lists a deployment's own reservations too: core's render does, the other CLIs list files."""
    def of(each):
        return each["kind"], each["metadata"].get("namespace"), each["metadata"].get("name")

    listed = {of(each) for each in required}
    return required + [each for each in observed
                       if each.get("kind") == "GPUReservation" and of(each) not in listed]
