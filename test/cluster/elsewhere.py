# SPDX-License-Identifier: Apache-2.0
"""What people do otherwise than the pages say: Crossplane in a namespace of another name."""

import yaml

import rights
import standins
from function import Function
from manifests import CONFIGURATION
from missing import SECONDS, until_told
from world import condition, pool


def for_namespace(namespace):
    """The Composition for environments, under a name of its own, for Crossplane in a namespace."""
    ours = CONFIGURATION / "inferenceenvironments-composition.yaml"
    composition = yaml.safe_load(ours.read_text())
    composition["metadata"]["name"] = namespace
    composition["spec"]["pipeline"][0]["input"]["systemNamespace"] = namespace
    return composition


def other_namespace(world, program):
    """The policy and the input have to name it; until they do, events tell what is wrong."""
    plane = world.plane
    plane.apply_configuration(CONFIGURATION)
    for manifest in rights.MANIFESTS:
        plane.kubectl("apply", "-f", manifest)
    Function(program, plane)
    with standins.installed(plane.api):
        world.model()
        world.environment(pool("mig"))
        gemma = world.deployment("gemma")
        until_told(world, 'namespaces "crossplane-system" not found')
        until_told(world, "which only Crossplane writes, and not "
                   f"system:serviceaccount:{plane.namespace}:crossplane")
        policy = (rights.PACKAGE / "admission.yaml").read_text()
        plane.kubectl("apply", "-f", "-",
                      stdin=policy.replace("crossplane-system", plane.namespace))
        world.until_ready(gemma, seconds=SECONDS)
        plane.api.apply(for_namespace(plane.namespace))
        environment = world.environment(
            pool("mig"), crossplane={"compositionRef": {"name": plane.namespace}})
        world.until("the units are told there", lambda: plane.api.get(
            "v1", "ConfigMap", plane.namespace, f"{world.name}-gpu-capacity"), SECONDS)
        world.until("the environment is Synced", lambda: condition(
            plane.api.again(environment), "Synced").get("status") == "True", SECONDS)


other_namespace.namespace = "platform"


CASES = (other_namespace,)
