# SPDX-License-Identifier: Apache-2.0
"""Signals, and what becomes of calls when the process ends."""

import signal
import socket
import subprocess
import threading
import time

from http2 import OK, Closed, Connection, message, tls
from limits import Folder
from server import SMALL, Server, large, memory_mib, wait_until


def grace_runs_out(program):
    """A client that does not read its answer cannot hold the process longer than the grace."""
    with Server(program, "--insecure", "--grace=2s") as server:
        connection = Connection(server.port, window=65535)
        stream = connection.begin()
        connection.upload(stream, message(large(3_000_000)))
        wait_until("it is computed", lambda: server.said("RunFunction"))
        began = time.monotonic()
        code = server.stop()
        took = time.monotonic() - began
        assert code == 0 and 2 <= took < 20, (code, took)
        assert server.said("stopped; calls were cancelled")
        connection.socket.close()
    return f"exit {code} after {took:.1f} s of --grace=2s"


def unfinished_upload(program):
    """A call whose message never arrives does not hold the process for its whole grace."""
    request = message(large(1_000_000))
    with Server(program) as server:
        connection = Connection(server.port)
        stream = connection.begin()
        connection.upload(stream, request[:-1], end=False)
        began = time.monotonic()
        code = server.stop()
        took = time.monotonic() - began
        assert code == 0 and took < 8, (code, took)
        try:
            outcome = connection.status(stream)[0]
        except (Closed, OSError):
            outcome = "closed"
        assert outcome != OK, outcome
        connection.socket.close()
    return f"exit {code} after {took:.1f} s of --grace=10s; the client sees {outcome}"


def finished_in_time(program):
    """A message whose last byte comes after SIGTERM, in time, is answered."""
    request = message(large(1_000_000))
    with Server(program) as server, Connection(server.port) as connection:
        stream = connection.begin()
        connection.upload(stream, request[:-1], end=False)
        server.process.send_signal(signal.SIGTERM)
        wait_until("it drains", lambda: server.said("draining"))
        connection.upload(stream, request[-1:])
        status, answer = connection.status(stream)
        assert status == OK and len(answer) > 1_000_000, status
        assert server.process.wait(30) == 0
    return "answered"


def hang_up(program):
    """SIGHUP in the middle of calls ends none of them."""
    with Server(program) as server:
        statuses, end = [], threading.Event()

        def call_on():
            with Connection(server.port) as connection:
                while not end.is_set():
                    statuses.append(connection.call(SMALL)[0])

        threads = [threading.Thread(target=call_on) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(20):
            server.process.send_signal(signal.SIGHUP)
            time.sleep(0.02)
        wait_until("it says what it makes of it", lambda: any("SIGHUP" in line for line in server.lines))
        end.set()
        for thread in threads:
            thread.join()
        assert set(statuses) == {OK}, set(statuses)
    return f"20 signals, {len(statuses)} calls, none failed"


def killed(program):
    """After kill -9 it listens at once on the same ports, in spite of what the dead one left."""
    port = metrics = 0
    slowest = 0.0
    for _ in range(5):
        began = time.monotonic()
        with Server(program, "--insecure", port=port, metrics=metrics) as server:
            port, metrics = server.port, server.metrics
            slowest = max(slowest, time.monotonic() - began)
            kept = [Connection(port) for _ in range(20)]
            for connection in kept:
                assert connection.call(SMALL)[0] == OK
            assert server.get("/healthz")[0] == 200
            scrape = socket.create_connection(("127.0.0.1", metrics))
            assert server.stop(signal.SIGKILL) == -signal.SIGKILL
            for connection in kept:
                try:
                    assert connection.until_closed(5) is not None
                finally:
                    connection.socket.close()
            scrape.close()
    return f"4 restarts with 21 connections left behind; serving after {slowest * 1000:.0f} ms at most"


def first_answer(program, port, context, *flags):
    """Seconds from the start of the process to its first answer, and its memory then."""
    began = time.monotonic()
    process = subprocess.Popen([program, *flags, f"--address=127.0.0.1:{port}",
                                "--metrics-address=0"], stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                with Connection(port, context) as connection:
                    assert connection.call(SMALL)[0] == OK
                break
            except Closed:
                assert time.monotonic() - began < 30, "it never answers"
        took = time.monotonic() - began
        return took, memory_mib(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def started(program, context, *flags):
    """What twenty starts in a row take, each until its first answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    measured = [first_answer(program, port, context, *flags) for _ in range(20)]
    times, sizes = (sorted(column) for column in zip(*measured))
    # Times depend on what else the machine does: they are told, not judged.
    assert times[0] < 0.5 and sizes[10] < 16, measured
    return (f"first answer after {times[0] * 1000:.1f} ms at best, median {times[10] * 1000:.1f} ms, "
            f"{sizes[10]:.1f} MiB")


def start(program):
    """Twenty starts without TLS, and twenty with a client's certificate."""
    plain = started(program, None, "--insecure")
    with Folder() as folder:
        mutual = started(program, tls(folder.sets[0]), "--tls-certs-dir", str(folder.used))
    return f"{plain}; mTLS: {mutual}"


QUICK = [grace_runs_out, unfinished_upload, finished_in_time, hang_up, killed]
SLOW = [start]
