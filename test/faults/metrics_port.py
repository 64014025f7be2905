# SPDX-License-Identifier: Apache-2.0
"""The port of metrics and probes, where nobody shows who he is."""

import contextlib
import pathlib
import socket
import subprocess
import sys
import time

from server import Server, wait_until

CROWD = pathlib.Path(__file__).with_name("crowd.py")
CLIENTS = 1000
PROBE_SECONDS = 1  # a kubelet waits so long, when it is not told otherwise
PER_ADDRESS, DEADLINE_SECONDS = 8, 5  # function/server/door.h
FILES = 64
HEAD = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"


@contextlib.contextmanager
def crowd(server, kind, clients, addresses):
    process = subprocess.Popen([sys.executable, CROWD, str(server.metrics), kind, str(clients),
                                str(addresses)], stdout=subprocess.PIPE)
    try:
        assert process.stdout.readline()
        time.sleep(1)
        yield
        assert process.poll() is None, "the crowd has left"
    finally:
        process.kill()
        process.wait()


def probe(server, path):
    """The seconds until its answer, which must be 200 in time."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.metrics), timeout=PROBE_SECONDS) as kubelet:
        kubelet.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = kubelet.recv(4096)
    took = time.monotonic() - began
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    assert took < PROBE_SECONDS, f"{path} took {took:.2f} s"
    return took


def probed_beside(program, kind, addresses):
    worst = 0
    with Server(program) as server, crowd(server, kind, CLIENTS, addresses):
        for _ in range(20):
            worst = max(worst, probe(server, "/healthz"), probe(server, "/readyz"))
            time.sleep(0.2)
        server.answers()
    return worst


def slow_scrapers(program):
    """1,000 clients that never finish a request, or never begin one, or do not read the answer."""
    worst = {kind: probed_beside(program, kind, addresses)
             for kind, addresses in (("slow", 1), ("silent", 1), ("torn", 200), ("unread", 50))}
    return "worst answer of a probe beside them: " + \
        ", ".join(f"{kind} {seconds * 1000:.0f} ms" for kind, seconds in worst.items())


def is_open(connection):
    try:
        return connection.recv(1) != b""
    except TimeoutError:
        return True
    except OSError:
        return False


def one_address(program):
    """The ninth connection of an address ends the first; those of another address stay."""
    with Server(program) as server:
        def begin(own):
            connection = socket.create_connection(("127.0.0.1", server.metrics), timeout=0.2,
                                                  source_address=(own, 0))
            connection.sendall(HEAD)
            return connection
        other = begin("127.0.0.2")
        mine = [begin("127.0.0.1") for _ in range(PER_ADDRESS)]
        assert all(is_open(c) for c in [other, *mine])
        mine.append(begin("127.0.0.1"))
        assert [is_open(c) for c in mine] == [False] + [True] * PER_ADDRESS
        assert is_open(other)
        mine[-1].sendall(b"\r\n")  # and who finishes is answered
        assert mine[-1].recv(4096).startswith(b"HTTP/1.1 200 ")
        for connection in [other, *mine]:
            connection.close()
    return f"{PER_ADDRESS} stay"


def slow_request(program):
    """A request has so many seconds from its first byte to its last, whatever is said meanwhile."""
    with Server(program) as server:
        began = time.monotonic()
        connection = socket.create_connection(("127.0.0.1", server.metrics), timeout=0.2)
        connection.sendall(HEAD)
        while is_open(connection):
            with contextlib.suppress(OSError):
                connection.sendall(b"X: y\r\n")
        took = time.monotonic() - began
        assert DEADLINE_SECONDS - 1 < took < DEADLINE_SECONDS + 2, took
    return f"closed after {took:.1f} s"


def large_head(program):
    """What is too long for a head is answered so, and is no reason to wait."""
    with Server(program) as server, \
            socket.create_connection(("127.0.0.1", server.metrics), timeout=5) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(HEAD + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n")
        answer = connection.recv(4096)
    assert answer.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 413 ")), answer
    return answer.split(b"\r\n")[0].decode()


def without_files(program):
    """One that may open no more files ends its oldest visitor for the next one."""
    with Server(program, files=FILES) as server:
        crowd_of = [socket.create_connection(("127.0.0.1", server.metrics), timeout=1,
                                             source_address=(f"127.0.0.{2 + i}", 0))
                    for i in range(80)]
        for connection in crowd_of:
            with contextlib.suppress(OSError):
                connection.sendall(HEAD)
        wait_until("they take all files", lambda: server.open_files() >= FILES - 2)
        took = probe(server, "/readyz")
        for connection in crowd_of:
            connection.close()
    return f"all of {FILES} files taken: readyz answers after {took * 1000:.0f} ms"


QUICK = [one_address, large_head, without_files]
SLOW = [slow_scrapers, slow_request]
