# SPDX-License-Identifier: Apache-2.0
"""What runs the function's package where no kubelet does."""

import contextlib
import json
import threading

from plane import PlaneError, is_true

REVISIONS = "functionrevisions.pkg.crossplane.io"
HEALTHY = {"type": "RuntimeHealthy", "status": "True", "reason": "HealthyPackageRevision",
           "lastTransitionTime": "2026-01-01T00:00:00Z"}


class Runtime(threading.Thread):
    """For each revision that becomes the active one, a program is there in the place of the pod
    that Crossplane would start of its image: functions by the tag of the image, else "*"."""

    def __init__(self, plane, functions):
        super().__init__(daemon=True)
        self.plane, self.functions = plane, functions
        self.stopped = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.join()

    def run(self):
        while not self.stopped.wait(0.5):
            for each in self.plane.get(REVISIONS)["items"]:
                with contextlib.suppress(PlaneError):  # changed in the meantime: seen again
                    self.look_after(each)

    def look_after(self, revision):
        name, status = revision["metadata"]["name"], revision.get("status", {})
        if revision["spec"]["desiredState"] != "Active":
            return
        if "endpoint" not in status:
            tag = revision["spec"]["image"].rpartition(":")[2]
            function = self.functions.get(tag) or self.functions["*"]
            self.plane.point_function(name, function.port,
                                      tlsServerSecretName="localhost-tls-server",
                                      tlsClientSecretName="crossplane-tls-client")
        elif "conditions" in status and not is_true(revision, "RuntimeHealthy"):
            self.plane.kubectl("patch", REVISIONS, name, "--subresource=status", "--type=json",
                               "-p", json.dumps([{"op": "add", "path": "/status/conditions/-",
                                                  "value": HEALTHY}]))
