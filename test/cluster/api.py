# SPDX-License-Identifier: Apache-2.0
"""A small client for the Kubernetes API: one connection a thread, plain dicts in and out."""

import http.client
import json
import ssl
import threading
import time
import urllib.parse

MERGE = "application/merge-patch+json"
PATIENCE = 10
APPLY = "application/apply-patch+yaml"  # JSON is YAML


class Refused(Exception):
    """The API server answered with an error; .status is its HTTP status."""

    def __init__(self, status, message):
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class Api:
    def __init__(self, port, authority, certificate, key):
        self.port = port
        self.tls = ssl.create_default_context(cafile=authority)
        self.tls.load_cert_chain(certificate, key)
        self.local = threading.local()
        self.resources = {}

    # ---- paths ---------------------------------------------------------------------------------

    def path(self, api_version, kind, namespace=None, name=None, subresource=None):
        plural, namespaced = self.resource(api_version, kind)
        parts = ["/apis" if "/" in api_version else "/api", api_version]
        if namespaced and namespace:
            parts += ["namespaces", namespace]
        parts += [part for part in (plural, name, subresource) if part]
        return "/".join(parts)

    def resource(self, api_version, kind):
        """The plural of a kind, and whether it lives in namespaces."""
        if (api_version, kind) not in self.resources:
            root = "/apis/" if "/" in api_version else "/api/"
            for found in self.request("GET", root + api_version)["resources"]:
                if "/" not in found["name"]:
                    self.resources[api_version, found["kind"]] = found["name"], found["namespaced"]
        if (api_version, kind) not in self.resources:
            raise Refused(404, f"no kind {kind} in {api_version}")
        return self.resources[api_version, kind]

    def path_of(self, manifest, subresource=None):
        meta = manifest["metadata"]
        return self.path(manifest["apiVersion"], manifest["kind"], meta.get("namespace"),
                         meta["name"], subresource)

    # ---- calls ---------------------------------------------------------------------------------

    def request(self, method, path, body=None, content="application/json"):
        """Again while the API server asks for patience, as while a schema changes."""
        for _ in range(PATIENCE):
            try:
                return self.request_once(method, path, body, content)
            except Refused as refused:
                if refused.status != 429:
                    raise
                time.sleep(1)
        return self.request_once(method, path, body, content)

    def request_once(self, method, path, body, content):
        text = None if body is None else json.dumps(body)
        for fresh in (False, True):
            connection = self.connection(fresh)
            try:
                connection.request(method, path, text, {"Content-Type": content})
                answer = connection.getresponse()
                data = answer.read()
                break
            except (http.client.HTTPException, OSError):
                if fresh:  # an idle connection may have been closed, a new one not
                    raise
        if answer.status >= 300:
            try:
                raise Refused(answer.status, json.loads(data)["message"])
            except (ValueError, KeyError):
                raise Refused(answer.status, data.decode(errors="replace")) from None
        try:
            return json.loads(data)
        except ValueError:
            return data.decode()

    def connection(self, fresh):
        if fresh or not hasattr(self.local, "connection"):
            self.local.connection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, context=self.tls, timeout=60)
        return self.local.connection

    def apply(self, manifest):
        """Server-side, as kubectl apply does; what we said before and no longer say goes."""
        path = self.path_of(manifest) + "?fieldManager=user&force=true&fieldValidation=Strict"
        return self.request("PATCH", path, manifest, APPLY)

    def patch(self, manifest, change, subresource=None):
        return self.request("PATCH", self.path_of(manifest, subresource), change, MERGE)

    def get(self, api_version, kind, namespace, name):
        """The object, or None."""
        try:
            return self.request("GET", self.path(api_version, kind, namespace, name))
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def again(self, manifest):
        """The object as it is now, or None."""
        meta = manifest["metadata"]
        return self.get(manifest["apiVersion"], manifest["kind"], meta.get("namespace"),
                        meta["name"])

    def list(self, api_version, kind, namespace=None, labels=None):
        query = "?" + urllib.parse.urlencode({"labelSelector": labels}) if labels else ""
        return self.request("GET", self.path(api_version, kind, namespace) + query)["items"]

    def delete(self, manifest):
        try:
            self.request("DELETE", self.path_of(manifest))
        except Refused as refused:
            if refused.status != 404:
                raise

    def watch(self, api_version, kind, stopped):
        """Every object of the kind, and again at each change, until stopped() is true."""
        path = self.path(api_version, kind) + "?watch=true&timeoutSeconds=30"
        while not stopped():
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.tls,
                                                     timeout=40)
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                if answer.status != 200:  # a new kind is not served at once
                    time.sleep(0.2)
                    continue
                for line in answer:
                    yield json.loads(line)
                    if stopped():
                        return
            except (OSError, http.client.HTTPException):
                if stopped():
                    return
            finally:
                connection.close()
