#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No module includes itself by way of others: the include graph of function/ has no circle.

circles.py [ROOT]       reads the includes under ROOT/function; exit 1 on any circle
circles.py --draw [ROOT]  prints the graph as dot reads it
"""

import sys

import modules
import sources

# Circles that are being opened: the modules of each.
OPEN = [
    {"fleet/check", "fleet/model", "fleet/reader", "fleet/settings"},
    {"fleet/environment", "fleet/offer", "fleet/pool", "fleet/units", "fleet/units_config", "fleet/units_layout"},
    {"call", "function"},
]


def graph(root):
    """Each module with the modules that it includes."""
    names = set(modules.files(root))
    arcs = {modules.module_of(name, names): set() for name in names}
    for name in names:
        own = modules.module_of(name, names)
        for header in modules.includes(root, name):
            if header in names and modules.module_of(header, names) != own:
                arcs[own].add(modules.module_of(header, names))
    return arcs


def reachable(arcs, start):
    seen, todo = set(), [start]
    while todo:
        for each in arcs[todo.pop()] - seen:
            seen.add(each)
            todo.append(each)
    return seen


def circles(arcs):
    """The sets of modules that include each other."""
    beyond = {module: reachable(arcs, module) for module in arcs}
    found = {frozenset(other for other in beyond[module] if module in beyond[other])
             for module in arcs if module in beyond[module]}
    return sorted(found, key=sorted)


def check(root):
    return [f"these include each other: {', '.join(sorted(circle))}"
            for circle in circles(graph(root)) if not any(circle <= known for known in OPEN)]


def draw(root):
    print("digraph function {")
    for module, others in sorted(graph(root).items()):
        for other in sorted(others):
            print(f'  "{module}" -> "{other}";')
    print("}")


if __name__ == "__main__":
    if "--draw" in sys.argv:
        sys.argv.remove("--draw")
        sys.exit(draw(sources.root_of(sys.argv)))
    sys.exit(sources.run("circles", check))
