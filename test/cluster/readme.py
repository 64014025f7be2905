# SPDX-License-Identifier: Apache-2.0
"""What README.md and docs/ tell people to type on a cluster, typed on a fresh one.

The commands are taken from the pages: those that make and push the packages, then README.md, then
the others. What a page shows below a command must be its answer. What is not as on the page: the
registry is one on loopback, our program runs beside the function's package, and KServe is a stand-in
that says Ready. Where buildah is missing nobody types script/package, which is told, and the
packages have no image.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import packages
import standins
from function import Function
from packages import CONFIGURATION, NAME, ROOT
from rights import within
from runtime import Runtime

sys.path.insert(0, str(ROOT / "test" / "lib"))
import markdown  # noqa: E402

PROGRAMS = ("kubectl", "crossplane", "script/package")
MAKING = ("script/package ", "crossplane xpkg push ")  # packages; in the checkout, and for minutes
LAST = "installing.md"  # it ends with how to remove everything
NEXT = "0.9.9"  # where a page has X.Y.Z
REPEATED = ("kubectl get", "kubectl wait")  # as people do, until it says what they wait for
SECONDS = 60
MINUTES_OF_MAKING = 30
LEFT_SECONDS = 30


def commands_of(text):
    """Those of a page that are typed here; test/gates/pages.py asks too."""
    for block in markdown.blocks(text):
        if block.language == "console":
            for command in markdown.commands(block.text):
                if command.typed.split()[0] in PROGRAMS:
                    yield command


class Terminal:
    """Where somebody types who has a checkout, a kubeconfig and the two programs."""

    def __init__(self, plane, program, registry, folder):
        self.folder = pathlib.Path(folder)
        self.registry = registry
        self.env = markdown.checkout(self.folder, ROOT, {
            "build/function-gpu-placement": program,
            "kubectl": plane.programs / "kubectl", "crossplane": plane.programs / "crossplane-cli"})
        self.env["KUBECONFIG"] = str(plane.kubeconfig)

    def run(self, typed):
        """The exit code, and what is printed."""
        host, team = self.registry.team.split("/")
        for word, here in (("REGISTRY/TEAM", f"{host}/{team}"), ("TEAM-", f"{team}-"),
                           ("X.Y.Z", NEXT)):
            typed = typed.replace(word, here)
        is_making = typed.startswith(MAKING)
        done = subprocess.run(["sh", "-c", typed], cwd=ROOT if is_making else self.folder,
                              env=self.env, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT,
                              timeout=60 * MINUTES_OF_MAKING if is_making else 300)
        return done.returncode, done.stdout

    def type(self, command):
        """Until it says what is shown, where that can change; else once."""
        ends = time.monotonic() + (SECONDS if command.typed.startswith(REPEATED) else 0)
        while True:
            code, printed = self.run(command.typed)
            if code == 0 and (command.shown is None or markdown.agrees(command.shown, printed)):
                return
            assert time.monotonic() < ends, f"$ {command.typed}\nexit code {code}:\n{printed}"
            time.sleep(0.5)


def type_page(page, plane, terminal, making=False):
    """How many commands were typed, of those that make packages or of the others."""
    n_typed = 0
    for command in commands_of(page.read_text()):
        if command.typed.startswith(MAKING) != making:
            continue
        n_typed += 1
        try:
            terminal.type(command)
        except AssertionError as failed:
            raise AssertionError(
                f"{page.relative_to(ROOT)}: {failed}\n{plane.warnings()}") from None
    return n_typed


def make_packages(pages, plane, terminal, registry):
    """What was typed for them."""
    if not shutil.which("buildah"):
        registry.push(images=False)
        return "script/package not typed, because there is no buildah"
    began = time.monotonic()
    n_typed = sum(type_page(page, plane, terminal, making=True) for page in pages)
    assert n_typed, "no page says how packages are made"
    return f"{n_typed} for the packages in {time.monotonic() - began:.0f} s"


def ours(plane):
    """What is ours on the cluster, packages, rights and all that was composed included."""
    words = (NAME, CONFIGURATION, "modelplane.ai", "gpu-placement", "gpuplacement")
    kinds = [f"{each}.pkg.crossplane.io" for each in (
        "configurations", "configurationrevisions", "functions", "functionrevisions",
        "deploymentruntimeconfigs")]
    kinds += ["xrd", "compositions", "compositionrevisions", "crd", "clusterroles",
              "llminferenceservices", "clusterusages.protection.crossplane.io"]
    kinds += ["configmaps,resourceclaimtemplates"]
    for kind in kinds:
        for each in plane.get(kind, "-A")["items"]:
            meta = each["metadata"]
            marks = [meta["name"], *meta.get("labels", {})]
            if kind == "llminferenceservices" or any(w in mark for w in words for mark in marks):
                yield f"{each['kind']} {meta['name']}"


def readme(world, program):
    """README.md leads from nothing to a placed model, and the other pages on from there."""
    plane = world.plane
    function = Function(program, plane, registered=False)
    registry = packages.Registry(plane.programs, plane.folder)
    first, *others = sorted(markdown.pages(ROOT), key=lambda page: page.name == LAST)
    try:
        with standins.installed(plane.api), Runtime(plane, {"*": function}), \
                tempfile.TemporaryDirectory() as folder:
            terminal = Terminal(plane, program, registry, folder)
            made = make_packages([first, *others], plane, terminal, registry)
            began = time.monotonic()
            n_first = type_page(first, plane, terminal)
            took = time.monotonic() - began
            n_others = 0
            for page in others:
                if page.name == LAST:
                    registry.push(images=False, version=NEXT)
                    assert len(set(ours(plane))) > 20, "it is known where to look"
                n_others += type_page(page, plane, terminal)
            within(LEFT_SECONDS, lambda: not [*ours(plane)])
            assert not (left := [*ours(plane)]), f"what was removed has left {left}"
    finally:
        registry.stop()
    return f"{n_first} commands of README.md in {took:.0f} s, {n_others} of docs/, {made}"


CASES = (readme,)
