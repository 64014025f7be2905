# SPDX-License-Identifier: Apache-2.0
"""What people forget when they install: each missing part is told by name, costs nothing that serves,
and once it is there all goes on by itself."""

import time

import rights
import standins
from api import Refused
from function import Function
from manifests import CONFIGURATION
from plane import wait_until
from standins import OBJECTS
from world import kept, pool

SECRET = {"source": "Existing", "existing": {"secretRef": {
    "namespace": "default", "name": "far", "key": "kubeconfig"}}}
SECONDS = 90  # core tries again ever more rarely
INFORMER_SECONDS = 200  # it waits two minutes for what it may not list
GONE_SECONDS = 20
NOT_READ = "failed waiting for *unstructured.Unstructured Informer to sync"
CANNOT = f'User "{rights.CROSSPLANE}" cannot patch resource "llminferenceservices"'


def until_told(world, sentence, seconds=SECONDS):
    """An event says so, and nothing else has to be read."""
    world.until(f"an event says {sentence!r}", lambda: sentence in world.plane.warnings(), seconds)


def rights_missing(world, program):
    """Everything is declared before the function is there, and that before package/rbac.yaml."""
    plane = world.plane
    plane.kubectl("apply", "-f", rights.PACKAGE / "crds.yaml")
    plane.apply_configuration(CONFIGURATION)
    with standins.installed(plane.api):
        world.model()
        world.environment(pool("mig", acceleratorCount=4))
        gemma = world.deployment("gemma")
        until_told(world, "cannot find an active FunctionRevision")
        Function(program, plane)
        until_told(world, NOT_READ, INFORMER_SECONDS)
        plane.kubectl("apply", "-f", rights.PACKAGE / "rbac.yaml")
        world.until_ready(gemma, seconds=SECONDS)
        before = world.uids()

        plane.kubectl("delete", "-f", rights.PACKAGE / "rbac.yaml")
        plane.kubectl("delete", "events", "-A", "--all")
        late = world.deployment("late")
        until_told(world, CANNOT)
        kept(before, world.uids(), "the rights were taken away")
        plane.kubectl("apply", "-f", rights.PACKAGE / "rbac.yaml")
        world.until_ready(gemma, late, seconds=SECONDS)
        kept(before, world.uids(), "the rights are back")


NO_LEDGER = ('fetching resources for reservations: cannot list required resources: no matches for kind '
             '"GPUReservation" in version "gpuplacement.fn.crossplane.io/v1alpha1"')


def ledger_missing(world, program):
    """Everything but package/crds.yaml: no deployment is decided on until it is there, and what serves
    is not touched while it is gone again."""
    plane = world.plane
    plane.apply_configuration(CONFIGURATION)
    for manifest in rights.MANIFESTS:
        if manifest.name != "crds.yaml":
            plane.kubectl("apply", "-f", manifest)
    Function(program, plane)
    with standins.installed(plane.api):
        world.model()
        world.environment(pool("mig", acceleratorCount=4))
        gemma = world.deployment("gemma")
        until_told(world, NO_LEDGER)
        assert not world.services(), "something is composed without a ledger"
        plane.kubectl("apply", "-f", rights.PACKAGE / "crds.yaml")
        world.until_ready(gemma, seconds=SECONDS)
        before = {name: each["metadata"]["uid"] for name, each in world.services().items()}

        plane.kubectl("delete", "-f", rights.PACKAGE / "crds.yaml")
        late = world.deployment("late")
        world.api.patch(gemma, {"spec": {"priority": 1}})  # so that core looks at it
        time.sleep(GONE_SECONDS)  # it fails at once, or waits for the kind: it says one or the other
        kept(before, {name: each["metadata"]["uid"] for name, each in world.services().items()},
             "the ledger was taken away")
        plane.kubectl("apply", "-f", rights.PACKAGE / "crds.yaml")
        world.until_ready(gemma, late, seconds=INFORMER_SECONDS)
        kept(before, {name: each["metadata"]["uid"] for name, each in world.services().items()},
             "the ledger is back")
        world.until("each holds its units again", lambda: len(world.reservations()) == 2, SECONDS)


def kinds_missing(world, program):
    """KServe comes after the model. One in another cluster wants provider-kubernetes; its
    environment refuses to go while it is used."""
    plane = world.plane
    plane.apply_configuration(CONFIGURATION)
    for manifest in rights.MANIFESTS:
        plane.kubectl("apply", "-f", manifest)
    Function(program, plane)
    world.model()
    near = world.environment(pool("mig"), name="near", labels={"case": "near"})
    here = world.deployment("here", environmentSelector={"matchLabels": {"case": "near"}})
    until_told(world, 'no matches for kind "LLMInferenceService"')
    with standins.installed(plane.api):
        world.until_ready(here, seconds=SECONDS)
        assert not refused(world, near), "what is in this cluster is deleted as always"
        far = world.environment(pool("mig"), cluster=SECRET)
        until_told(world, 'no matches for kind "ClusterProviderConfig"')
        gemma = world.deployment("gemma")
        until_told(world, 'no matches for kind "Object"')
        standins.install_provider(plane)
        world.until("the object is there", lambda: world.api.list(
            OBJECTS, "Object", world.namespace), SECONDS)
        world.until_condition(gemma, "Scheduled", "AllScheduled", SECONDS)

        world.until("it is in use", lambda: "crossplane.io/in-use" in world.environment_now()[
            "metadata"]["labels"], SECONDS)
        said = refused(world, far)
        assert "model deployments use GPU units of it" in said, said
        world.api.delete(gemma)
        world.until("the object is gone", lambda: not world.api.list(
            OBJECTS, "Object", world.namespace), SECONDS)
        wait_until("the environment may go", SECONDS, lambda: not refused(world, far))
        world.until("the environment is gone", lambda: world.environment_now() is None)
        world.until("its provider config is gone", lambda: not world.api.list(
            OBJECTS, "ClusterProviderConfig"))


def refused(world, manifest):
    """What is said when it is to be deleted; nothing when it is."""
    try:
        world.api.request("DELETE", world.api.path_of(manifest))
    except Refused as refusal:
        return refusal.message
    return ""


CASES = (rights_missing, ledger_missing, kinds_missing)
