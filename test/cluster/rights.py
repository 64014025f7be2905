# SPDX-License-Identifier: Apache-2.0
"""What package/ ships beside the two packages: rights, admission, a runtime and a preset."""

import json
import pathlib
import time

PACKAGE = pathlib.Path(__file__).resolve().parents[2] / "package"
NAMESPACE = "crossplane-system"
CROSSPLANE = f"system:serviceaccount:{NAMESPACE}:crossplane"
LEDGER = "gpuplacement.fn.crossplane.io/ledger"
SECONDS = 30
# As Crossplane's chart does: a role that collects others by their label.
CROSSPLANES_ROLE = [
    {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
     "metadata": {"name": "crossplane"},
     "aggregationRule": {"clusterRoleSelectors": [
         {"matchLabels": {"rbac.crossplane.io/aggregate-to-crossplane": "true"}}]}},
    {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
     "metadata": {"name": "crossplane"},
     "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                 "name": "crossplane"},
     "subjects": [{"kind": "ServiceAccount", "name": "crossplane", "namespace": NAMESPACE}]},
    # What the chart's own role has, as far as it matters here.
    {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
     "metadata": {"name": "crossplane:configmaps",
                  "labels": {"rbac.crossplane.io/aggregate-to-crossplane": "true"}},
     "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"]}]},
]
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
    cluster.kubectl("apply", "-f", "-", stdin=CROSSPLANES_ROLE)
    if not within(SECONDS, lambda: may(cluster, CROSSPLANE, "create", "configmaps")):
        yield "the roles are not collected"
    yield from (f"may {verb} {resource} already" for verb, resource in wanted
                if may(cluster, CROSSPLANE, verb, resource))
    cluster.kubectl("apply", "-f", PACKAGE / "rbac.yaml")
    within(SECONDS, lambda: may(cluster, CROSSPLANE, "watch", "resourcequotas"))
    yield from (f"may not {verb} {resource}" for verb, resource in wanted
                if not may(cluster, CROSSPLANE, verb, resource))
    for verb, resource in (("delete", "resourcequotas"), ("get", "secrets")):
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


def runtime(cluster):
    cluster.kubectl("apply", "-f", PACKAGE / "runtime.yaml")
    spec = cluster.get("deploymentruntimeconfig", "function-gpu-placement")["spec"]
    [container] = spec["deploymentTemplate"]["spec"]["template"]["spec"]["containers"]
    if container["name"] != "package-runtime":
        yield f"Crossplane runs package-runtime, not {container['name']}"


def checks(cluster):
    """(title, check) pairs; a check returns complaints."""
    yield "rbac.yaml", lambda: list(rbac(cluster))
    yield "admission.yaml", lambda: list(admission(cluster))
    yield "runtime.yaml", lambda: list(runtime(cluster))
