# SPDX-License-Identifier: Apache-2.0
"""What package/ ships beside the two packages: rights, admission, a runtime and a preset."""

import json
import pathlib
import time

import chart
import plane

PACKAGE = pathlib.Path(__file__).resolve().parents[2] / "package"
# What everybody applies beside the packages.
MANIFESTS = tuple(PACKAGE / f"{name}.yaml" for name in ("rbac", "admission", "runtime"))
CROSSPLANE = f"system:serviceaccount:{chart.NAMESPACE}:{chart.CORE}"
LEDGER = "gpuplacement.fn.crossplane.io/ledger"
SECONDS = 30
# Somebody who may do everything, but is not Crossplane.
SOMEBODY = "/O=system:masters/CN=somebody"


def may(cluster, user, verb, resource):
    """Asked of the API server, because kubectl auth knows only kinds that are installed."""
    name, _, group = resource.partition(".")
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
              "spec": {"user": user, "resourceAttributes": {
                  "verb": verb, "group": group, "resource": name}}}
    done = cluster.kubectl("create", "-f", "-", "-o", "json", stdin=[review])
    return json.loads(done.stdout)["status"]["allowed"]


def within(seconds, is_so):
    ends = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > ends:
            return False
        time.sleep(0.2)
    return True


def rbac(cluster):
    """Before, Crossplane may not; afterwards it may what is needed, and nothing else."""
    verbs = ("get", "list", "watch", "create", "update", "patch", "delete")
    wanted = [(verb, "llminferenceservices.serving.kserve.io") for verb in verbs]
    wanted += [(verb, "resourceclaimtemplates.resource.k8s.io") for verb in verbs]
    wanted += [(verb, "resourcequotas") for verb in ("get", "list", "watch")]
    yield from (f"may {verb} {resource} already" for verb, resource in wanted
                if may(cluster, CROSSPLANE, verb, resource))
    cluster.kubectl("apply", "-f", PACKAGE / "rbac.yaml")
    within(SECONDS, lambda: may(cluster, CROSSPLANE, "watch", "resourcequotas"))
    yield from (f"may not {verb} {resource}" for verb, resource in wanted
                if not may(cluster, CROSSPLANE, verb, resource))
    for verb, resource in (("delete", "resourcequotas"), ("create", "pods")):
        if may(cluster, CROSSPLANE, verb, resource):
            yield f"may {verb} {resource} too"


def config_map(labels, data):
    return {"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "ledger-test", "namespace": "default", "labels": labels},
            "data": data}


def admission(cluster):
    """Crossplane writes the ledger; nobody else makes, edits or unmarks an entry."""
    somebody = cluster.kubeconfig_of("somebody", SOMEBODY)

    def apply(thing, kubeconfig=None, *flags):
        done = cluster.kubectl("apply", "-f", "-", *flags, stdin=[thing], kubeconfig=kubeconfig,
                               may_fail=True)
        return done.stderr.strip() if done.returncode != 0 else ""

    entry = config_map({LEDGER: "reservation"}, {"replicas": "1"})
    sentence = "which only Crossplane writes, and not somebody"
    cluster.kubectl("apply", "-f", PACKAGE / "admission.yaml")
    if not within(SECONDS, lambda: sentence in apply(entry, somebody, "--dry-run=server")):
        yield f"somebody makes an entry: {apply(entry, somebody, '--dry-run=server')!r}"
    if said := apply(entry, None, f"--as={CROSSPLANE}"):
        yield f"Crossplane makes no entry: {said}"
    more = config_map({LEDGER: "reservation"}, {"replicas": "100"})
    for title, thing in (("edits", more), ("unmarks", config_map({}, {"replicas": "1"}))):
        if sentence not in (said := apply(thing, somebody)):
            yield f"somebody {title} an entry: {said!r}"
    if said := apply(more, None, f"--as={CROSSPLANE}"):
        yield f"Crossplane edits no entry: {said}"
    cluster.kubectl("delete", "configmap", "ledger-test", kubeconfig=somebody)
    if said := apply(config_map({}, {"any": "thing"}), somebody):
        yield f"somebody makes no other ConfigMap: {said}"


def roles_of_xrds(cluster):
    """What core may because of our XRDs: rules by name."""
    found = cluster.get("clusterroles", "-l", "rbac.crossplane.io/aggregate-to-crossplane=true")
    return {each["metadata"]["name"]: [{key: sorted(rule[key]) for key in rule}
                                       for rule in each["rules"]]
            for each in found["items"] if each["metadata"]["name"].startswith(chart.OF_XRDS)}


def rbac_manager(cluster):
    """Crossplane's own makes the roles that our stand-in made."""
    cluster.manager.stop()
    ours = roles_of_xrds(cluster)
    cluster.kubectl("delete", "clusterrole", *ours)
    cluster.start("rbac-manager", [
        cluster.programs / "crossplane-core", "rbac", "start",
        f"--provider-clusterrole={chart.PROVIDERS_MAY}"],
        {"KUBECONFIG": str(cluster.kubeconfig_of_account(chart.MANAGER))})
    if not within(SECONDS, lambda: roles_of_xrds(cluster) == ours):
        yield f"ours {ours}, theirs {roles_of_xrds(cluster)}: {cluster.log('rbac-manager')[-500:]}"
    cluster.stop_one("rbac-manager")


def runtime(cluster):
    cluster.kubectl("apply", "-f", PACKAGE / "runtime.yaml")
    spec = cluster.get("deploymentruntimeconfig", "function-gpu-placement")["spec"]
    [container] = spec["deploymentTemplate"]["spec"]["template"]["spec"]["containers"]
    if container["name"] != "package-runtime":
        yield f"Crossplane runs package-runtime, not {container['name']}"


def checks(score, cluster):
    """(title, check) pairs; a check returns complaints."""
    yield "rbac.yaml", lambda: list(rbac(cluster))
    yield "admission.yaml", lambda: list(admission(cluster))
    yield "runtime.yaml", lambda: list(runtime(cluster))
    if plane.is_open(chart.MANAGERS_PORT):
        score.leave_out(f"Crossplane's RBAC manager, because port {chart.MANAGERS_PORT} is taken",
                        "script/test e2e later")
    else:
        yield "the RBAC manager", lambda: list(rbac_manager(cluster))
