#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows people what "function-gpu-placement render" printed.

show.py pools | decision | resource KIND        reads the YAML stream from standard input
"""

import sys

import yaml


def table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def show_pools(objects):
    rows = [("CLUSTER", "POOL", "MIG PROFILE", "MEMORY", "UNITS", "", "A POD ASKS FOR")]
    for environment in objects:
        if environment["kind"] != "InferenceEnvironment":
            continue  # what is composed beside it
        for pool in environment["status"]["capacity"]["pools"]:
            rows.append((
                environment["metadata"]["name"],
                pool["name"],
                pool.get("migProfile", "(whole GPU)"),
                pool.get("memoryPerUnit", "unknown"),
                str(pool["total"]),
                f"{pool['nodes']} nodes x {pool['unitsPerNode']}",
                pool.get("resourceName", "-"),
            ))
    table(rows)


def show_decision(objects):
    status = objects[0]["status"]
    for condition in status["conditions"]:
        print(f"  {condition['type']}={condition['status']} {condition['reason']}"
              f"  {condition.get('message', '')}".rstrip())
    for rejection in status.get("rejections", []):
        print(f"    {rejection['environment']}/{rejection['pool']}: {rejection['reason']}: "
              f"{rejection['message']}")


def show_resource(stream, kind):
    for document in stream.split("---\n"):
        if document and yaml.safe_load(document)["kind"] == kind:
            print(document, end="")


def main(what, *arguments):
    stream = sys.stdin.read()
    if what == "resource":
        show_resource(stream, *arguments)
        return
    objects = [document for document in yaml.safe_load_all(stream) if document]
    {"pools": show_pools, "decision": show_decision}[what](objects)


if __name__ == "__main__":
    main(*sys.argv[1:])
