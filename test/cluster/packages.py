# SPDX-License-Identifier: Apache-2.0
"""What script/package made: the images run, and Crossplane installs the packages from a registry."""

import contextlib
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import tempfile
import time

import plane
import rights

ROOT = pathlib.Path(__file__).resolve().parents[2]
MADE = ROOT / "build" / "package"
NAME = "function-gpu-placement"
CONFIGURATION = "configuration-gpu-placement"
ARCHITECTURES = ("amd64", "arm64")
MACHINES = {"amd64": 62, "arm64": 183}  # of an ELF header
SOMEBODY = 12345  # a uid that no file of the image knows
START_SECONDS = 20
INSTALL_SECONDS = 120
NEEDS = ("crossplane-cli", "crane", *plane.NEEDS)
BUILD = "script/test e2e --build"


# ---- images --------------------------------------------------------------------------------------

def read_image(arch):
    """The configuration of an image, and its layers as archives."""
    archive = tarfile.open(MADE / f"image-{arch}.tar")
    manifest = json.load(archive.extractfile("manifest.json"))[0]
    config = json.load(archive.extractfile(manifest["Config"]))
    layers = [tarfile.open(fileobj=io.BytesIO(archive.extractfile(name).read()))
              for name in manifest["Layers"]]
    return config, layers


def image(arch):
    """Says of itself what it must, holds nothing else, and is for that architecture."""
    config, layers = read_image(arch)
    want = {"Entrypoint": [f"/{NAME}"], "User": "65532:65532",
            "ExposedPorts": {"8080/tcp": {}, "9443/tcp": {}}}
    for member, value in want.items():
        if config["config"].get(member) != value:
            yield f"{member} is {config['config'].get(member)}, not {value}"
    if config["architecture"] != arch or config["config"].get("Cmd"):
        yield f"for {config['architecture']}, Cmd {config['config'].get('Cmd')}"
    files = {member.name.lstrip("./"): (layer, member) for layer in layers
             for member in layer.getmembers() if member.isfile()}
    for name in files:
        if not re.fullmatch(rf"{NAME}|sbom\.spdx\.json|etc/nsswitch\.conf|lib(64)?/.*\.so[.0-9]*"
                            r"|usr/share/doc/[a-z0-9.+-]+/copyright",
                            name):
            yield f"holds {name}"
    layer, member = files[NAME]
    header = layer.extractfile(member).read(20)
    if header[18] != MACHINES[arch]:
        yield f"the program is for machine {header[18]}"
    yield from sbom(arch)


def sbom(arch):
    """Names what is certainly in it, each with a version."""
    document = json.loads((MADE / f"image-{arch}.spdx.json").read_text())
    packages = {each["name"]: each for each in document["packages"]}
    for name in (NAME, "libgrpc-dev", "libprotobuf-c-dev", "libyaml-dev", "libssl-dev", "libc6"):
        if not packages.get(name, {}).get("versionInfo"):
            yield f"the SBOM does not name {name}"
    related = {each["relatedSpdxElement"] for each in document["relationships"]}
    for each in document["packages"]:
        if each["SPDXID"] not in related:
            yield f"the SBOM relates {each['name']} to nothing"


@contextlib.contextmanager
def unpacked(arch):
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        for layer in read_image(arch)[1]:
            layer.extractall(name)
        yield pathlib.Path(name)


# Where nobody can write, not even root; then as the user $1.
READ_ONLY = """
mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" || exit
! touch "$0/file" 2> /dev/null || { echo "the root can be written" >&2; exit 1; }
user=$1
shift
exec chroot --userspec="$user" "$0" "$@"
"""


def in_chroot(root):
    """As a user whom the image does not know, on a root that is read-only."""
    return ["unshare", "--mount", "sh", "-c", READ_ONLY, root, f"{SOMEBODY}:{SOMEBODY}", f"/{NAME}"]


def emulated(root):
    return ["qemu-aarch64-static", "-L", root, root / NAME]


def runs(arch, command_in):
    with unpacked(arch) as root, tempfile.TemporaryFile() as log:
        argv = command_in(root)
        version = subprocess.run([*argv, "--version"], capture_output=True, text=True)
        if not re.search(r"\d+\.\d+\.\d+", version.stdout):
            yield f"--version says {version.stdout!r} {version.stderr!r}"
        process = subprocess.Popen([*argv, "--insecure", "--address", "127.0.0.1:0",
                                    "--metrics-address", "0"], stderr=log)
        try:
            address = wait_for_address(process, log)
            example = ROOT / "examples" / "mig-pool"
            done = subprocess.run(
                [ROOT / "build" / NAME, "render", example / "xr.yaml", example / "composition.yaml",
                 "-e", example / "required.yaml", "--address", address],
                capture_output=True, text=True)
            if "AllScheduled" not in done.stdout:
                yield f"places nothing: {done.stderr}"
        finally:
            process.terminate()
            code = process.wait(START_SECONDS)
        if code != 0:
            yield f"ends with {code}"


def wait_for_address(process, log):
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        log.seek(0)
        found = re.search(r'"address":"([^"]+)"', log.read().decode())
        if found:
            return found[1]
        time.sleep(0.05)
    log.seek(0)
    raise RuntimeError(f"it did not start: {log.read().decode()}")


# ---- packages ------------------------------------------------------------------------------------

def compatible(version):
    """The range of functions that a Configuration takes; package/versions holds ours to it."""
    major, minor, _ = version.split(".")
    return f">=v{version}-0 <v{major}.{int(minor) + 1}.0-0"


class Registry:
    """A registry on loopback, and what is pushed to it."""

    def __init__(self, programs, folder):
        self.programs = pathlib.Path(programs)
        self.folder = pathlib.Path(folder)
        [port] = plane.free_ports(1)
        # Not localhost: Crossplane wants a registry with a dot.
        self.team = f"127.0.0.1:{port}/team"
        self.version = subprocess.run([ROOT / "package" / "versions"], check=True,
                                      capture_output=True, text=True).stdout.strip()
        with open(self.folder / "registry.log", "wb") as log:
            self.process = subprocess.Popen(
                [self.programs / "crane", "registry", "serve", "--address", f"127.0.0.1:{port}"],
                stdout=log, stderr=log)
        ends = time.monotonic() + START_SECONDS
        while not plane.is_open(port) and time.monotonic() < ends:
            time.sleep(0.05)

    def run(self, program, *arguments):
        done = subprocess.run([self.programs / program, *map(str, arguments)],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{program} {' '.join(map(str, arguments))}: {done.stderr.strip()}")
        return done.stdout

    def push(self, images=True, version="", change=None):
        """Both packages; the Configuration laid out for where the function is here. Without
        images the function's package has none, so that nothing has to be built first; another
        version is a newer one to upgrade to, in whose folder change() may edit."""
        version = version or self.version
        function, configuration = f"{self.team}/{NAME}", f"{self.team}/{CONFIGURATION}"
        stage = self.folder / f"stage-{version}"
        subprocess.run([ROOT / "package" / "stage", stage, function], check=True)
        for package in ("function", "configuration"):  # what is in it tells packages apart
            about = stage / package / "crossplane.yaml"
            text = re.sub(r'">=v[^"]* <v[^"]*"', f'"{compatible(version)}"', about.read_text())
            about.write_text(text.replace("  annotations:",
                                          f"  annotations:\n    version: v{version}", 1))
        if change:
            change(stage)
        made = ",".join(str(MADE / f"{NAME}-{arch}.xpkg") for arch in ARCHITECTURES) \
            if images else self.pack(stage / "function")
        self.run("crossplane-cli", "xpkg", "push", "-f", made, f"{function}:v{version}")
        self.run("crossplane-cli", "xpkg", "push", "-f", self.pack(stage / "configuration"),
                 f"{configuration}:v{version}")

    def pack(self, folder):
        packed = folder.with_suffix(".xpkg")
        self.run("crossplane-cli", "xpkg", "build", f"--package-root={folder}",
                 f"--examples-root={self.folder / 'none'}", f"--package-file={packed}")
        return packed

    def stop(self):
        self.process.terminate()
        self.process.wait()


def pulled(registry):
    """Both architectures come back under one tag."""
    index = json.loads(registry.run("crane", "manifest",
                                    f"{registry.team}/{NAME}:v{registry.version}"))
    there = sorted(each["platform"]["architecture"] for each in index["manifests"])
    if there != sorted(ARCHITECTURES):
        yield f"the index has {there}"
    for each in index["manifests"]:
        layers = json.loads(registry.run(
            "crane", "manifest", f"{registry.team}/{NAME}@{each['digest']}"))["layers"]
        kinds = [layer.get("annotations", {}).get("io.crossplane.xpkg") for layer in layers]
        if kinds.count("base") != 1:
            yield f"the layers of {each['platform']['architecture']} are {kinds}"


def installed(registry, cluster):
    """Only the Configuration is asked for: Crossplane finds the function, and the XRDs work."""
    cluster.kubectl("apply", "-f", "-", stdin=[{
        "apiVersion": "pkg.crossplane.io/v1", "kind": "Configuration",
        "metadata": {"name": CONFIGURATION},
        "spec": {"package": f"{registry.team}/{CONFIGURATION}:v{registry.version}"}}])

    def is_healthy():
        things = cluster.get("configurations.pkg.crossplane.io")["items"]
        return all(plane.is_true(each, "Healthy") for each in things)

    if not rights.within(INSTALL_SECONDS, is_healthy):
        yield f"the Configuration is not healthy: {cluster.warnings()}"
        return
    cluster.wait_for_xrds()
    functions = cluster.get("functions.pkg.crossplane.io")["items"]
    names = [each["metadata"]["name"] for each in functions]
    if names != [f"team-{NAME}"]:
        yield f"the functions are {names}"
    steps = cluster.get("composition", "modeldeployments.modelplane.ai")["spec"]["pipeline"]
    if [each["functionRef"]["name"] for each in steps] != names * 2:
        yield f"the Composition calls {steps}"
    if "composition" not in str([each["status"].get("capabilities") for each in cluster.get(
            "functionrevisions.pkg.crossplane.io")["items"]]):
        yield "its revision does not say that it composes"


def runs_as_told(cluster):
    """The Deployment that Crossplane makes of package/runtime.yaml."""
    cluster.kubectl("apply", "-f", rights.PACKAGE / "runtime.yaml")
    cluster.kubectl("patch", "functions.pkg.crossplane.io", f"team-{NAME}", "--type=merge", "-p",
                    json.dumps({"spec": {"runtimeConfigRef": {"name": NAME}}}))

    def of_two():
        deployments = cluster.get("deployments", "-n", plane.NAMESPACE)["items"]
        return [each for each in deployments if each["spec"]["replicas"] == 2]

    if not rights.within(INSTALL_SECONDS, of_two):
        yield f"no Deployment of two: {cluster.warnings()}"
        return
    template = of_two()[0]["spec"]["template"]
    [container] = template["spec"]["containers"]
    yield from rights.pods_are_selected(template["metadata"]["labels"])
    for each in template["spec"]["topologySpreadConstraints"]:
        wanted = each["labelSelector"]["matchLabels"]
        if not wanted.items() <= template["metadata"]["labels"].items():
            yield f"its replicas are not spread by {wanted}"
    for member in ("readinessProbe", "livenessProbe", "resources"):
        if not container.get(member):
            yield f"its container has no {member}"
    ports = sorted(each["containerPort"] for each in container["ports"])
    if ports != [8080, 9443]:
        yield f"its ports are {ports}"
    if not container["securityContext"]["readOnlyRootFilesystem"]:
        yield "its root can be written"


def checks(score, programs, folder):
    """(title, check) pairs; a check returns complaints."""
    for arch in ARCHITECTURES:
        yield f"image for {arch}", lambda: list(image(arch))
    yield "image under another uid, root read-only", lambda: list(runs("amd64", in_chroot))
    if shutil.which("qemu-aarch64-static"):
        yield "image for arm64, emulated", lambda: list(runs("arm64", emulated))
    else:
        score.leave_out("starting the image for arm64", "apt-get install qemu-user-static")
    registry = Registry(programs, folder)
    try:
        registry.push()
        yield "packages pulled", lambda: list(pulled(registry))
        with plane.Plane(programs, folder) as cluster:
            cluster.start_controllers()
            cluster.start_core(runtime="Deployment")
            yield "packages installed", lambda: list(installed(registry, cluster))
            yield "the runtime's Deployment", lambda: list(runs_as_told(cluster))
    finally:
        registry.stop()


def run(score, programs):
    """Adds its checks to the score; what is missing is left out there."""
    if not list(MADE.glob("*.xpkg")):
        score.leave_out("the package checks", "script/package")
        return
    if absent := plane.missing(programs, NEEDS):
        score.leave_out(f"the package checks ({', '.join(absent)})", BUILD)
        return
    before = score.n_passed
    with tempfile.TemporaryDirectory() as folder:
        for title, check in checks(score, programs, pathlib.Path(folder)):
            score.add(title, check)
    print(f"packages: {score.n_passed - before} as expected")
    for path in sorted(MADE.glob("*.tar")) + sorted(MADE.glob("*.xpkg")):
        print(f"    {path.name}: {path.stat().st_size / 1e6:.2f} MB")
