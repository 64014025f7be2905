# SPDX-License-Identifier: Apache-2.0
"""What people do otherwise than the pages say: Crossplane in a namespace of another name, the kinds
in another group, the function under another name, packages removed in the wrong order."""

import contextlib
import json
import pathlib
import subprocess
import tempfile

import yaml

import packages
import rights
import standins
from function import Function
from manifests import CONFIGURATION
from missing import SECONDS, until_told
from packages import NAME, ROOT
from plane import is_true
from runtime import Runtime
from world import condition, kept, pool

PACKAGES = "pkg.crossplane.io/v1"
FUNCTION = f"team-{NAME}"  # as Crossplane calls what the Configuration depends on
NO_FUNCTION = f'for Function "{FUNCTION}": cannot find an active FunctionRevision'


# ---- Crossplane elsewhere ------------------------------------------------------------------------

def other_namespace(world, program):
    """The ledger is in no namespace of Crossplane's, so nothing has to name it."""
    plane = world.plane
    plane.apply_configuration(CONFIGURATION)
    for manifest in rights.MANIFESTS:
        plane.kubectl("apply", "-f", manifest)
    Function(program, plane)
    with standins.installed(plane.api):
        world.model()
        environment = world.environment(pool("mig"))
        gemma = world.deployment("gemma")
        world.until_ready(gemma, seconds=SECONDS)
        assert list(world.reservations()) == [f"{world.namespace}/gemma-{world.name}"]
        world.until("the environment is Synced", lambda: condition(
            plane.api.again(environment), "Synced").get("status") == "True", SECONDS)


other_namespace.namespace = "platform"


# ---- the kinds of others -------------------------------------------------------------------------

OTHER_GROUP = "placement.example.org"


def theirs(path):
    """An XRD with the name of one of ours, and nothing else of it."""
    xrd = yaml.safe_load(path.read_text())
    del xrd["spec"]["defaultCompositionRef"]
    version = xrd["spec"]["versions"][0]
    xrd["spec"]["versions"] = [{
        **{name: version[name] for name in ("name", "served", "referenceable")},
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {
            "spec": {"type": "object", "properties": {"theirs": {"type": "string"}}}}}}}]
    return xrd


def other_group(world, program):
    """Beside XRDs of the same names ours are in a group of their own, and count as they do else."""
    plane = world.plane
    for path in sorted(CONFIGURATION.glob("*-xrd.yaml")):
        plane.api.apply(theirs(path))
    for manifest in rights.MANIFESTS:
        plane.kubectl("apply", "-f", manifest)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([ROOT / "package" / "stage", folder, f"example.org/{NAME}", OTHER_GROUP],
                       check=True)
        plane.apply_configuration(pathlib.Path(folder) / "configuration")
    Function(program, plane)
    with standins.installed(plane.api):
        world.group = f"{OTHER_GROUP}/v1alpha1"
        world.model()
        world.environment(pool("mig"))
        world.until_ready(world.deployment("gemma"), world.deployment("qwen"), seconds=SECONDS)
        world.until_condition(world.deployment("late"), "Scheduled", "InsufficientCapacity",
                              SECONDS, message="1 NoCapacity")
        world.clean()


# ---- the packages --------------------------------------------------------------------------------

@contextlib.contextmanager
def installing(plane, program):
    """The manifests are applied, the packages are in a registry, and what they need is there; gives
    what installs a package under a name."""
    registry = packages.Registry(plane.programs, plane.folder)
    function = Function(program, plane, registered=False)
    for manifest in rights.MANIFESTS:
        plane.kubectl("apply", "-f", manifest)

    def install(kind, repository, name):
        plane.kubectl("apply", "-f", "-", stdin=[{
            "apiVersion": PACKAGES, "kind": kind, "metadata": {"name": name},
            "spec": {"package": f"{registry.team}/{repository}:v{registry.version}"}}])
    try:
        registry.push(images=False)
        with standins.installed(plane.api), Runtime(plane, {"*": function}):
            yield install
    finally:
        registry.stop()


def until_healthy(world, kind, name, unlike=None):
    """Waits for a package, one of another UID; gives its UID."""
    def uid():
        found = world.api.get(PACKAGES, kind, None, name) or {}
        healthy = is_true(found, "Healthy") and is_true(found, "Installed")
        return healthy and found["metadata"]["uid"] != unlike and found["metadata"]["uid"]
    return world.until(f"{kind} {name} is healthy", uid, SECONDS)


def called(plane):
    """The functions that the Composition for deployments calls."""
    steps = plane.get("composition", "modeldeployments.modelplane.ai")["spec"]["pipeline"]
    return {step["functionRef"]["name"] for step in steps}


def rename_in_composition(plane, name):
    """As somebody would who knows no better."""
    plane.kubectl("patch", "composition", "modeldeployments.modelplane.ai", "--type=json", "-p",
                  json.dumps([{"op": "replace", "value": name,
                               "path": f"/spec/pipeline/{i}/functionRef/name"} for i in (0, 1)]))
    assert called(plane) == {name}


def other_name(world, program):
    """A function that was there under another name is not the one that the Compositions call. Once
    it is gone, Crossplane brings the one that they do."""
    plane = world.plane
    with installing(plane, program) as install:
        install("Function", NAME, "mine")
        until_healthy(world, "Function", "mine")
        install("Configuration", packages.CONFIGURATION, packages.CONFIGURATION)
        until_healthy(world, "Configuration", packages.CONFIGURATION)
        plane.wait_for_xrds()
        world.model()
        world.environment(pool("mig"))
        gemma = world.deployment("gemma")
        until_told(world, NO_FUNCTION)
        rename_in_composition(plane, "mine")
        plane.kubectl("delete", "functions.pkg.crossplane.io", "mine")
        until_healthy(world, "Function", FUNCTION)
        world.until("the Composition is as it was", lambda: called(plane) == {FUNCTION}, SECONDS)
        world.until_ready(gemma, seconds=SECONDS)


def wrong_order(world, program):
    """The function first: it comes back. The Configuration first: what is cluster-scoped goes with
    it, deployments and what serves stay until somebody deletes them. Nothing is made anew."""
    plane = world.plane
    with installing(plane, program) as install:
        install("Configuration", packages.CONFIGURATION, packages.CONFIGURATION)
        until_healthy(world, "Configuration", packages.CONFIGURATION)
        first = until_healthy(world, "Function", FUNCTION)
        plane.wait_for_xrds()
        world.model()
        world.environment(pool("mig"))
        gemma, = world.until_ready(world.deployment("gemma"), seconds=SECONDS)
        before = world.uids()
        assert before, "something is composed"

        plane.kubectl("delete", "functions.pkg.crossplane.io", FUNCTION)
        until_healthy(world, "Function", FUNCTION, unlike=first)
        world.deployment("gemma", replicas=2)
        world.until("two replicas may run", lambda: [
            each["spec"]["used"] for each in world.reservations().values()] == [2], SECONDS)
        kept(before, world.uids(), "the function was deleted")

        plane.kubectl("delete", "configurations.pkg.crossplane.io", packages.CONFIGURATION)
        world.until("only the kind of deployments is left", lambda: [
            each["metadata"]["name"] for each in plane.get("xrd")["items"]] == [
                "modeldeployments.modelplane.ai"], SECONDS)
        world.until_condition(gemma, "Synced", "ReconcileError", SECONDS,
                              message='"modeldeployments.modelplane.ai" not found')
        kept(before, world.uids(), "the Configuration was deleted")
        world.api.delete(gemma)
        world.until("all that was composed is gone", lambda: not world.uids(), SECONDS)
        world.until("the kind is gone", lambda: not plane.get("xrd")["items"], SECONDS)
        world.made.clear()  # of kinds that are no more


CASES = (other_namespace, other_group, other_name, wrong_order)
