#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every block of README.md, CONTRIBUTING.md and docs/ is tried, and true.

pages.py PROGRAM ROOT       exit 1 on any complaint

A console block is typed, and what a page shows below a command must be its answer. What needs
more than our program is typed by another test: one that takes the commands from the page, or, in
RUN_BY, a script that has the very command. A line of a log or of the metrics must be one that a
server writes. A YAML block must be contained
in an object of the same kind: of what is shipped, or of what the page's own commands read and
print. Of a kind that is not ours it must be in FOREIGN. docs/composed.md shows the whole of a
service: there no member of the spec may be without its line. The first manifest of a page of docs/clouds
must be one that can be applied. Any other block is in TEXTS: a
drawing or a formula.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

import yaml

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / each) for each in ("lib", "cluster", "e2e")]
import markdown  # noqa: E402
import operate  # noqa: E402
import readme  # noqa: E402

OURS = "build/function-gpu-placement"
# Commands that a script runs, which a line of it must begin with.
RUN_BY = {"script/demo": "script/test", "script/test": "script/release"}
# Other tests that type what they find on a page, and the pages that they read.
TYPISTS = (
    (readme.commands_of, lambda name: True),
    (operate.commands_of, lambda name: name == "docs/operating.md"),
)
# Kinds that others define: what a manifest of them must have below spec.
FOREIGN = {
    "PodMonitor": {"selector", "podMetricsEndpoints"},
}
# How the text blocks of a page begin: drawings and formulas.
TEXTS = {
    "docs/pipeline.md": ("  InferenceEnvironment",),
    "docs/capacity.md": ("units per node  = ", "Free in sum"),
    "docs/models.md": ('curl "$url/', "weights   = "),
    "docs/clouds/openshift.md": ("podDefaults:",),
}
TOUR = "CONTRIBUTING.md"  # whose text block names folders of function/ and files in them
WHY_NOT = "docs/why-not.md"  # whose sentences are those of goldens: what is indented, reasons.py
OPERATING = "docs/operating.md"  # which shows lines of the log, and metrics
# What differs from one line to the next.
CHANGING = (r'(?<=ts":")[^"]+', r"^\S+Z", r'(?<=tag=")\w+', r'(?<=tag":")\w+',
            r'(?<=duration_ms)(=|":)[\d.]+')
COMPATIBILITY = "docs/compatibility.md"
# Where the tests name the versions that it claims.
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
        resources = re.sub(r"--explain.*", "", typed)
        return self.run(resources).stdout if "--explain" in typed else printed

    def type(self, command):
        """What is wrong with it; what it reads and prints is kept."""
        done = self.run(command.typed)
        if command.shown is None and done.returncode != 0:
            yield f"exit code {done.returncode}: {done.stdout.strip()}"
        if command.shown is not None and not markdown.agrees(command.shown, done.stdout):
            yield f"prints something else:\n{done.stdout}"
        words = command.typed.replace("\\\n", " ").split()
        if words[1] in ("render", "discover"):
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


def is_typed_elsewhere(command, block, name, root):
    if script := RUN_BY.get(command.typed):
        runs = rf"^{re.escape(command.typed)}(?= |$)"
        return command.shown is None and re.search(runs, (root / script).read_text(), re.M)
    fence = f"```console\n{block.text}```\n"
    return any(command in commands_of(fence) for commands_of, reads in TYPISTS if reads(name))


def check_console(block, name, root, typist):
    for command in markdown.commands(block.text):
        complaints = []
        if command.typed.startswith(OURS):
            complaints = list(typist.type(command))
        elif not is_typed_elsewhere(command, block, name, root):
            complaints = ["nothing types it: do so here, or name the test"]
        yield from (f"{command.typed}: {complaint}" for complaint in complaints)


class Server:
    """What a server has written when it has placed one deployment."""

    def __init__(self, program, root, *flags):
        example = root / "examples" / "mig-pool"
        process = subprocess.Popen([program, "--insecure", "--address", "127.0.0.1:0",
                                    "--metrics-address", "127.0.0.1:0", *flags],
                                   stderr=subprocess.PIPE, text=True)
        try:
            line = next(line for line in process.stderr if "metrics_address" in line)
            address, metrics = re.findall(r'address"?[=:]"([\d.:]+)"', line)
            for manifest, composition in ((example / "xr.yaml", example / "composition.yaml"), (
                    root / "examples/fleet/required/mig-cluster.yaml",
                    root / "examples/fleet/inventory.yaml")):
                subprocess.run([program, "render", manifest, composition, "-e",
                                example / "required.yaml", "--address", address],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
                               timeout=SECONDS)
            with urllib.request.urlopen(f"http://{metrics}/metrics", timeout=SECONDS) as page:
                self.metrics = page.read().decode()
        finally:
            process.terminate()
            self.log = process.communicate()[1].splitlines()


def without_changing(line):
    for pattern in CHANGING:
        line = re.sub(pattern, "", line)
    return line


def check_log(text, server):
    """Each line is one that it wrote, but for the time and the tag."""
    written = [without_changing(line) for line in server.log]
    for line in text.splitlines():
        if without_changing(line) not in written:
            yield f"no server logs {line}, but {server.log}"


def series_of(text):
    """(name, labels): the values of those that say what is counted belong to the name."""
    for name, labels in re.findall(r"^(\w+)\{(.*)\} \d+$", text, re.M):
        members = re.findall(r'(\w+)="([^"]*)"', labels)
        yield name, tuple((key, value if key in ("condition", "reason") else "")
                          for key, value in members)


def check_metrics(text, server):
    there = set(series_of(server.metrics))
    shown = list(series_of(text))
    if len(shown) != len(text.splitlines()):
        yield "not every line is a sample"
    for name, labels in shown:
        if (name, labels) not in there:
            yield f"no server exports {name} with {labels}"


def check_tour(text, root):
    """Each folder and file that it names is there."""
    for line in text.splitlines():
        for folder, files in re.findall(r"(?<!\S)(\w+/|\w+\.c)(?=\s)(.*)", line)[:1]:
            for name in [folder, *(f"{folder}{each}" for each in re.findall(r"\w+\.c", files))]:
                if not (root / "function" / name).exists():
                    yield f"there is no function/{name}"


def check_recipe(text, root):
    """Each file of the recipe for a golden case is there, or is the one that it makes."""
    for path in re.findall(r"(?:test|build)/[\w/-]+", text):
        if not path.startswith("build/") and not (root / path.replace("/my-case", "")).exists():
            yield f"there is no {path}"
    if "build/test/golden/golden test/golden/cases my-case" not in text:
        yield "the answer of the case is not written"


def check_block(block, name, program, root, typist, objects):
    if block.language == "console":
        yield from check_console(block, name, root, typist)
    elif block.language == "yaml":
        for part in yaml.safe_load_all(block.text):
            yield from check_yaml(part, objects, name == COMPOSED)
    elif block.language == "json" and name == OPERATING:
        yield from check_log(block.text, Server(program, root))
    elif block.language == "text" and name == OPERATING:
        server = Server(program, root, "--debug")
        yield from (check_metrics if block.text.startswith("function_gpu") else check_log)(
            block.text, server)
    elif block.language == "text" and name == TOUR:
        yield from check_tour(block.text, root)
    elif block.language == "sh" and name == TOUR:
        yield from check_recipe(block.text, root)
    elif name == WHY_NOT and block.language == "text":
        wants = (root / "test" / "golden" / "cases").glob("*/*/want.yaml")
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


def check_appliable(program, name, text):
    """The first manifest of a cloud's page can be applied as it stands, which "check" sees."""
    first = next((block for block in markdown.blocks(text) if block.language == "yaml"), None)
    if not name.startswith("docs/clouds/"):
        return
    if not first:
        yield "declares nothing"
        return
    done = subprocess.run([program, "check", "-"], input=first.text, text=True, timeout=SECONDS,
                          capture_output=True)
    # What an input has to name is none of the manifest's business.
    wrong = [line for line in done.stdout.splitlines()
             if "[error]" in line and "the function's input" not in line]
    if wrong or done.stderr:
        yield f"the first block cannot be applied: {wrong}{done.stderr}"


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
        if not path.is_file():
            continue
        alias = re.search(r'^exec "\$\(dirname "\$0"\)/test" (\w+)', path.read_text(), re.M)
        shown = f"script/test {alias[1]}" if alias else f"script/{path.name}"
        if f"`{shown}" not in text:
            yield f"nothing on {shown}"


# What must not pass on a page, with what must be said of it.
BAD = (
    ("README.md", "```yaml\nkind: ClusterModel\nspec: {color: red}\n```\n", "no ClusterModel"),
    ("README.md", "```yaml\nkind: PodMonitor\nspec: {selector: {}}\n```\n", "lacks podMetricsEndpoints"),
    ("README.md", "```console\nmake install\n```\n", "nothing types it"),
    ("README.md", f"```console\n{OURS} mig nothing\n```\n", "exit code 2"),
    ("README.md", f"```console\n$ {OURS} mig check nvidia-h100-80gb 7g.80gb\nyes\n```\n", "something else"),
    ("README.md", "```sh\nls\n```\n", "nobody tries this sh block"),
    ("README.md", "```\nls\n```\n", "nobody tries this nameless block"),
    ("README.md", "Type\n\n    ls\n\n", "nobody tries this indented block"),
    ("README.md", "```text\nDone.\n```\n", "nobody tries this text block"),
    ("README.md", "```console\nscript/demo --quick\n```\n", "nothing types it"),
    ("README.md", "```console\n$ script/demo\nPlaced.\n```\n", "nothing types it"),
    ("README.md", "```console\ngrpcurl HOST list\n```\n", "nothing types it"),
    (OPERATING, '```json\n{"level":"info"}\n```\n', "no server logs"),
    (OPERATING, "```text\n2026-11-21T08:15:17.880Z info Run\n```\n", "no server logs"),
    (OPERATING, '```text\nfunction_gpu_placement_pool_units{pool="a"} 1\n```\n', "no server exports"),
    (OPERATING, "```text\nfunction_gpu_placement_pool_units\n```\n", "not every line"),
    (TOUR, "```text\ndeploy/   which pools   deploy.c  nothing.c\n```\n", "no function/deploy/nothing.c"),
)


def main(program, root):
    program, root = pathlib.Path(program).resolve(), pathlib.Path(root).resolve()
    complaints = []
    pages = markdown.pages(root)
    for page in pages:
        name = str(page.relative_to(root))
        complaints += [f"{name}:{line}: {complaint}"
                       for line, complaint in check_page(name, page.read_text(), program, root)]
        complaints += [f"{name}: {each}" for each in check_appliable(program, name, page.read_text())]
        if name == COMPATIBILITY:
            complaints += [f"{name}: {each}" for each in check_versions(page.read_text(), root)]
        if name == "CONTRIBUTING.md":
            complaints += [f"{name}: {each}" for each in check_scripts(page.read_text(), root)]
    for bad in ("", "```yaml\nkind: InferenceEnvironment\nspec: {}\n```\n",
                "```yaml\nspec: {nodePools: []}\n```\n", "```yaml\nkind: ConfigMap\n```\n"):
        if not [*check_appliable(program, "docs/clouds/bad.md", bad)]:
            complaints.append(f"this gate takes {bad!r} for what can be applied")
    if not [*check_versions("", root)] or not [*check_scripts("", root)]:
        complaints.append("this gate lets an empty page through")
    for name, text, sentence in BAD:
        said = [complaint for _, complaint in check_page(name, text, program, root)]
        if not any(sentence in complaint for complaint in said):
            complaints.append(f"this gate lets {text!r} through: {said}")
    for complaint in complaints:
        print(complaint)
    print(f"pages: {len(pages)} read, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
