# SPDX-License-Identifier: Apache-2.0
"""What package/ ships beside the two packages: kinds, rights, a runtime and a preset."""

import json
import pathlib
import time

import yaml

import chart
import plane

PACKAGE = pathlib.Path(__file__).resolve().parents[2] / "package"
# What everybody applies beside the packages.
MANIFESTS = tuple(PACKAGE / f"{name}.yaml" for name in ("crds", "rbac", "runtime"))
CROSSPLANE = f"system:serviceaccount:{chart.NAMESPACE}:{chart.CORE}"
LEDGER = ("gpureservations.gpuplacement.fn.crossplane.io", "gpupools.gpuplacement.fn.crossplane.io")
SECONDS = 30


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
    wanted += [(verb, resource) for resource in LEDGER for verb in verbs]
    wanted += [(verb, resource) for resource in ("resourcequotas", "nodes")
               for verb in ("get", "list", "watch")]
    yield from (f"may {verb} {resource} already" for verb, resource in wanted
                if may(cluster, CROSSPLANE, verb, resource))
    cluster.kubectl("apply", "-f", PACKAGE / "rbac.yaml")
    within(SECONDS, lambda: may(cluster, CROSSPLANE, "watch", "resourcequotas"))
    yield from (f"may not {verb} {resource}" for verb, resource in wanted
                if not may(cluster, CROSSPLANE, verb, resource))
    for verb, resource in (("delete", "resourcequotas"), ("patch", "nodes"), ("create", "pods")):
        if may(cluster, CROSSPLANE, verb, resource):
            yield f"may {verb} {resource} too"


def crds(cluster):
    """Established, and read by whom Kubernetes lets view, edit or administer a namespace; written by
    none of them."""
    cluster.kubectl("apply", "-f", PACKAGE / "crds.yaml")
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "crd", *LEDGER)
    for role in ("view", "edit", "admin"):
        def rules(role=role):
            return [rule for rule in cluster.get("clusterrole", role)["rules"]
                    if chart.LEDGER in rule["apiGroups"]]
        if not within(SECONDS, rules):
            yield f"{role} may not read the ledger"
        elif beyond := {verb for rule in rules() for verb in rule["verbs"]} - set(chart.READ):
            yield f"{role} may {sorted(beyond)} in the ledger"


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
    template = spec["deploymentTemplate"]["spec"]["template"]
    yield from pods_are_selected(template["metadata"]["labels"])


def selected(spec):
    """The labels by which an object of package/ selects pods, each with where."""
    yield from ((where, spec[where].get("matchLabels", {}))
                for where in ("selector", "podSelector") if spec.get(where))


def pods_are_selected(labels):
    """What is to be said about selectors of package/ that find no pod with these labels."""
    for name in ("network-policy", "disruption-budget", "pod-monitor"):
        thing = yaml.safe_load((PACKAGE / f"{name}.yaml").read_text())
        found = list(selected(thing["spec"]))
        if not found:
            yield f"{name}.yaml selects nothing"
        for where, wanted in found:
            if not wanted or not wanted.items() <= labels.items():
                yield f"{name}.yaml: {where} {wanted} finds no pod with {labels}"


def checks(score, cluster):
    """(title, check) pairs; a check returns complaints."""
    yield "rbac.yaml", lambda: list(rbac(cluster))
    yield "crds.yaml", lambda: list(crds(cluster))
    yield "runtime.yaml", lambda: list(runtime(cluster))
    if plane.is_open(chart.MANAGERS_PORT):
        score.leave_out(f"Crossplane's RBAC manager, because port {chart.MANAGERS_PORT} is taken",
                        "script/test e2e later")
    else:
        yield "the RBAC manager", lambda: list(rbac_manager(cluster))
