#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Dashboard and alerts ask for metrics that exist, each alert has its runbook, and the manual has a
line for each metric, with its type.

metrics.py PROGRAM ROOT     asks a server of PROGRAM for its metrics; exit 1 on any complaint

What kube-state-metrics is to report must be a member of our kinds.
"""

import contextlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import certificates  # noqa: E402

DASHBOARD = "package/grafana-dashboard.json"
ALERTS = "package/alerts.yaml"
MANUAL = "docs/operating.md"
STATES = "package/kube-state-metrics.yaml"
RUNBOOKS = "docs/runbooks"
OURS = r"\b(?:function_gpu_placement|gpu_placement|grpc_server|process)_\w+"
# What every object has, and every composite.
COMMON = {("metadata", "name"), ("metadata", "namespace"), ("status", "conditions")}


@contextlib.contextmanager
def server(program, folder):
    """Where a server with certificates, so with every metric, gives its metrics."""
    process = subprocess.Popen([program, "--address", "127.0.0.1:0", "--metrics-address",
                                "127.0.0.1:0", "--tls-certs-dir", folder],
                               stderr=subprocess.PIPE, text=True)
    try:
        line = process.stderr.readline()
        yield json.loads(line)["metrics_address"]
    finally:
        process.terminate()
        process.communicate()


def scrape(program):
    """{name: type} of each metric."""
    with tempfile.TemporaryDirectory() as folder:
        certificates.make(pathlib.Path(folder))
        with server(program, folder) as address:
            with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as page:
                return dict(re.findall(r"^# TYPE (\S+) (\S+)$", page.read().decode(), re.M))


def of_dashboard(dashboard):
    """(where, query) pairs."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield f"{DASHBOARD}: panel \"{panel['title']}\"", target["expr"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield f"{DASHBOARD}: variable {variable['name']}", variable["query"]


def of_alerts(alerts):
    for group in alerts["spec"]["groups"]:
        for rule in group["rules"]:
            yield f"{ALERTS}: {rule['alert']}", rule["expr"]


def states(root):
    """(kind, metric, paths) of what kube-state-metrics is configured to report."""
    documents = yaml.safe_load_all((root / STATES).read_text())
    config = next(yaml.safe_load(each["data"]["config.yaml"]) for each in documents
                  if each["kind"] == "ConfigMap")
    for resource in config["spec"]["resources"]:
        for metric in resource["metrics"]:
            each = metric["each"]
            yield (resource["groupVersionKind"]["kind"],
                   f"{resource['metricNamePrefix']}_{metric['name']}",
                   [*resource["labelsFromPath"].values(), each[each["type"].lower()]["path"]])


def schemas(root):
    """{kind: schema} of our kinds."""
    files = [root / "package" / "crds.yaml", *(root / "package" / "configuration").glob("*-xrd.yaml")]
    return {each["spec"]["names"]["kind"]: each["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
            for file in files for each in yaml.safe_load_all(file.read_text())
            if each and "versions" in each.get("spec", {})}


def has(schema, path):
    for member in path:
        schema = schema.get("properties", {}).get(member)
        if schema is None:
            return False
    return True


def check_states(reported, known):
    for kind, metric, paths in reported:
        for path in paths:
            if tuple(path) not in COMMON and not has(known.get(kind, {}), path):
                yield f"{STATES}: {metric} is of {'.'.join(path)}, which a {kind} does not have"


def check_runbooks(alerts, pages):
    """Each alert has a page and names it; each page is of an alert. pages: {name: text}."""
    rules = {rule["alert"]: rule for group in alerts["spec"]["groups"] for rule in group["rules"]}
    for name, rule in rules.items():
        if not rule["annotations"].get("runbook_url", "").endswith(f"/{RUNBOOKS}/{name}.md"):
            yield f"{ALERTS}: {name} does not name its runbook"
        if f"`{name}`" not in pages.get(name, ""):
            yield f"{RUNBOOKS}/{name}.md: is not there, or not on that alert"
    for name in sorted(set(pages) - set(rules)):
        yield f"{RUNBOOKS}/{name}.md: there is no such alert"


def series_of(metrics):
    for name, kind in metrics.items():
        if kind == "histogram":
            yield from (name + suffix for suffix in ("_bucket", "_sum", "_count"))
        else:
            yield name


def check_queries(queries, metrics):
    there = set(series_of(metrics))
    for where, query in queries:
        asked = re.findall(OURS, query)
        if not asked:
            yield f"{where} asks for no metric of ours: {query}"
        for name in asked:
            if name not in there:
                yield f"{where} asks for {name}, which is not exported"


def check_manual(manual, metrics):
    """Rows of its table are "| `name{label}` | type | ..."."""
    told = dict(re.findall(rf"^\| `({OURS})(?:{{[^`]*}})?` \| (\w+) \|", manual, re.M))
    for name, kind in metrics.items():
        if name not in told:
            yield f"{MANUAL}: nothing on {name}"
        elif told[name] != kind:
            yield f"{MANUAL}: {name} is a {kind}, not a {told[name]}"
    for name in sorted(set(told) - set(metrics)):
        yield f"{MANUAL}: {name} is not exported"
    for name in re.findall(r"^(\w+){.*} \d+$", manual, re.M):  # of a page that is shown
        if name not in metrics:
            yield f"{MANUAL}: shows {name}, which is not exported"


def main(program, root):
    root = pathlib.Path(root)
    metrics = scrape(program)
    dashboard = json.loads((root / DASHBOARD).read_text())
    alerts = yaml.safe_load((root / ALERTS).read_text())
    manual = (root / MANUAL).read_text()
    pages = {page.stem: page.read_text() for page in (root / RUNBOOKS).glob("*.md")}
    reported, known = list(states(root)), schemas(root)
    asked = {**metrics, **{metric: "gauge" for _, metric, _ in reported}}
    queries = [*of_dashboard(dashboard), *of_alerts(alerts)]
    complaints = [*check_queries(queries, asked), *check_manual(manual, metrics),
                  *check_states(reported, known), *check_runbooks(alerts, pages)]
    # What must not pass: panels and alerts that ask for nothing of ours, and a manual without a line.
    first = next(iter(metrics))
    bad = [*of_dashboard({"panels": [{"title": "x", "targets": [{"expr": "process_nothing"}]}],
                          "templating": {"list": []}}),
           *of_alerts({"spec": {"groups": [{"rules": [{"alert": "x", "expr": "up == 0"}]}]}}),
           ("", "gpu_placement_nothing")]
    orphan = {"spec": {"groups": [{"rules": [{"alert": "x", "annotations": {}}]}]}}
    if len([*check_queries(bad, asked)]) != 3 or \
            len([*check_manual(manual.replace(first, "x"), metrics)]) != 1 or \
            len([*check_runbooks(orphan, {"y": ""})]) != 3 or \
            len([*check_states([("GPUPool", "x", [["spec", "totl"]])], known)]) != 1:
        complaints.append("this gate lets bad samples through")
    for complaint in complaints:
        print(complaint)
    print(f"metrics: {len(metrics)} exported, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
