# SPDX-License-Identifier: Apache-2.0
"""Our program on a control plane, and what a process costs."""

import os
import pathlib
import signal
import urllib.request

from plane import free_ports


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def samples(url):
    """Prometheus' metrics by name, summed over their labels."""
    found = {}
    with urllib.request.urlopen(url, timeout=10) as answer:
        for line in answer.read().decode().splitlines():
            if line and not line.startswith("#"):
                name, number = line.rsplit(" ", 1)
                name = name.split("{")[0]
                found[name] = found.get(name, 0.0) + float(number)
    return found


class Function:
    """Our program, served over mTLS; registered is for a plane where no package was installed."""

    def __init__(self, program, plane, name="function-gpu-placement", registered=True):
        self.program, self.plane, self.name = program, plane, name
        self.port, self.metrics = free_ports(2)
        if registered:
            plane.register_function(self.port, name)
        self.start()

    def start(self):
        self.process = self.plane.start(
            self.name, [self.program, "--address", f"127.0.0.1:{self.port}", "--metrics-address",
                        f"127.0.0.1:{self.metrics}", "--tls-certs-dir",
                        self.plane.folder / "server"])
        self.plane.wait(self.name, self.is_ready, 10)

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/readyz", timeout=5):
                return True
        except OSError:
            return False

    def end(self, number=signal.SIGTERM):
        self.plane.stop_one(self.name, number=number)

    def log_lines(self):
        return self.plane.log(self.name).splitlines()

    def sample(self):
        """Its metrics by name, summed over labels."""
        return samples(f"http://127.0.0.1:{self.metrics}/metrics")
