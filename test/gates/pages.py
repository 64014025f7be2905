#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every block of README.md, CONTRIBUTING.md and docs/ is tried, and true.

pages.py PROGRAM ROOT       exit 1 on any complaint

A console block is typed, and what a page shows below a command must be its answer. What needs
more than our program is in ELSEWHERE, with the test that types it. A YAML block must be contained
in an object of the same kind: of what is shipped, or of what the page's own commands read and
print. Of a kind that is not ours it must be in FOREIGN. docs/composed.md shows the whole of a
service: there no member of the spec may be without its line. Any other block is in TEXTS, or held by a
gate of its own.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import markdown  # noqa: E402

OURS = "build/function-gpu-placement"
# How a command begins, the test that types it, and what that test must have of it.
ELSEWHERE = (
    ("kubectl ", "test/cluster/readme.py", "kubectl"),
    ("crossplane xpkg install ", "test/cluster/readme.py", "crossplane"),
    ("crossplane xpkg update ", "test/cluster/readme.py", "crossplane"),
    ("crossplane xpkg push ", "test/cluster/packages.py", '"xpkg", "push"'),
    ("script/package ", "test/cluster/packages.py", "What script/package made"),
    ("script/demo", "script/test", "script/demo"),
    ("script/test", "script/test", "meson test"),
    ("grpcurl ", "test/e2e/operate.py", "grpcurl"),
)
# Kinds that others define: what a manifest of them must have below spec.
FOREIGN = {
    "PodMonitor": {"selector", "podMetricsEndpoints"},
}
# How the text blocks of a page begin: drawings, formulas, and what README or another gate holds.
TEXTS = {
    "README.md": ("  InferenceEnvironment",),
    "CONTRIBUTING.md": ("deploy/ ",),
    "docs/capacity.md": ("units per node  = ",),
    "docs/operating.md": ("2026-", "function_gpu_placement_"),  # metrics.py
}
WHY_NOT = "docs/why-not.md"  # whose sentences are those of goldens: what is indented, reasons.py
LOG = "docs/operating.md"
# Where the tests name the versions that README.md claims.
PINNED = ("test/e2e/build-peers", "test/kserve/go.mod", "test/kserve/check")
TESTED = r"^## What it was tested with\n(.*?)^\| provider-kubernetes .*?$"
COMPOSED = "docs/composed.md"
SECONDS = 30


class Typist:
    """Types a page's commands in a folder of their own."""

    def __init__(self, program, root, folder):
        self.root, self.folder = root, folder
        self.env = markdown.checkout(folder, root, {OURS: program})
        self.objects = []

    def run(self, typed):
        return subprocess.run(["sh", "-c", typed], cwd=self.folder, env=self.env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)

    def composed(self, typed, printed):
        """What a render composes, also one that prints only its explanation."""
        return self.run(typed.replace("--explain", "")).stdout if "--explain" in typed else printed

    def type(self, command):
        """What is wrong with it; what it reads and prints is kept."""
        done = self.run(command.typed)
        if command.shown is None and done.returncode != 0:
            yield f"exit code {done.returncode}: {done.stdout.strip()}"
        if command.shown is not None and not markdown.agrees(command.shown, done.stdout):
            yield f"prints something else:\n{done.stdout}"
        words = command.typed.replace("\\\n", " ").split()
        if words[1] == "render":
            self.objects += yaml.safe_load_all(self.composed(command.typed, done.stdout))
        for path in (self.folder / word for word in words[2:]):
            for file in path.glob("*.yaml") if path.is_dir() else [path]:
                if file.suffix == ".yaml":
                    self.objects += [each for each in yaml.safe_load_all(file.read_text()) if each]


def inner(objects):
    """The objects, the manifests in them, and the inputs of Compositions."""
    for each in objects:
        yield each
        spec = each.get("spec") or {}
        if each.get("kind") == "Object":
            yield spec["forProvider"]["manifest"]
        for step in spec.get("pipeline", []):
            yield step["input"]


def shipped(root):
    for path in sorted((root / "package").rglob("*.yaml")):
        yield from (each for each in yaml.safe_load_all(path.read_text()) if each)


def missing(part, whole, path=""):
    """The first path at which part is not contained in whole, or None."""
    if isinstance(part, dict) and isinstance(whole, dict):
        paths = (missing(value, whole.get(name), f"{path}.{name}") for name, value in part.items())
        return next((each for each in paths if each), None)
    if isinstance(part, list) and isinstance(whole, list):
        for i, value in enumerate(part):
            paths = [missing(value, each, f"{path}[{i}]") for each in whole]
            if not paths or all(paths):
                return max(paths, key=len, default=f"{path}[{i}]")
        return None
    return None if part == whole else path


def objects_of(part, objects):
    return [each for each in objects if each.get("kind") == part.get("kind")]


def check_yaml(part, objects, is_whole):
    kind = part.get("kind")
    if kind in FOREIGN:
        lacking = FOREIGN[kind] - set(part["spec"])
        if lacking or not part.get("apiVersion") or not part.get("metadata", {}).get("name"):
            yield f"the {kind} lacks {', '.join(sorted(lacking)) or 'apiVersion or name'}"
        return
    paths = [missing(part, each) for each in objects_of(part, objects)]
    if not paths or all(paths):
        where = max(paths, key=len) if paths else ""
        yield f"no {kind} has what is shown at {where or 'its top'}"
    elif is_whole and (lacking := missing(objects_of(part, objects)[0]["spec"], part["spec"])):
        yield f"says nothing of spec{lacking}"


def check_console(text, root, typist):
    for command in markdown.commands(text):
        if command.typed.startswith(OURS):
            complaints = list(typist.type(command))
        else:
            found = [row for row in ELSEWHERE if command.typed.startswith(row[0])]
            complaints = [] if found else ["nothing types it: do so here, or name the test"]
            for _, test, has in found[:1]:
                if not (root / test).is_file() or has not in (root / test).read_text():
                    complaints.append(f"{test} does not type it")
        yield from (f"{command.typed}: {complaint}" for complaint in complaints)


def log_members(program, root):
    """Of the line that a call leaves in the log."""
    example = root / "examples" / "mig-pool"
    server = subprocess.Popen([program, "--insecure", "--address", "127.0.0.1:0",
                               "--metrics-address", "0"], stderr=subprocess.PIPE, text=True)
    try:
        address = json.loads(server.stderr.readline())["address"]
        subprocess.run([program, "render", example / "xr.yaml", example / "composition.yaml", "-e",
                        example / "required.yaml", "--address", address],
                       stdout=subprocess.DEVNULL, check=True, timeout=SECONDS)
        return list(json.loads(server.stderr.readline()))
    finally:
        server.terminate()
        server.communicate()


def check_json(text, program, root):
    if (shown := list(json.loads(text))) != (members := log_members(program, root)):
        yield f"a line of the log has {members}, not {shown}"


def check_block(block, name, program, root, typist, objects):
    if block.language == "console":
        yield from check_console(block.text, root, typist)
    elif block.language == "yaml":
        for part in yaml.safe_load_all(block.text):
            yield from check_yaml(part, objects, name == COMPOSED)
    elif block.language == "json" and name == LOG:
        yield from check_json(block.text, program, root)
    elif name == WHY_NOT and block.language == "text":
        wants = (root / "test" / "golden" / "cases").glob("*/want.yaml")
        if not any(block.text.strip() in want.read_text() for want in wants):
            yield f"no golden says {block.text.strip()}"
    elif name == WHY_NOT and block.language == "indented":
        pass
    elif block.language != "text" or not block.text.startswith(TEXTS.get(name, ())):
        yield f"nobody tries this {block.language or 'nameless'} block"


def check_page(name, text, program, root):
    """(line, complaint) pairs. Commands first: what they print is what manifests are held to."""
    found = sorted(markdown.blocks(text), key=lambda block: block.language != "console")
    with tempfile.TemporaryDirectory() as folder:
        typist = Typist(program, root, pathlib.Path(folder))
        objects = None
        for block in found:
            if block.language != "console" and objects is None:
                # Pages on what is composed are held to their own example alone.
                own = name == COMPOSED or name.startswith("docs/clouds/")
                objects = list(inner([*typist.objects, *([] if own else shipped(root))]))
            for complaint in check_block(block, name, program, root, typist, objects):
                yield block.line, complaint


def check_versions(text, root):
    """That a version was tested is said only of those that a test pins."""
    pinned = "".join((root / name).read_text() for name in PINNED)
    table = re.search(TESTED, text, re.S | re.M)
    versions = re.findall(r"v\d+\.\d+\.\d+", table[0]) if table else []
    if not versions:
        yield "names no version that was tested"
    yield from (f"no test pins {each}" for each in versions if each not in pinned)


def check_scripts(text, root):
    for path in sorted((root / "script").iterdir()):
        if path.is_file() and f"`script/{path.name}" not in text:
            yield f"nothing on script/{path.name}"


# Pages that must not pass, each with what must be said of it.
BAD = (
    ("```yaml\nkind: ClusterModel\nspec: {color: red}\n```\n", "no ClusterModel"),
    ("```yaml\nkind: PodMonitor\nspec: {selector: {}}\n```\n", "lacks podMetricsEndpoints"),
    ("```console\nmake install\n```\n", "nothing types it"),
    (f"```console\n{OURS} mig nothing\n```\n", "exit code 2"),
    (f"```console\n$ {OURS} mig check nvidia-h100-80gb 7g.80gb\nyes\n```\n", "something else"),
    ("```sh\nls\n```\n", "nobody tries this sh block"),
    ("```\nls\n```\n", "nobody tries this nameless block"),
    ("Type\n\n    ls\n\n", "nobody tries this indented block"),
    ("```text\nDone.\n```\n", "nobody tries this text block"),
)


def main(program, root):
    program, root = pathlib.Path(program).resolve(), pathlib.Path(root).resolve()
    complaints = []
    pages = markdown.pages(root)
    for page in pages:
        name = str(page.relative_to(root))
        complaints += [f"{name}:{line}: {complaint}"
                       for line, complaint in check_page(name, page.read_text(), program, root)]
        if name == "README.md":
            complaints += [f"{name}: {each}" for each in check_versions(page.read_text(), root)]
        if name == "CONTRIBUTING.md":
            complaints += [f"{name}: {each}" for each in check_scripts(page.read_text(), root)]
    if not [*check_versions("", root)] or not [*check_scripts("", root)]:
        complaints.append("this gate lets an empty page through")
    for text, sentence in BAD:
        said = [complaint for _, complaint in check_page("README.md", text, program, root)]
        if not any(sentence in complaint for complaint in said):
            complaints.append(f"this gate lets {text!r} through: {said}")
    for complaint in complaints:
        print(complaint)
    print(f"pages: {len(pages)} read, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
