# SPDX-License-Identifier: Apache-2.0
"""A process that may open few files, and certificates that change under load."""

import pathlib
import shutil
import ssl
import sys
import tempfile
import threading
import time

from http2 import CONTINUATION, HEADERS, OK, Closed, Connection, frame, tls
from server import SMALL, Server, wait_until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import certificates  # noqa: E402

FILES = 64


def probed(server):
    """What a kubelet makes of /healthz: whether it answers 200 in time."""
    try:
        return server.get("/healthz")[0] == 200
    except OSError:
        return False


def files_run_out(program):
    """Without files nobody can connect, and /healthz says so; afterwards all is as it was."""
    with Server(program, files=FILES) as server:
        old = Connection(server.port)
        assert old.call(SMALL)[0] == OK
        assert probed(server)
        crowd = [Connection(server.port, hello=False) for _ in range(2 * FILES)]
        wait_until("all files are taken", lambda: server.open_files() >= FILES)
        wait_until("the log says so", lambda: server.said("cannot accept a connection"))
        assert not probed(server)
        assert old.call(SMALL)[0] == OK  # who is connected is served
        for connection in crowd:
            connection.vanish()
        took = wait_until("/healthz is well again", lambda: probed(server))
        server.answers()
        old.socket.close()
    return f"with {FILES} files: well again {took:.1f} s after the crowd has left"


def files_run_out_alone(program):
    """The same without a probe: the next client is served, though none comes after it."""
    with Server(program, files=FILES) as server:
        crowd = [Connection(server.port, hello=False) for _ in range(2 * FILES)]
        wait_until("all files are taken", lambda: server.open_files() >= FILES)
        wait_until("the log says so", lambda: server.said("cannot accept a connection"))
        for connection in crowd:
            connection.vanish()
        took = server.answers()
        assert took < 5, took
    return f"with {FILES} files: a client is answered {took:.1f} s after the crowd has left"


def is_greeted(connection):
    """Tells whether the server says something on it."""
    try:
        return bool(connection.receive())
    except TimeoutError:
        return False


def files_run_out_by_one(program):
    """One client too many waits, one leaves: its file is for the one who waits."""
    with Server(program, files=FILES) as server:
        crowd = [Connection(server.port, timeout=0.5)]
        while is_greeted(crowd[-1]):
            crowd.append(Connection(server.port, timeout=0.5))
        waiting = crowd.pop()
        crowd.pop().vanish()
        began = time.monotonic()
        waiting.socket.settimeout(5)
        assert waiting.call(SMALL)[0] == OK
        took = time.monotonic() - began
        for connection in [waiting, *crowd]:
            connection.vanish()
    return f"the one who waited is answered {took:.1f} s after another has left"


class Folder:
    """Certificates in a folder of the test's own; two sets, of which one serves."""

    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="faults-"))
        self.sets = [self.root / "first", self.root / "second"]
        self.used = self.root / "used"
        for made in [*self.sets, self.used]:
            made.mkdir()
        for made in self.sets:
            certificates.make(made)

    def use(self, made):
        for name in ("tls.crt", "tls.key", "ca.crt"):
            (self.used / name).write_bytes((made / name).read_bytes())

    def __enter__(self):
        self.use(self.sets[0])
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root)


def certificates_change(program):
    """Calls go on over connections from before while the files are garbage, and another CA's."""
    with Folder() as folder, Server(program, "--tls-certs-dir", folder.used) as server:
        first, second = (tls(made) for made in folder.sets)
        end, statuses = threading.Event(), []

        def call_on():
            with Connection(server.port, first) as connection:
                while not end.is_set():
                    statuses.append(connection.call(SMALL)[0])

        threads = [threading.Thread(target=call_on) for _ in range(4)]
        for thread in threads:
            thread.start()
        slowest = 0.0
        for _ in range(3):
            n_kept = len(server.said("the certificates in use are kept"))
            (folder.used / "tls.crt").write_text("garbage")
            wait_until("garbage is refused", lambda: len(
                server.said("the certificates in use are kept")) > n_kept)
            server.answers(context=first)
            folder.use(folder.sets[1])
            began = time.monotonic()
            wait_until("the other CA's client is let in", lambda: let_in(server, second))
            slowest = max(slowest, time.monotonic() - began)
            assert not let_in(server, first), "the old CA's client is still let in"
            folder.use(folder.sets[0])
            wait_until("the first CA's client is let in", lambda: let_in(server, first))
        end.set()
        for thread in threads:
            thread.join()
        assert set(statuses) == {OK}, set(statuses)
        failures = server.sample("function_gpu_placement_certificate_reload_failures_total")
        assert failures == 3, failures
    return f"{len(statuses)} calls, none failed; in use {slowest:.1f} s after a change at the latest"


def let_in(server, context):
    try:
        server.answers(context=context)
    except (Closed, OSError):
        return False
    return True


def handshake_flood(program):
    """8 threads begin handshakes and never end them, for five seconds; a client is served."""
    with Folder() as folder, Server(program, "--tls-certs-dir", folder.used) as server:
        client, end, n = tls(folder.sets[0]), threading.Event(), [0] * 8
        hello = client_hello(client)
        before, files = server.memory_mib(), server.open_files()

        def flood(i):
            while not end.is_set():
                try:
                    connection = Connection(server.port, hello=False)
                    connection.send(hello)
                    if n[i] % 2:
                        connection.read_exactly(1)
                    connection.vanish()
                    n[i] += 1
                except (Closed, OSError):
                    pass

        threads = [threading.Thread(target=flood, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        began, times = time.monotonic(), []
        while time.monotonic() - began < 5:
            times.append(server.answers(context=client))
        end.set()
        for thread in threads:
            thread.join()
        wait_until("no connection is left", lambda: server.open_files() <= files + 2)
        after = server.memory_mib()
        assert after < 64, after
    return (f"{sum(n) / 5:.0f} handshakes a second; a call with its own handshake took "
            f"{sorted(times)[len(times) // 2] * 1000:.0f} ms, {max(times) * 1000:.0f} ms at most; "
            f"{before:.0f} MiB before, {after:.0f} MiB after")


def stranger_floods(program):
    """Over TLS, without a certificate: header blocks without an end are not even read."""
    with Folder() as folder, Server(program, "--tls-certs-dir", folder.used) as server:
        stranger = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        stranger.check_hostname, stranger.verify_mode = False, ssl.CERT_NONE
        stranger.set_alpn_protocols(["h2"])
        block = frame(CONTINUATION, 0, 1, b"x" * 16000)
        before, sent, began = server.memory_mib(), 0, time.monotonic()
        while time.monotonic() - began < 5:
            try:
                with Connection(server.port, stranger) as connection:
                    connection.send(frame(HEADERS, 0, 1, b""))
                    while time.monotonic() - began < 5:
                        connection.send(block)
                        sent += len(block)
            except Closed:
                pass
        server.answers(context=tls(folder.sets[0]))
        peak = server.memory_mib("VmHWM")
        assert peak < before + 32, (before, peak)
    return f"{sent / 1e6:.1f} MB went out to nobody; {peak:.0f} MiB at most"


def tls_versions(program):
    """TLS 1.2 and 1.3 are spoken, with h2 agreed on by ALPN; 1.1 is refused."""
    versions = {ssl.TLSVersion.TLSv1_1: False, ssl.TLSVersion.TLSv1_2: True, ssl.TLSVersion.TLSv1_3: True}
    with Folder() as folder, Server(program, "--tls-certs-dir", folder.used) as server:
        for version, wanted in versions.items():
            context = tls(folder.sets[0])
            context.set_ciphers("DEFAULT:@SECLEVEL=0")  # else the client refuses 1.1 itself
            context.minimum_version = context.maximum_version = version
            assert let_in(server, context) == wanted, version
            if wanted:
                with Connection(server.port, context) as connection:
                    assert connection.socket.selected_alpn_protocol() == "h2"
    return "1.2 and 1.3, not 1.1"


def silent_handshake(program):
    """With TLS: 100 clients that say nothing and 100 that stop half way are closed after ten seconds."""
    with Folder() as folder, Server(program, "--tls-certs-dir", folder.used) as server:
        client, before, slowest = tls(folder.sets[0]), server.open_files(), 0.0
        hello = client_hello(client)
        crowd = [Connection(server.port, hello=False) for _ in range(200)]
        for connection in crowd[100:]:
            connection.send(hello[:len(hello) // 2])
        began = time.monotonic()
        wait_until("they are accepted", lambda: server.open_files() >= before + 200)
        while server.open_files() > before + 2:
            slowest = max(slowest, server.answers(context=client))
            assert time.monotonic() - began < 20, "still there"
            time.sleep(0.1)
        took = time.monotonic() - began
        assert took > 8, f"after {took} s"
        for connection in crowd:
            connection.socket.close()
    return (f"gone after {took:.1f} s; a call with its own handshake took "
            f"{slowest * 1000:.0f} ms at most meanwhile")


def client_hello(context):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        context.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


QUICK = [files_run_out, files_run_out_alone, files_run_out_by_one, tls_versions]
SLOW = [silent_handshake, certificates_change, handshake_flood, stranger_floods]
