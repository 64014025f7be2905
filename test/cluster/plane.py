# SPDX-License-Identifier: Apache-2.0
"""A Kubernetes control plane with Crossplane's core on loopback: no container, no kubelet.

    with Plane(programs, folder) as plane:
        plane.start_core()
        plane.kubectl("apply", "-f", "...")

programs is where test/e2e/build-peers puts them; everything that is written goes into folder,
logs included. Ports are free ones, so that several planes run beside each other.
"""

import base64
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import time

import chart
from api import Api
from authority import Certificates
from chart import NAMESPACE

NEEDS = ("etcd", "kube-apiserver", "kube-controller-manager", "kubectl", "crossplane-core")
START_SECONDS = 90
STOP_SECONDS = 10
# What ends a foreground deletion, makes ReplicaSets and counts quotas; nothing that needs a kubelet.
CONTROLLERS = ("garbage-collector-controller", "namespace-controller", "serviceaccount-controller",
               "deployment-controller", "replicaset-controller", "resourcequota-controller",
               "resourceclaim-controller", "clusterrole-aggregation-controller")


class PlaneError(RuntimeError):
    """Something did not start, or a command that must succeed did not."""


def missing(programs, names):
    """Those of the names that are no programs there."""
    return [name for name in names if not os.access(pathlib.Path(programs) / name, os.X_OK)]


def free_ports(n):
    """Below those that the kernel hands to clients: a program may be down for a while and return."""
    ports = []
    while len(ports) < n:
        port = random.randrange(20000, 32000)
        if port not in ports and not is_open(port):
            ports.append(port)
    return ports


def wait_until(what, seconds, true):
    """Until true() gives something true, which is returned."""
    ends = time.monotonic() + seconds
    while not (found := true()):
        if time.monotonic() > ends:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.1)
    return found


class Plane:
    """etcd and the API server from the start; the rest when it is asked for, Crossplane in a
    namespace."""

    def __init__(self, programs, folder, namespace=NAMESPACE):
        self.namespace = namespace
        self.programs = pathlib.Path(programs)
        self.folder = pathlib.Path(folder)
        self.processes = {}
        self.certificates = None
        self.kubeconfig = None
        self.api_port = None
        self.api = None  # the administrator's, where kubectl would be too slow
        self.core_kubeconfig = None
        self.core_flags = ()  # of the last start
        self.manager = None

    def __enter__(self):
        try:
            self.start_api()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    # ---- processes ---------------------------------------------------------------------------

    def start(self, name, argv, env=None):
        """In the background, with a log of its own."""
        log = open(self.folder / f"{name}.log", "ab")
        with log:
            self.processes[name] = subprocess.Popen(
                [str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **(env or {})}, start_new_session=True)
        return self.processes[name]

    def stop_one(self, name, seconds=STOP_SECONDS, number=signal.SIGTERM):
        process = self.processes.pop(name)
        process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self):
        """Everything that was started, the last first."""
        if self.manager:
            self.manager.stop()
        for name in reversed(list(self.processes)):
            # Its data goes with the folder, and the API server takes its time to end.
            self.stop_one(name, 1 if name == "kube-apiserver" else STOP_SECONDS)

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def wait(self, name, is_ready, seconds=START_SECONDS):
        """Until is_ready(), while the process lives."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if self.processes[name].poll() is not None:
                break
            if is_ready():
                return
            time.sleep(0.1)
        raise PlaneError(f"{name} is not ready:\n{self.log(name)[-2000:]}")

    # ---- kubectl -----------------------------------------------------------------------------

    def write_kubeconfig(self, name, user):
        """A kubeconfig file called name for a user that Kubernetes' kubeconfig describes."""
        path = self.folder / f"{name}.kubeconfig"
        cluster = {"server": f"https://127.0.0.1:{self.api_port}",
                   "certificate-authority-data": self.certificates.encoded("ca.crt")}
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "test", "user": user}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        }))
        path.chmod(0o600)
        return path

    def kubeconfig_of(self, name, subject):
        """A client with a certificate, such as /O=group/CN=user."""
        self.certificates.leaf(name, subject)
        return self.write_kubeconfig(name, {
            "client-certificate-data": self.certificates.encoded(f"{name}.crt"),
            "client-key-data": self.certificates.encoded(f"{name}.key")})

    def kubeconfig_of_account(self, name):
        """A client with the token of one of Crossplane's service accounts."""
        token = self.kubectl("-n", self.namespace, "create", "token", name, "--duration=48h").stdout
        return self.write_kubeconfig(name, {"token": token.strip()})

    def kubectl(self, *arguments, stdin=None, kubeconfig=None, may_fail=False):
        """What kubectl did; stdin is text, or a list of objects."""
        if stdin is not None and not isinstance(stdin, str):
            stdin = "\n---\n".join(map(json.dumps, stdin))
        done = subprocess.run(
            [self.programs / "kubectl", f"--kubeconfig={kubeconfig or self.kubeconfig}",
             *map(str, arguments)],
            input=stdin, capture_output=True, text=True)
        if done.returncode != 0 and not may_fail:
            raise PlaneError(f"kubectl {' '.join(map(str, arguments))}: {done.stderr.strip()}")
        return done

    def get(self, *arguments):
        """The object, or the list, that kubectl get gives."""
        return json.loads(self.kubectl("get", *arguments, "-o", "json").stdout)

    # ---- parts -------------------------------------------------------------------------------

    def start_api(self):
        etcd, peer, self.api_port = free_ports(3)
        self.certificates = certificates = Certificates(self.folder / "certificates")
        self.start("etcd", [
            self.programs / "etcd", "--data-dir", self.folder / "etcd", "--unsafe-no-fsync",
            "--log-level", "warn", "--listen-client-urls", f"http://127.0.0.1:{etcd}",
            "--advertise-client-urls", f"http://127.0.0.1:{etcd}",
            "--listen-peer-urls", f"http://127.0.0.1:{peer}",
            "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}",
            "--initial-cluster", f"default=http://127.0.0.1:{peer}"])
        # The admission plugins that are off want a kubelet's world: tokens in pods, node taints.
        self.start("kube-apiserver", [
            self.programs / "kube-apiserver", "--etcd-servers", f"http://127.0.0.1:{etcd}",
            "--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1",
            "--secure-port", self.api_port, "--endpoint-reconciler-type", "none",
            "--tls-cert-file", certificates.path("apiserver.crt"),
            "--tls-private-key-file", certificates.path("apiserver.key"),
            "--client-ca-file", certificates.path("ca.crt"),
            "--service-account-key-file", certificates.path("tokens.key"),
            "--service-account-signing-key-file", certificates.path("tokens.key"),
            "--service-account-issuer", "https://kubernetes.default.svc",
            "--service-cluster-ip-range", "10.96.0.0/16", "--authorization-mode", "RBAC",
            "--disable-admission-plugins", "ServiceAccount,TaintNodesByCondition",
            "--enable-priority-and-fairness=false"])
        self.kubeconfig = self.kubeconfig_of("admin", "/O=system:masters/CN=admin")
        self.api = Api(self.api_port, certificates.path("ca.crt"), certificates.path("admin.crt"),
                       certificates.path("admin.key"))
        self.wait("kube-apiserver", self.is_served)
        self.kubectl("apply", "-f", "-", stdin=list(chart.objects(self.namespace)))

    def is_served(self, path="/readyz"):
        return self.kubectl("get", "--raw", path, may_fail=True).returncode == 0

    def start_controllers(self):
        """The garbage collector and a few more of Kubernetes' own."""
        [port] = free_ports(1)
        kubeconfig = self.kubeconfig_of(
            "controllers", "/O=system:masters/CN=system:kube-controller-manager")
        self.start("kube-controller-manager", [
            self.programs / "kube-controller-manager", "--kubeconfig", kubeconfig,
            "--leader-elect=false", "--bind-address", "127.0.0.1", "--secure-port", port,
            "--authentication-skip-lookup",
            "--service-account-private-key-file", self.certificates.path("tokens.key"),
            "--root-ca-file", self.certificates.path("ca.crt"),
            f"--controllers={','.join(CONTROLLERS)}"])

    def start_scheduler(self):
        """kube-scheduler, and kwok, which plays the kubelets of Nodes with its annotation."""
        scheduler, kwok = free_ports(2)
        self.start("kube-scheduler", [
            self.programs / "kube-scheduler", "--kubeconfig", self.kubeconfig,
            "--leader-elect=false", "--bind-address", "127.0.0.1", "--secure-port", scheduler,
            "--authentication-skip-lookup"])
        stages = sorted((self.programs / "stages").glob("*.yaml"))  # without any, kwok ends
        self.start("kwok", [
            self.programs / "kwok", "--kubeconfig", self.kubeconfig,
            "--server-address", f"127.0.0.1:{kwok}",
            "--manage-nodes-with-annotation-selector", "kwok.x-k8s.io/node=fake",
            *(f"--config={stage}" for stage in stages)])

    def core_init(self, crds, **env):
        return subprocess.run(
            [self.programs / "crossplane-core", "core", "init"], capture_output=True, text=True,
            env={**os.environ, "KUBECONFIG": str(self.core_kubeconfig), "CRDS_PATH": str(crds),
                 "POD_NAMESPACE": self.namespace,
                 "TLS_CA_SECRET_NAME": "crossplane-root-ca",
                 "TLS_CLIENT_SECRET_NAME": "crossplane-tls-client", "ENABLE_WEBHOOKS": "false",
                 **env})

    def issue_certificates(self):
        """Crossplane's own: in client/ for core, in server/ for a function that is dialled as
        localhost. Those whose Secret was deleted are new ones."""
        ends = time.monotonic() + START_SECONDS
        # As a pod would, again: it outruns an API server that does not serve the new kinds yet.
        while (done := self.core_init(self.programs / "crds")).returncode != 0:
            if time.monotonic() > ends:
                raise PlaneError(f"core init: {done.stderr[-2000:]}")
            time.sleep(1)
        # With webhooks it signs a server certificate, here for a Service called localhost; that
        # it then misses the manifests of webhooks is of no matter.
        nothing = self.folder / "nothing"
        nothing.mkdir(exist_ok=True)
        self.core_init(nothing, ENABLE_WEBHOOKS="true", WEBHOOK_CONFIGS_PATH=str(nothing),
                       TLS_SERVER_SECRET_NAME="localhost-tls-server",
                       WEBHOOK_SERVICE_NAME="localhost",
                       WEBHOOK_SERVICE_NAMESPACE=self.namespace)
        self.save_secret("crossplane-tls-client", "client")
        self.save_secret("localhost-tls-server", "server")

    def start_core(self, *flags, runtime="External"):
        """Crossplane as its own account and with the rights of its chart, and no others; with
        certificates of its own, see issue_certificates(). Without flags they are those of before."""
        self.core_flags = flags or self.core_flags
        if not self.core_kubeconfig:
            self.core_kubeconfig = self.kubeconfig_of_account(chart.CORE)
        self.issue_certificates()
        self.manager = self.manager or chart.Manager(self.api)
        webhooks, metrics, health = free_ports(3)
        for cache in ("xpkg", "xfn"):
            (self.folder / cache).mkdir(exist_ok=True)
        self.start("crossplane-core", [
            self.programs / "crossplane-core", "core", "start", *self.core_flags], {
                "KUBECONFIG": str(self.core_kubeconfig), "POD_NAMESPACE": self.namespace,
                "TLS_CLIENT_CERTS_DIR": str(self.folder / "client"),
                "TLS_SERVER_CERTS_DIR": str(self.folder / "server"),
                "WEBHOOK_PORT": str(webhooks), "PACKAGE_RUNTIME": runtime,
                "METRICS_PORT": str(metrics), "HEALTH_PROBE_PORT": str(health),
                "XPKG_CACHE_DIR": str(self.folder / "xpkg"),
                "XFN_CACHE_DIR": str(self.folder / "xfn")})
        self.core_metrics = f"http://127.0.0.1:{metrics}/metrics"
        self.wait("crossplane-core", lambda: is_open(health) and is_open(webhooks))
        authority = base64.b64encode((self.folder / "server" / "ca.crt").read_bytes()).decode()
        self.api.apply(chart.no_usages(f"https://localhost:{webhooks}", authority))

    def save_secret(self, name, folder):
        """The certificates of a Secret as files."""
        data = self.get("-n", self.namespace, "secret", name)["data"]
        path = self.folder / folder
        path.mkdir(mode=0o700, exist_ok=True)
        for key in ("tls.crt", "tls.key", "ca.crt"):
            fresh = path / f".{key}"  # replaced and never half written, as kubelet does
            fresh.write_bytes(base64.b64decode(data[key]))
            fresh.rename(path / key)
        return path

    def register_function(self, port, name="function-gpu-placement"):
        """A function without a package, which core dials at localhost:port."""
        self.kubectl("apply", "-f", "-", stdin=[{
            "apiVersion": "pkg.crossplane.io/v1", "kind": "FunctionRevision",
            "metadata": {"name": f"{name}-1", "labels": {"pkg.crossplane.io/package": name},
                         "annotations": {"crossplane.io/paused": "true"}},
            "spec": {"desiredState": "Active", "image": f"example.org/{name}:v0", "revision": 1}}])
        self.point_function(f"{name}-1", port)

    def point_function(self, revision, port, **status):
        """Has core dial localhost:port for a revision; its runtime is ours to look after."""
        self.kubectl("patch", "functionrevision", revision, "--subresource=status",
                     "--type=merge", "-p", json.dumps({"status": {
                         "endpoint": f"dns:///localhost:{port}", "capabilities": ["composition"],
                         **status}}))

    def apply_configuration(self, folder):
        """XRDs and Compositions of a package's folder; waits until the kinds are served."""
        files = sorted(path for path in pathlib.Path(folder).glob("*.yaml")
                       if path.name != "crossplane.yaml")
        self.kubectl("apply", *(f"--filename={path}" for path in files))
        self.wait_for_xrds()

    def wait_for_xrds(self, seconds=START_SECONDS):
        ends = time.monotonic() + seconds
        while (late := [each["metadata"]["name"] for each in self.get("xrd")["items"]
                        if not is_true(each, "Established")]):
            if time.monotonic() > ends:
                raise PlaneError(f"not established: {', '.join(late)}\n{self.warnings()}")
            time.sleep(0.2)

    def warnings(self):
        """What the events complain of."""
        return "\n".join(f"{each['involvedObject']['name']}: {each['message']}"
                         for each in self.get("events", "-A")["items"]
                         if each["type"] == "Warning")


def is_true(thing, condition):
    return any(each["type"] == condition and each["status"] == "True"
               for each in thing.get("status", {}).get("conditions", []))


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
