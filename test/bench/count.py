# SPDX-License-Identifier: Apache-2.0
"""Instructions of one call, counted by callgrind: they do not depend on who else is there."""

import os
import re
import subprocess
import sys
import tempfile


def function_run(micro, request):
    """Those of function_run() for that request."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "callgrind.out")
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--toggle-collect=function_run", "--callgrind-out-file=" + out,
             micro, "--memory", request],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        found = re.search(r"Collected : (\d+)", done.stderr)
        if done.returncode != 0 or not found:
            sys.exit(f"count: callgrind fails on {request}:\n{done.stderr}")
        return int(found.group(1))
