# SPDX-License-Identifier: Apache-2.0
"""A real API server takes every example, and refuses what is wrong with the sentence for it."""

import pathlib
import subprocess
import tempfile

import yaml

import plane
import refusals
import rights

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONFIGURATION = ROOT / "package" / "configuration"
SAMPLES = ROOT / "test" / "gates" / "samples"
# The image of core's CRDs, for a command line that would else download it.
CORE_IMAGE = "example.org/crossplane:v0"


def example_files():
    for folder in sorted((ROOT / "examples").iterdir()):
        yield from sorted(folder.glob("xr*.yaml"))
        yield from sorted([*folder.glob("required.yaml"), *folder.glob("required/*.yaml")])


def make_namespaces(cluster, files):
    objects = [each for file in files for each in yaml.safe_load_all(file.read_text()) if each]
    wanted = {each["metadata"].get("namespace") for each in objects} - {None}
    there = {each["metadata"]["name"] for each in cluster.get("namespaces")["items"]}
    for name in sorted(wanted - there):
        cluster.kubectl("create", "namespace", name)


def accepted(cluster, file):
    done = cluster.kubectl("apply", "--dry-run=server", "-f", file, may_fail=True)
    return [] if done.returncode == 0 else [done.stderr.strip()]


def requirement_is_kept(cluster):
    """One that nobody knows must reach the function, which then refuses every pool."""
    model = refusals.changed(refusals.MODEL, {
        "spec.serving.0.replicaTopology.requires.cooling": "liquid"})
    cluster.kubectl("apply", "-f", "-", stdin=[model])
    serving = cluster.get("clustermodel", "refused")["spec"]["serving"]
    if serving[0]["replicaTopology"]["requires"].get("cooling") != "liquid":
        yield f"it is gone: {serving}"


def columns(cluster):
    """What kubectl get prints."""
    want = {"inferenceenvironments": ["UNITS", "CAPACITY", "READY"],
            "clustermodels": ["VALID", "MODEL", "READY"],
            "models": ["VALID", "MODEL", "READY"],
            "modeldeployments": ["PLACED", "POOL", "READY"]}
    for plural, names in want.items():
        version = cluster.get("crd", f"{plural}.modelplane.ai")["spec"]["versions"][0]
        there = [each["name"] for each in version["additionalPrinterColumns"]]
        for name in names:
            if there.count(name) != 1:
                yield f"{plural}: {name} is {there.count(name)} times among {there}"


def checks(score, cluster):
    """(title, check) pairs; a check returns complaints."""
    samples = sorted(SAMPLES.glob("*.yaml"))
    files = [*example_files(), *samples]
    make_namespaces(cluster, files)
    for file in files:
        yield f"{file.relative_to(ROOT)} is accepted", lambda: accepted(cluster, file)
    yield from refusals.check_all(cluster)
    yield "an unknown requirement is kept", lambda: list(requirement_is_kept(cluster))
    yield "columns", lambda: list(columns(cluster))
    yield from rights.checks(score, cluster)


def validate(programs, resources):
    """What "crossplane resource validate" says of files, without a cluster."""
    programs = pathlib.Path(programs)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        image = folder / "cache" / CORE_IMAGE.replace(":", "@")
        image.mkdir(parents=True)
        crds = sorted((programs / "crds").glob("*.yaml"))
        (image / "package.yaml").write_text("\n---\n".join(path.read_text() for path in crds))
        return subprocess.run(
            [programs / "crossplane-cli", "resource", "validate",
             ",".join(map(str, CONFIGURATION.glob("*-xrd.yaml"))), ",".join(map(str, resources)),
             f"--cache-dir={folder / 'cache'}", f"--crossplane-image={CORE_IMAGE}",
             "--error-on-missing-schemas"],
            capture_output=True, text=True)


def validated(programs):
    done = validate(programs, [*example_files(), *SAMPLES.glob("*.yaml")])
    if done.returncode != 0 or "0 missing schemas" not in done.stdout:
        yield f"exit code {done.returncode}: {done.stdout}{done.stderr}"


def not_validated(programs):
    """The same with a mistake, so that it is known to look."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "refused.yaml"
        base, changes, sentence = refusals.MISTAKES[0]
        file.write_text(yaml.safe_dump(refusals.changed(base, changes)))
        done = validate(programs, [file])
    if done.returncode == 0 or sentence not in done.stdout:
        yield f"exit code {done.returncode}: {done.stdout}{done.stderr}"


def run(score, programs):
    """Adds its checks to the score; what is missing is left out there."""
    before = score.n_passed
    if plane.missing(programs, ["crossplane-cli"]):
        score.leave_out("crossplane resource validate", "script/test e2e --build")
    else:
        score.add("crossplane resource validate", lambda: list(validated(programs)))
        score.add("crossplane resource validate refuses", lambda: list(not_validated(programs)))
    if absent := plane.missing(programs, plane.NEEDS):
        score.leave_out(f"manifests on an API server ({', '.join(absent)})", "script/test cluster")
    else:
        with tempfile.TemporaryDirectory() as folder:
            with plane.Plane(programs, folder) as cluster:
                cluster.start_controllers()
                cluster.start_core()
                cluster.apply_configuration(CONFIGURATION)
                for title, check in checks(score, cluster):
                    score.add(title, check)
    print(f"manifests: {score.n_passed - before} as expected")
