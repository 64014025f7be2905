# SPDX-License-Identifier: Apache-2.0
"""To another version and back, while models serve: both packages, in both orders.

The newer version is this tree with a few lines changed, so that one sees who composed what: it writes
a label on the service, a member into the reservation and one into status, which its XRD knows.
"""

import json
import shutil
import subprocess
import threading
import time

import packages
import rights
import standins
from function import Function
from packages import CONFIGURATION, NAME, ROOT
from plane import is_true
from runtime import Runtime
from world import GROUP, condition, kept, pool

NEXT = "0.9.9"
BUILD = ROOT / "build" / "next"
SERVICE_LABEL = "example.org/since"
SECONDS = 90
# file, what stands there, what is put behind it
CHANGES = (
    ("function/place/llmisvc.c", "struct node *labels = node_map(arena);\n",
     f'node_set_string(labels, "{SERVICE_LABEL}", TEXT("{NEXT}"));'),
    ("function/deploy/status.c", 'list = node_add_map(status, "placements");\n',
     f'node_set_string(list, "since", TEXT("{NEXT}"));'),
)
STATUS = "              placements:\n"
STATUS_KNOWS = ("                properties:\n", "                  since: {type: string}\n")


# ---- the newer version ---------------------------------------------------------------------------

def replace(path, old, new):
    text = path.read_text()
    assert text.count(old) == 1, f"{path}: {old!r} is there {text.count(old)} times"
    path.write_text(text.replace(old, new))


def build_next(version):
    """Its program, out of a copy of the sources."""
    tree, build = BUILD / "tree", BUILD / "build"
    shutil.rmtree(tree, ignore_errors=True)
    for name in ("function", "proto", "package"):
        shutil.copytree(ROOT / name, tree / name)
    for name in ("meson.build", "meson_options.txt"):
        shutil.copy2(ROOT / name, tree / name)
    replace(tree / "meson.build", f"version: '{version}'", f"version: '{NEXT}'")
    for file, before, added in CHANGES:
        replace(tree / file, before, f"{before}        {added}\n")
    if not (build / "build.ninja").exists():
        run(["meson", "setup", build, tree, "-Dtests=disabled", "-Dbuildtype=release"])
    run(["ninja", "-j2", "-C", build, NAME])
    return build / NAME


def run(argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout[-2000:]


def change_package(stage):
    """Its XRD knows what it writes into status."""
    path = stage / "configuration" / "modeldeployments-xrd.yaml"
    head, placements, tail = path.read_text().partition(STATUS)
    assert placements, f"{path}: no placements"
    before, added = STATUS_KNOWS
    path.write_text(head + placements + tail.replace(before, before + added, 1))


# ---- while models serve --------------------------------------------------------------------------

class Guard(threading.Thread):
    """Looks all the time whether what serves is the same and Ready, and status says where."""

    def __init__(self, world, deployments):
        super().__init__(daemon=True)
        self.world, self.deployments = world, deployments
        self.before = world.uids()
        self.complaints = []
        self.stopped = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.join()

    def run(self):
        while not self.stopped.wait(0.2):
            try:
                kept(self.before, self.world.uids(), "meanwhile")
            except AssertionError as lost:
                self.complaints.append(str(lost))
            for name, service in self.world.services().items():
                if condition(service, "Ready").get("status") != "True":
                    self.complaints.append(f"{name} is not Ready")
            for deployment in self.deployments:
                if not self.world.get(deployment)["status"].get("assignments"):
                    self.complaints.append(f"{deployment['metadata']['name']}: no assignments")

    def look(self, after):
        assert self.is_alive(), "nobody looks any more"
        assert not self.complaints, f"after {after}: {sorted(set(self.complaints))}"


class Upgrade:
    """The two packages of a cluster, and what one sees of a version."""

    KINDS = {"function": ("functions", f"team-{NAME}", NAME),
             "configuration": ("configurations", CONFIGURATION, CONFIGURATION)}

    def __init__(self, world, registry):
        self.world, self.plane, self.registry = world, world.plane, registry

    def install(self, version):
        self.plane.kubectl("apply", "-f", "-", stdin=[{
            "apiVersion": "pkg.crossplane.io/v1", "kind": "Configuration",
            "metadata": {"name": CONFIGURATION},
            "spec": {"package": f"{self.registry.team}/{CONFIGURATION}:v{version}"}}])

    def change(self, what, version):
        plural, name, repository = self.KINDS[what]
        self.plane.kubectl("patch", f"{plural}.pkg.crossplane.io", name, "--type=merge", "-p",
                           json.dumps({"spec": {
                               "package": f"{self.registry.team}/{repository}:v{version}"}}))

    def package(self, what):
        return self.world.api.get("pkg.crossplane.io/v1", what.capitalize(), None,
                                  self.KINDS[what][1]) or {}

    def until_healthy(self):
        self.world.until("both packages are healthy", lambda: all(
            is_true(self.package(what), "Healthy") and is_true(self.package(what), "Installed")
            for what in self.KINDS), SECONDS)

    def since(self):
        """Of every service and deployment, who wrote it; "" is the first version. A reservation has no
        room for more than its schema says."""
        world = self.world
        return ({service["metadata"]["labels"].get(SERVICE_LABEL, "")
                 for service in world.services().values()} |
                {each["status"]["placements"].get("since", "")
                 for each in world.api.list(GROUP, "ModelDeployment", world.namespace)})

    def until_all_since(self, version):
        self.world.until(f"everything is of {version or 'the first version'}",
                         lambda: self.since() == {version}, SECONDS)
        for each in self.world.api.list(GROUP, "ModelDeployment", self.world.namespace):
            self.world.until_ready(each, seconds=SECONDS)
            self.world.until("it is Synced", lambda e=each: condition(
                self.world.get(e), "Synced").get("status") == "True", SECONDS)


def function_first(upgrade, guard, served):
    """What the newer function writes, the old XRD does not know: each deployment says so and stays
    as it is until the Configuration comes; back in the other order, the same."""
    world, first = upgrade.world, upgrade.registry.version
    upgrade.change("function", NEXT)
    world.until("an event says what the XRD lacks", lambda: ".status.placements.since: field not "
                "declared in schema" in upgrade.plane.warnings(), SECONDS)
    time.sleep(5)  # long enough for core to take something away, if it were told to
    guard.look("the function's upgrade")
    upgrade.change("configuration", NEXT)
    upgrade.until_all_since(NEXT)
    upgrade.until_healthy()
    guard.look("the Configuration's upgrade")
    upgrade.change("configuration", first)
    upgrade.change("function", first)
    upgrade.until_all_since("")
    upgrade.until_healthy()
    guard.look("the way back")


def configuration_first(upgrade, guard, served):
    """It waits for the function, and says so; nothing changes until that is there."""
    world, first = upgrade.world, upgrade.registry.version
    upgrade.change("configuration", NEXT)
    world.until("the Configuration says what it waits for", lambda: any(
        NAME in each.get("message", "") and NEXT in each["message"]
        for each in upgrade.package("configuration")["status"]["conditions"]), SECONDS)
    assert upgrade.since() == {""}, upgrade.since()
    guard.look("the Configuration's upgrade")
    upgrade.change("function", NEXT)
    upgrade.until_all_since(NEXT)
    upgrade.until_healthy()
    guard.look("the function's upgrade")
    upgrade.change("function", first)
    upgrade.until_all_since("")
    guard.look("the function's way back")
    upgrade.change("configuration", first)
    upgrade.until_healthy()
    guard.look("the Configuration's way back")


def upgraded(world, program):
    """Up and down again in both orders: nothing that serves is made anew or stops, status stays."""
    plane = world.plane
    registry = packages.Registry(plane.programs, plane.folder)
    newer = build_next(registry.version)
    functions = {f"v{registry.version}": Function(program, plane, registered=False),
                 f"v{NEXT}": Function(newer, plane, name="next", registered=False)}
    try:
        registry.push(images=False)
        # There before the first is installed, which must not take the newer function.
        registry.push(images=False, version=NEXT, change=change_package)
        for manifest in rights.MANIFESTS:
            plane.kubectl("apply", "-f", manifest)
        with standins.installed(plane.api), Runtime(plane, functions):
            upgrade = Upgrade(world, registry)
            upgrade.install(registry.version)
            upgrade.until_healthy()
            plane.wait_for_xrds()
            world.model()
            world.environment(pool("mig", acceleratorCount=4))
            served = [world.deployment(f"d{i}") for i in range(3)]
            world.until_ready(*served, seconds=SECONDS)
            for order in (function_first, configuration_first):
                with Guard(world, served) as guard:
                    order(upgrade, guard, served)
    finally:
        registry.stop()


CASES = (upgraded,)
