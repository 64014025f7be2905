#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds `capacity -o html` to what a page of a fleet must be.

check.py PROGRAM            exit 1 on any complaint; UPDATE_GOLDEN=1 writes pages/ anew

The pages of pages/ are made again and are equal to the byte; so is docs/fleet.svg, which is what a page
draws, without its tables. Every unit is one element with its owner's name, every deployment a line of a table; nothing is
fetched or run; text has contrast in light and dark; neighbouring colours differ also for people
with red-green blindness; 1,000 nodes take less than a second of the processor and 5 MB.
"""

import collections
import html.parser
import itertools
import os
import pathlib
import random
import re
import resource
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import yaml

PAGES = pathlib.Path(__file__).parent / "pages"
ROOT = PAGES.parents[2]
GROUP = "modelplane.ai/v1alpha1"
LEAST_CONTRAST = 4.5     # WCAG 2, AA
LEAST_DIFFERENCE = 10.0  # CIE 1976, where 2.3 is just seen
# Machado, Oliveira and Fernandes 2009, severity 1: linear RGB as protanopes and deuteranopes see it.
BLIND = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
                   (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
                     (-0.011820, 0.042940, 0.968881)),
}


def environment(name, pools):
    return {"apiVersion": GROUP, "kind": "InferenceEnvironment", "metadata": {"name": name},
            "spec": {"nodePools": pools}}


def pool(name, gpus, nodes, most, **more):
    return {"name": name, "acceleratorType": "nvidia-h100-80gb", "acceleratorCount": gpus,
            "nodeCount": nodes, "maxNodeCount": most, "nodeSelector": {"pool": name}, **more}


def cut(**more):
    return {"migConfiguration": {"enabled": True, **more}}


def reservation(namespace, name, place, units, replicas):
    where = dict(zip(("environment", "pool", "migProfile"), place))
    return {"apiVersion": "gpuplacement.fn.crossplane.io/v1alpha1", "kind": "GPUReservation",
            "metadata": {"namespace": namespace, "name": f"{name}-{len(place)}", "ownerReferences": [
                {"apiVersion": GROUP, "kind": "ModelDeployment", "name": name, "uid": "u",
                 "controller": True}]},
            "spec": {**where, "deployment": name, "nodes": 1, "unitsPerNode": units,
                     "reserved": replicas, "used": replicas, "order": 0, "priority": 0,
                     "model": {"kind": "ClusterModel", "name": "m"}}}


class Page(html.parser.HTMLParser):
    """Slices with their owners, and what else is looked at."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.owners, self.cells = collections.Counter(), collections.Counter(), []
        self.pale, self.path, self.hatched = 0, [], 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags[tag] += 1
        self.path = [*self.path[-9:], tag]
        self.pale += attrs.get("class") == "n p"
        self.hatched += attrs.get("fill") == "url(#f)"

    def handle_data(self, data):
        if self.path[-2:] == ["rect", "title"] and data.strip():
            self.owners[data] += 1
            self.path.append("")
        elif self.path and self.path[-1] == "td":
            self.cells.append(data.strip())


def pod(namespace, service, node, **more):
    labels = {"app.kubernetes.io/name": service,
              "app.kubernetes.io/component": more.get("component", "llminferenceservice-workload")}
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"namespace": namespace, "name": "p", "labels": labels},
            "spec": {"nodeName": node} if node else {},
            "status": {"phase": more.get("phase", "Running")}}


def call(program, objects, folder, pods=None):
    path = pathlib.Path(folder) / "fleet.yaml"
    path.write_text(yaml.dump_all(objects))
    words = [program, "capacity", str(path), "-o", "html"]
    if pods is not None:
        words += ["--pods", str(pathlib.Path(folder) / "pods.yaml")]
        pathlib.Path(words[-1]).write_text(yaml.dump_all(pods))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def check_golden(name, text):
    path = PAGES / f"{name}.html"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    if not path.exists() or path.read_text() != text:
        yield f"is not test/page/pages/{name}.html any more: UPDATE_GOLDEN=1, then read the difference"


def small_fleet():
    return [environment("berlin", [
        pool("mixed", 8, 2, 4, **cut(layout={"3g.40gb": 1, "1g.10gb": 4})),
        pool("whole", 8, 2, 2),
        pool("shared", 2, 1, 1, sharing={"strategy": "TimeSlicing", "replicas": 4})]),
        reservation("team-a", "chat", ("berlin", "mixed", "1g.10gb"), 1, 5),
        reservation("team-a", "large", ("berlin", "whole"), 6, 2),
        reservation("team-b", "<b>&\"odd", ("berlin", "mixed", "3g.40gb"), 1, 3),
        reservation("team-c", "share", ("berlin", "shared"), 1, 2)]


def check_pods(program, folder):
    """Slices lie on the nodes of pods; those without a node, ended or of the router are passed over."""
    pods = [pod("team-a", "chat-3", "n1"), pod("team-a", "chat-3", "n0"), pod("team-a", "chat-3", "n1"),
            pod("team-a", "chat-3", None), pod("team-a", "chat-3", "n1", phase="Succeeded"),
            pod("team-a", "chat-3", "cpu", component="llminferenceservice-router-scheduler"),
            pod("team-b", "chat-3", "n1"), pod("team-a", "large-2", "w1")]
    done, _ = call(program, small_fleet(), folder, pods)
    page = Page(done.stdout)
    if page.owners["team-a/chat"] != 3 or page.owners["team-a/large"] != 6 or len(page.owners) != 3:
        yield f"with pods slices are of {dict(page.owners)}"
    drawn = dict(re.findall(r"<small>([^<]*)</small>([^\n]*)", done.stdout))
    counts = {name: strips.count("<title>team-a/") for name, strips in drawn.items()}
    if counts != {"n0": 1, "n1": 2, "w1": 6}:
        yield f"the nodes of pods have {counts}"
    if re.search("follows the seats|cpu", done.stdout):
        yield "the page with pods speaks of seats, or of the router"
    yield from check_golden("pods", done.stdout)


def picture(page):
    """The nodes of a page, pool by pool, and its legend, as one SVG that stands alone."""
    style, defs = re.search(r"<style>(.*?)</style>", page, re.S)[1], re.search(r"<defs>.*?</defs>", page)[0]
    out, y = [], 8
    for name, row in re.findall(r"<h3>(.*?)</h3>.*?<div class=r0>\n(.*?)\n</div>", page, re.S):
        out.append(f'<text x="8" y="{y + 12}" font-weight="bold">{name}</text>')
        nodes, y, high = re.findall(r"(?:<small>(.*?)</small>)?<svg viewBox=\"0 0 (\d+) (\d+)\"[^>]*>(.*?)</svg>",
                                    row), y + 20, 0
        for i, (label, width, height, strips) in enumerate(nodes):
            x, high = 8 + i * (int(width) + 12), max(high, int(height))
            out.append(f'<text x="{x}" y="{y + 12}" class="t">{label or "does not run"}</text>'
                       f'<svg x="{x}" y="{y + 16}" width="{width}" height="{height}" fill="url(#f)">'
                       f'{strips}</svg>')
        y += high + 34
    for colour, name in re.findall(r"<rect(?: class=(c\d+))? width=18 /></svg><td>([^<]*)", page):
        out.append(f'<rect x="8" y="{y}" width="18" height="9" '
                   + (f'class="{colour}"' if colour else 'fill="url(#f)"')
                   + f'/><text x="32" y="{y + 9}" class="t">{name}</text>')
        y += 15
    drawn = re.sub(r"(\w+)=([^\s\"'>/]+)", r'\1="\2"', "\n".join(out).replace("translate(", "translate("))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 460 {y + 4}" width="460" '
            f'height="{y + 4}">\n<style>{style}text{{font:13px sans-serif;fill:var(--text)}}.t{{font-size:11px}}'
            f'</style>\n<rect width="460" height="{y + 4}" style="height:{y + 4}px;fill:var(--back);stroke:none"/>\n'
            + re.sub(r"(\w+)=([^\s\"'>/]+)", r'\1="\2"', defs) + f"\n{drawn}\n</svg>\n")


def check_picture(program):
    done = subprocess.run([program, "capacity", "examples/fleet/required/mig-cluster.yaml",
                           "docs/samples/reservations.yaml", "--pods", "docs/samples/pods.yaml", "-o",
                           "html"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    path, text = ROOT / "docs" / "fleet.svg", picture(done.stdout)
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    xml.etree.ElementTree.fromstring(text)
    if not path.exists() or path.read_text() != text:
        yield "docs/fleet.svg is not what the page draws: UPDATE_GOLDEN=1, then look at it"
    if text.count("<title>team-a/chat<") != 11:
        yield "docs/fleet.svg does not show the 11 pods of team-a/chat"


def check_small(program, folder):
    done, _ = call(program, small_fleet(), folder)
    page = Page(done.stdout)
    yield from check_golden("seats", done.stdout)
    want = {"team-a/chat": 5, "team-a/large": 12, "team-b/<b>&\"odd": 3, "team-c/share": 2}
    want["free"] = 4 * 8 * 5 + 16 + 8 - sum(want.values())
    if page.owners != want:
        yield f"slices are of {dict(page.owners)}, not {want}"
    if missing := want.keys() - set(page.cells):
        yield f"no line of a table says {missing}"
    if page.pale != 2:
        yield f"{page.pale} nodes are pale, not the 2 that do not run yet"
    if page.tags["pattern"] != 1 or page.hatched < 8:
        yield "what is free is not hatched"
    if found := re.search(r"<script|https?://|@import|url\(|<b>|\bon\w+=", done.stdout):
        yield f"holds {found[0]}"
    # A replica of six units has them on one node: two nodes of eight have six each.
    rows = re.findall(r'aria-label="node \d+"[^\n]*', done.stdout.split(">whole<")[1])[:2]
    if [row.count("team-a/large") for row in rows] != [6, 6]:
        yield "replicas of six units do not lie on one node each"
    yield from check_colours(done.stdout)


def linear(colour):
    colour = colour.lstrip("#")
    colour = "".join(2 * each for each in colour) if len(colour) == 3 else colour
    parts = [int(colour[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    return [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]


def luminance(colour):
    return sum(w * each for w, each in zip((0.2126, 0.7152, 0.0722), linear(colour)))


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def lab(rgb):
    matrix = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.9505, 1.0, 1.089)
    x, y, z = (sum(m * each for m, each in zip(row, rgb)) / w for row, w in zip(matrix, white))
    f = [each ** (1 / 3) if each > 0.008856 else 7.787 * each + 16 / 116
         for each in (max(x, 0), max(y, 0), max(z, 0))]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def seen(colour, matrix):
    return lab([sum(m * each for m, each in zip(row, linear(colour))) for row in matrix])


def check_colours(text):
    for mode in re.findall(r":root\{([^}]*)\}", text):
        colours = dict(re.findall(r"--(\w+):(#\w+)", mode))
        for ink in ("text", "dim"):
            if contrast(colours[ink], colours["back"]) < LEAST_CONTRAST:
                yield f"{ink} on {colours['back']} has contrast {contrast(colours[ink], colours['back']):.1f}"
    fills = re.findall(r"\.c\d+,[.c\d,]+\{fill:(#\w+)\}", text)
    if len(fills) < 7:
        yield f"only the colours {fills}"
    for name, matrix in BLIND.items():
        for a, b in itertools.combinations(fills, 2):
            apart = sum((x - y) ** 2 for x, y in zip(seen(a, matrix), seen(b, matrix))) ** 0.5
            if apart < LEAST_DIFFERENCE:
                yield f"{a} and {b} look alike with {name}: {apart:.1f}"


def check_large(program, folder):
    rng = random.Random(1)
    objects = [environment(f"cluster-{e}", [pool(f"pool-{p}", 8, 50, 100, **cut(profile="1g.10gb"))
                                            for p in range(5)]) for e in range(2)]
    objects += [reservation(f"team-{i % 20}", f"deployment-{i}",
                            (f"cluster-{i % 2}", f"pool-{i % 5}", "1g.10gb"), 1, rng.randint(1, 200))
                for i in range(500)]
    done, seconds = call(program, objects, folder)
    if len(Page(done.stdout).owners) < 400 or done.stdout.count("<div class=") < 1000:
        yield "1,000 nodes are not all drawn"
    if len(done.stdout) > 5_000_000 or seconds > 1:
        yield f"1,000 nodes take {len(done.stdout)} bytes and {seconds:.2f} s"
    print(f"page: 1,000 nodes, {len(done.stdout)} bytes, {seconds:.2f} s")


def main(program):
    program = str(pathlib.Path(program).resolve())
    with tempfile.TemporaryDirectory() as folder:
        complaints = [*check_small(program, folder), *check_pods(program, folder), *check_picture(program),
                      *check_large(program, folder)]
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
