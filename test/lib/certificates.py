# SPDX-License-Identifier: Apache-2.0
"""Certificates as Crossplane makes them, for a server and a client."""

import subprocess

# The CA and all that it signs have one subject, and no key identifiers.
OPENSSL = """
[req]
distinguished_name = name
prompt = no
x509_extensions = authority
[name]
O = Crossplane
CN = Crossplane
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
[server]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost
[client]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = clientAuth
"""



def make(folder):
    """ca.crt, tls.crt and tls.key for the server; client.crt and client.key."""
    (folder / "openssl.cnf").write_text(OPENSSL)

    def openssl(*arguments):
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=30)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)

    def path(name):
        return str(folder / name)

    key = ["-newkey", "rsa:2048", "-nodes", "-config", path("openssl.cnf")]
    openssl("req", "-x509", *key, "-days", "1", "-keyout", path("ca.key"), "-out", path("ca.crt"))
    for name, usage in (("tls", "server"), ("client", "client")):
        openssl("req", "-new", *key, "-keyout", path(f"{name}.key"), "-out", path("request"))
        openssl("x509", "-req", "-days", "1", "-in", path("request"), "-CA", path("ca.crt"),
                "-CAkey", path("ca.key"), "-extfile", path("openssl.cnf"), "-extensions", usage,
                "-out", path(f"{name}.crt"))
