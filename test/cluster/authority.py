# SPDX-License-Identifier: Apache-2.0
"""The certificates of a control plane that is made for a test."""

import base64
import subprocess


class Certificates:
    """A CA, the API server's own certificate, clients of it, and a key that signs tokens."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(mode=0o700)
        self.key("ca")
        self.openssl("req", "-x509", "-new", "-key", self.path("ca.key"), "-subj", "/CN=test-ca",
                     "-days", "30", "-out", self.path("ca.crt"))
        self.leaf("apiserver", "/CN=kube-apiserver",
                  "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:10.96.0.1\n"
                  "extendedKeyUsage=serverAuth\n")
        self.openssl("genrsa", "-out", self.path("tokens.key"), "2048")

    def path(self, name):
        return str(self.folder / name)

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    def key(self, name):
        self.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                     "-out", self.path(f"{name}.key"))

    def leaf(self, name, subject, extensions="extendedKeyUsage=clientAuth\n"):
        self.key(name)
        self.openssl("req", "-new", "-key", self.path(f"{name}.key"), "-subj", subject,
                     "-out", self.path(f"{name}.csr"))
        (self.folder / f"{name}.ext").write_text(extensions)
        self.openssl("x509", "-req", "-in", self.path(f"{name}.csr"), "-CA", self.path("ca.crt"),
                     "-CAkey", self.path("ca.key"), "-CAcreateserial", "-days", "30",
                     "-extfile", self.path(f"{name}.ext"), "-out", self.path(f"{name}.crt"))

    def encoded(self, name):
        return base64.b64encode((self.folder / name).read_bytes()).decode()
