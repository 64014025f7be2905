# SPDX-License-Identifier: Apache-2.0
"""Our program as a process, and requests for it."""

import json
import pathlib
import resource
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request

from http2 import Connection, RUN


def field(number, payload):
    """One of protobuf's length-delimited fields, no longer than 2^28."""
    length, out = len(payload), []
    while length >= 128:
        out.append(length % 128 + 128)
        length //= 128
    return bytes([number << 3 | 2, *out, length]) + payload


# meta.tag is all that the protocol asks for.
SMALL = field(1, field(1, b"t"))


def large(length):
    """With a string in the context, which the answer repeats."""
    value = field(3, b"x" * length)
    return SMALL + field(5, field(1, field(1, b"k") + field(2, value)))


def wait_until(what, condition, seconds=30):
    """The seconds that it took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)
    return time.monotonic() - began


def is_sanitized(pid):
    """With the address sanitizer all is many times slower."""
    return "libasan" in pathlib.Path(f"/proc/{pid}/maps").read_text()


def memory_mib(pid, what="VmRSS"):
    """VmRSS now, VmHWM at the most; 0 with a sanitizer, which keeps what was freed for a while."""
    if is_sanitized(pid):
        return 0
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    line, = (line for line in text.splitlines() if line.startswith(what + ":"))
    return int(line.split()[1]) / 1024


class Server:
    """A context: it serves from the start and must end well, unless the case ended it."""

    def __init__(self, program, *flags, port=0, metrics=0, files=None):
        limit = files and (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files)))
        flags = flags or ("--insecure",)
        self.process = subprocess.Popen(
            [program, *map(str, flags), f"--address=127.0.0.1:{port}",
             f"--metrics-address=127.0.0.1:{metrics}"],
            stderr=subprocess.PIPE, text=True, preexec_fn=limit)
        self.lines, self.drained = [], False
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()
        wait_until("it serves", lambda: self.said("serving") or self.process.poll() is not None)
        if not self.said("serving"):
            raise AssertionError(f"it does not start: {self.lines}")
        serving, = self.said("serving")
        self.port = int(serving["address"].rsplit(":", 1)[1])
        self.metrics = int(serving["metrics_address"].rsplit(":", 1)[1])

    def read_log(self):
        for line in self.process.stderr:
            self.lines.append(line)

    def said(self, msg):
        """Lines of the log with this msg."""
        found = (json.loads(line) for line in list(self.lines) if line.startswith("{"))
        return [line for line in found if line["msg"] == msg]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None or self.process.poll() is not None:
            self.process.kill()
            self.process.wait()
        else:
            code = self.stop()
            assert code == 0, f"exit {code}: {self.lines[-3:]}"

    def stop(self, number=signal.SIGTERM, seconds=60):
        """Its exit code, below 0 the signal that ended it."""
        self.process.send_signal(number)
        code = self.process.wait(seconds)
        self.reader.join(10)
        return code

    def answers(self, **how):
        """The seconds that a new connection's first answer takes."""
        began = time.monotonic()
        with Connection(self.port, **how) as connection:
            status, _ = connection.call(SMALL, RUN)
        assert status == 0, f"status {status}"
        return time.monotonic() - began

    def memory_mib(self, what="VmRSS"):
        return memory_mib(self.process.pid, what)

    def open_files(self):
        return len(list(pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def get(self, path):
        """A page of its metrics port: (HTTP status, text)."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}{path}", timeout=10) as page:
                return page.status, page.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def sample(self, name):
        """One metric, summed over its labels."""
        _, page = self.get("/metrics")
        return sum(float(line.rsplit(" ", 1)[1]) for line in page.splitlines()
                   if line.split(" ")[0].split("{")[0] == name)
