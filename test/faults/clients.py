# SPDX-License-Identifier: Apache-2.0
"""Clients that ask too much, say nothing, are slow, or vanish."""

import concurrent.futures
import struct
import threading
import time
import zlib

from http2 import (DATA, DEADLINE_EXCEEDED, ENHANCE_YOUR_CALM, END_STREAM, GOAWAY,
                   MAX_CONCURRENT_STREAMS, OK, PING, PREFACE, RUN, RUN_V1BETA1, UNIMPLEMENTED,
                   Closed, Connection, frame, message)
from server import SMALL, Server, is_sanitized, large, wait_until

MIB = 1 << 20
IDLE_MIB, BUSY_MIB = 16, 64  # what the program means to hold
QUIET_MIB = 32  # whatever it has been through
IN_FLIGHT = "function_gpu_placement_calls_in_flight"


def large_calls(program):
    """64 calls of 3.5 MB at once, each on its own connection, then all on one."""
    request, peaks = large(3_500_000), []
    with Server(program) as server:
        def one(_):
            with Connection(server.port, timeout=120) as connection:
                return connection.call(request)

        def on_one():
            """As many at a time as the server allows, which is what a client library does."""
            with Connection(server.port, timeout=120) as connection:
                for _ in range(64 // 16):
                    streams = [connection.begin() for _ in range(16)]
                    for stream in streams:
                        connection.upload(stream, message(request))
                    yield from connection.statuses(streams)

        for calls in (lambda: concurrent.futures.ThreadPoolExecutor(64).map(one, range(64)), on_one):
            ended = list(calls())
            assert [status for status, _ in ended] == [OK] * 64, [s for s, _ in ended]
            assert all(len(answer) > 3_500_000 for _, answer in ended)
            del ended
            peaks.append(server.memory_mib("VmHWM"))
            wait_until("its memory is given back", lambda: server.memory_mib() < QUIET_MIB)
            after = server.memory_mib()
    return f"{peaks[0]:.0f} MiB at most, {after:.0f} MiB afterwards"


def small_calls(program):
    """64 clients at once, 50 calls each."""
    with Server(program) as server:
        idle = server.memory_mib()

        def one(_):
            with Connection(server.port) as connection:
                return [connection.call(SMALL)[0] for _ in range(50)]
        for statuses in concurrent.futures.ThreadPoolExecutor(64).map(one, range(64)):
            assert statuses == [OK] * 50, statuses
        peak = server.memory_mib("VmHWM")
        assert idle < IDLE_MIB and peak < BUSY_MIB, (idle, peak)
    return f"{idle:.1f} MiB idle, {peak:.1f} MiB at most"


def silent(program):
    """2,000 connections that say nothing are closed after ten seconds; others are served."""
    with Server(program) as server:
        before, slowest = server.open_files(), 0.0
        # A program that needs ten seconds for the crowd alone closes whoever comes behind it too.
        size = 200 if is_sanitized(server.process.pid) else 2000
        crowd = [Connection(server.port, hello=False) for _ in range(size)]
        began = time.monotonic()
        wait_until("they are accepted", lambda: server.open_files() > before + size * 0.95)
        peak = server.memory_mib()
        while time.monotonic() - began < 5:
            slowest = max(slowest, server.answers())
        # The first ones time out while the last ones are still being opened.
        wait_until("they are closed", lambda: server.open_files() <= before + 2)
        took = time.monotonic() - began
        assert took < 20, took
        for connection in crowd:
            connection.socket.close()
        status, _ = server.get("/healthz")
        assert status == 200, status
        assert peak < BUSY_MIB, peak
        wait_until("its memory is given back", lambda: server.memory_mib() < QUIET_MIB)
        after = server.memory_mib()
    return (f"gone after {took:.1f} s; slowest other call {slowest * 1000:.0f} ms; {peak:.0f} MiB, "
            f"{after:.0f} MiB afterwards")


def greeted_and_silent(program):
    """200 connections that said hello and answer no ping are closed after a minute and a half."""
    with Server(program) as server:
        before = server.open_files()
        crowd = [Connection(server.port) for _ in range(200)]
        wait_until("they are accepted", lambda: server.open_files() >= before + 200)
        took = wait_until("they are closed", lambda: server.open_files() <= before + 2, 120)
        assert took > 50, f"after {took} s"
        for connection in crowd:
            connection.socket.close()
    return f"closed after {took:.0f} s"


def byte_a_second(program):
    """50 clients that say hello a byte a second are cut off; 50 that upload so delay nobody."""
    end = threading.Event()

    def drip(connection, data):
        try:
            for byte in data:
                connection.send(bytes([byte]))
                if end.wait(1):
                    return
        except Closed:
            pass

    with Server(program) as server:
        before = server.open_files()
        greeting = [Connection(server.port, hello=False) for _ in range(50)]
        uploading = [Connection(server.port) for _ in range(50)]
        for connection in uploading:
            stream = connection.begin()
            connection.send(frame(DATA, 0, stream, message(large(10_000)))[:30])
        threads = [threading.Thread(target=drip, args=(c, PREFACE)) for c in greeting]
        threads += [threading.Thread(target=drip, args=(c, b"x" * 60)) for c in uploading]
        for thread in threads:
            thread.start()
        wait_until("they are accepted", lambda: server.open_files() >= before + 100)
        began, slowest = time.monotonic(), 0.0
        while server.open_files() > before + 52:
            slowest = max(slowest, server.answers())
            assert time.monotonic() - began < 30, "still there"
            time.sleep(0.1)
        took = time.monotonic() - began
        end.set()
        for thread in threads:
            thread.join()
        for connection in uploading + greeting:
            connection.vanish()
        wait_until("all are gone", lambda: server.open_files() <= before + 2)
    return f"greeting cut off after {took:.1f} s; slowest other call {slowest * 1000:.0f} ms"


def vanishing(program):
    """300 clients vanish: a byte before the upload's end, or before they read the answer."""
    request = message(large(1_000_000))
    with Server(program) as server:
        before = server.open_files()
        for i in range(300):
            connection = Connection(server.port)
            stream = connection.begin()
            if i % 2:
                connection.upload(stream, request[:-1], end=False)
            else:
                connection.upload(stream, request)
            connection.vanish()
        # Now and then core misses the reset of one, and its ping ends it: after 60 s and 20 more.
        wait_until("no call is left", lambda: server.sample(IN_FLIGHT) == 0, 100)
        wait_until("no connection is left", lambda: server.open_files() <= before + 2)
        server.answers()
        wait_until("its memory is given back", lambda: server.memory_mib() < QUIET_MIB)
        after = server.memory_mib()
    return f"{after:.0f} MiB afterwards"


def slow_upload(program):
    """A call counts from its beginning, not from the last byte of its message."""
    with Server(program) as server, Connection(server.port) as connection:
        stream = connection.begin()
        wait_until("it is in flight", lambda: server.sample(IN_FLIGHT) == 1)
        time.sleep(0.3)
        connection.upload(stream, message(SMALL))
        assert connection.status(stream)[0] == OK
        wait_until("it is over", lambda: server.sample(IN_FLIGHT) == 0)
        took = server.sample("grpc_server_handling_seconds_sum")
        assert 0.3 <= took < 5, took
    return f"{took:.1f} s"


def expired(program):
    """A call whose deadline passes before its message is there is not computed."""
    with Server(program) as server, Connection(server.port) as connection:
        for _ in range(20):
            stream = connection.begin(RUN, ("grpc-timeout", "1m"))
            time.sleep(0.02)
            connection.upload(stream, message(SMALL))
        ended = [status for status, _ in connection.statuses(range(1, 41, 2))]
        assert set(ended) <= {DEADLINE_EXCEEDED, -8}, ended  # or reset with CANCEL
        assert connection.call(SMALL)[0] == OK
        _, page = server.get("/metrics")
        answered = sum(int(line.split()[1]) for line in page.splitlines()
                       if line.startswith("grpc_server_handled_total") and '"OK"' in line)
        assert answered == 1, answered
    return f"{len(ended)} calls, none computed"


def gzip(program):
    """A compressed message is refused before it is expanded; the connection goes on."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(squeeze.compress(bytes(MIB)) for _ in range(256)) + squeeze.flush()
    with Server(program) as server, Connection(server.port) as connection:
        before = server.memory_mib()
        stream = connection.begin(RUN, ("grpc-encoding", "gzip"))
        connection.upload(stream, message(bomb, compressed=True))
        status, _ = connection.status(stream)
        assert status == UNIMPLEMENTED, status
        assert connection.call(SMALL)[0] == OK
        grown = server.memory_mib("VmHWM") - before
        assert grown < IDLE_MIB, grown
    return f"256 MiB in {len(bomb) >> 10} KiB: UNIMPLEMENTED, {grown:.1f} MiB more"


def versions(program):
    """v1 and v1beta1 give the same bytes; what nobody serves is UNIMPLEMENTED at once."""
    with Server(program) as server, Connection(server.port) as connection:
        request = large(10_000)
        first, second = connection.call(request), connection.call(request, RUN_V1BETA1)
        assert first == second and first[0] == OK and len(first[1]) > 10_000, (first[0], second[0])
        began = time.monotonic()
        for path in ("/apiextensions.fn.proto.v2.FunctionRunnerService/RunFunction", "/", "/a/b"):
            status, _ = connection.call(SMALL, path)
            assert status == UNIMPLEMENTED, (path, status)
        took = time.monotonic() - began
    return f"{len(first[1])} bytes alike; unknown methods answered in {took / 3 * 1000:.1f} ms"


def streams(program):
    """One connection may have so many calls open; one that opens more is closed, it alone."""
    with Server(program) as server, Connection(server.port) as connection:
        assert connection.call(SMALL)[0] == OK  # by now it knows that we know the limit
        most = connection.settings[MAX_CONCURRENT_STREAMS]
        opened = [connection.begin() for _ in range(most)]
        for stream in opened:
            connection.upload(stream, message(SMALL))
        ended = [status for status, _ in connection.statuses(opened)]
        assert ended == [OK] * most, ended
        for _ in range(most + 1):
            connection.begin()
        assert connection.until_closed(30) is not None
        server.answers()
    return f"{most} at once"


def ping_flood(program):
    """Pings without pause end the connection with ENHANCE_YOUR_CALM; others are served."""
    with Server(program) as server, Connection(server.port) as connection:
        connection.send(b"".join(frame(PING, 0, 0, struct.pack(">Q", i)) for i in range(100)))
        kind = None
        while kind != GOAWAY:
            kind, _, _, payload = connection.read()
        error, = struct.unpack(">I", payload[4:8])
        assert error == ENHANCE_YOUR_CALM, error
        server.answers()
    return f"GOAWAY {payload[8:].decode()}"


def pings_of_a_minute(program):
    """A client without calls that pings every minute keeps its connection."""
    with Server(program) as server, Connection(server.port) as connection:
        for number in range(4):
            connection.send(frame(PING, 0, 0, struct.pack(">Q", number)))
            closed = connection.until_closed(60)
            assert closed is None, f"closed {closed:.0f} s after ping {number}"
        connection.socket.settimeout(30)
        assert connection.call(SMALL)[0] == OK
    return "4 pings, still open"


QUICK = [large_calls, small_calls, vanishing, slow_upload, expired, gzip, versions, streams, ping_flood]
SLOW = [silent, byte_a_second, greeted_and_silent, pings_of_a_minute]
