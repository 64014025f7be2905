#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every reason is reached by a case and explained by docs/why-not.md, in the product's words.

reasons.py [ROOT]       exit 1 on any complaint

- A reason of deploy/match.c has a case of its name, in which a rejection has it, and whose
  change.yaml follows its sentence (test/golden/change.py).
- Every reason of a condition that server/counters.c lists is in some want.yaml with its status, and
  none is there that is not listed.
- docs/why-not.md has a section for each reason of the match table, whose example is a sentence of
  a case, and names each reason of Scheduled.
- test/golden/README.md names only cases and files that are there.
"""

import pathlib
import re
import sys

import yaml

SERVING = ["Serving", "RolloutWaiting", "Starting", "NotScheduled"]  # not counted, so not in server/counters.c

# What no case reaches, and the test that does.
WITHOUT_A_CASE = {"TooManyAssignments": "test/unit/function/function.c"}


def reasons_of_match(root):
    """In the order of the rows, without Fits."""
    text = (root / "function/deploy/match.c").read_text()
    return re.findall(r'\[REASON_\w+\] = "(\w+)"', text)[1:]


def reasons_of_conditions(root):
    """The reasons of each condition; only the first is for True, and Parked, RolloutWaiting."""
    text = (root / "function/server/counters.c").read_text()
    found = {"Serving": SERVING}
    for kind, reason in re.findall(r'^ +\{ "(\w+)", "(\w+)" \},$', text, re.M):
        found.setdefault(kind, []).append(reason)
    del found["Other"]
    return {(kind, status_of(reason, reasons), reason)
            for kind, reasons in found.items() for reason in reasons}


def status_of(reason, reasons):
    if reason == "WaitingForInputs":
        return "Unknown"
    return "True" if reason in (reasons[0], "Parked", "RolloutWaiting") else "False"


def folder_of(reason):
    """InsufficientMemory: insufficient-memory"""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", reason).lower()


def composites(root):
    """The composite resource of each case's answer, by the case's name."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in sorted((root / "test/golden/cases").glob("*/*/want.yaml")):
        first = path.read_text().split("\n---\n")[0]
        yield path.parent.name, yaml.load(first, loader)


def check_rejections(root, reasons, statuses):
    for reason in reasons:
        reached = {each["reason"] for each in statuses.get(folder_of(reason), {})
                   .get("rejections", [])}
        if reason not in reached:
            yield f"no case {folder_of(reason)} with a rejection {reason}"
        if not list((root / "test/golden/cases").glob(f"*/{folder_of(reason)}/change.yaml")):
            yield f"nobody follows the sentence of {reason}: {folder_of(reason)} has no change.yaml"


def check_conditions(root, listed, statuses):
    reached = {}
    for name, status in statuses.items():
        for each in status.get("conditions", []):
            reached[each["type"], each["status"], each["reason"]] = name
    for triple in sorted(listed - set(reached)):
        test = WITHOUT_A_CASE.get(triple[2])
        if not test or triple[2] not in (root / test).read_text():
            yield f"no case has {triple[0]} {triple[1]} with reason {triple[2]}"
    kinds = {kind for kind, _, _ in listed}
    for triple in sorted(set(reached) - listed):
        if triple[0] in kinds:
            yield f"{reached[triple]}: {triple[0]} {triple[1]} with reason {triple[2]} is not listed"


def sections(text):
    """The text under each heading that is a reason."""
    parts = re.split(r"^### (\w+)$", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def check_page(root, reasons, conditions, statuses):
    text = (root / "docs/why-not.md").read_text()
    told = {(each["reason"], each["message"]) for status in statuses.values()
            for each in status.get("rejections", [])}
    explained = sections(text)
    if list(explained) != reasons:
        yield f"docs/why-not.md: sections {list(explained)}, in the order of the rows {reasons}"
    for reason, section in explained.items():
        examples = re.findall(r"^    (.+)$", section, re.M)
        if not examples:
            yield f"docs/why-not.md: {reason} has no example"
        for example in examples:
            if (reason, example) not in told:
                yield f"docs/why-not.md: {reason}: no case is told {example!r}"
    rows = re.findall(r"^\| (True|False|Unknown) \| ([^|]+) \|", text, re.M)
    named = {(status, reason) for status, names in rows for reason in re.findall(r"\w+", names)}
    for kind, status, reason in sorted(conditions):
        if kind == "Scheduled" and (status, reason) not in named:
            yield f"docs/why-not.md: Scheduled {status}, {reason} is not explained"


def check_readme(root):
    text = (root / "test/golden/README.md").read_text()
    for row in re.findall(r"^\|[^|]+\|([^|]+)\|$", text, re.M)[2:]:
        for path in re.findall(r"`([^`]+)`", row):
            if not (root / path).exists():
                yield f"test/golden/README.md: {path} is not there"
        for name in re.findall(r"(?:^|, )([a-z][a-z-]+)(?=,|;|$)", row.strip()):
            if not list((root / "test/golden/cases").glob(f"*/{name}")):
                yield f"test/golden/README.md: there is no case {name}"


def check(root):
    reasons, conditions = reasons_of_match(root), reasons_of_conditions(root)
    statuses = {name: each.get("status", {}) for name, each in composites(root)}
    return [*check_rejections(root, reasons, statuses), *check_conditions(root, conditions, statuses),
            *check_page(root, reasons, conditions, statuses), *check_readme(root)]


def main(root="."):
    complaints = check(pathlib.Path(root).resolve())
    for complaint in complaints:
        print(complaint)
    print(f"reasons: {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
