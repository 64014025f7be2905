#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds `plan` to an independent solver, OR-tools' CP-SAT, on random instances.

plan.py PROGRAM [COUNT [SEED]]      exit 1 at the first difference

Layouts are found anew here, slice after slice, from the starts that `mig -o json` prints. On each
instance the numbers of GPUs, of GPUs cut anew and of stranded GiB must be CP-SAT's optima, every
layout must pass `mig check`, and no call may take a second of the processor.
"""

import collections
import json
import pathlib
import random
import resource
import subprocess
import sys
import tempfile

from ortools.sat.python import cp_model

GPUS_MAX, KINDS_MAX, SECONDS_MAX = 64, 10, 1.0


def used_seconds():
    """Of the processor, by the calls so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def gib(profile):
    return int(profile.split("g.")[1].split("gb")[0])


def attributes(profile):
    return profile.split("gb", 1)[1]


def keeps_rules(product, counts):
    """What is not geometry: most instances of a profile, and who owns the media engines."""
    most = {each["name"]: each["perGpu"] for each in product["profiles"]}
    if any(n > most[name] for name, n in counts.items()):
        return False
    owners = sum(n for name, n in counts.items() if "+me" in name)
    everything = any("+me.all" in name for name in counts)
    sharers = [name for name in counts if not name.endswith("-me") and "+me" not in name]
    return owners <= 1 and not (everything and sharers)


def layouts(product, names):
    """Every layout of those profiles, as a sorted tuple of (profile, count)."""
    profiles = [each for each in product["profiles"] if each["name"] in names]
    found = set()

    def cut(start, counts):
        if start >= product["memorySlices"]:
            if counts and keeps_rules(product, counts):
                found.add(tuple(sorted(counts.items())))
            return
        cut(start + 1, counts)
        for each in profiles:
            if start in each["starts"]:
                more = {**counts, each["name"]: counts.get(each["name"], 0) + 1}
                cut(start + each["memorySlices"], more)

    cut(0, {})
    return sorted(found)


def serves(profile, want):
    if "profile" in want:
        return profile == want["profile"]
    return not attributes(profile) and gib(profile) * 1024 >= want["mib"]


def uncovered(product, layout):
    sizes = {each["name"]: each["memorySlices"] for each in product["profiles"]}
    free = product["memorySlices"] - sum(sizes[name] * n for name, n in layout)
    return free * product.get("memoryGiB", 0) // product["memorySlices"]


def solve(product, wants, options, today, gpus):
    """(GPUs, cut anew, GiB of slices used and memory in no slice) at their optima, or None."""
    columns = [(layout, None) for layout in options] + list(today.items())
    limits = []
    goals = ("gpus", "anew", "stranded")
    best = []
    for goal in goals:
        model = cp_model.CpModel()
        x = [model.NewIntVar(0, gpus if most is None else most, "") for _, most in columns]
        names = sorted({name for layout, _ in columns for name, _ in layout})
        y = {}
        for k, want in enumerate(wants):
            for name in names:
                if serves(name, want):
                    y[k, name] = model.NewIntVar(0, want["count"], "")
            model.Add(sum(y[k, name] for name in names if (k, name) in y) == want["count"])
        for name in names:
            model.Add(sum(y[k, name] for k in range(len(wants)) if (k, name) in y) <=
                      sum(dict(layout).get(name, 0) * x[j]
                          for j, (layout, _) in enumerate(columns)))
        terms = {
            "gpus": sum(x),
            "anew": sum(x[j] for j, (_, most) in enumerate(columns) if most is None),
            "stranded": sum(uncovered(product, layout) * x[j]
                            for j, (layout, _) in enumerate(columns)) +
                        sum(gib(name) * var for (_, name), var in y.items()),
        }
        for done, value in zip(goals, best):
            model.Add(terms[done] <= value)
        model.Add(terms["gpus"] <= gpus)
        model.Minimize(terms[goal])
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.max_time_in_seconds = 60
        status = solver.Solve(model)
        if status == cp_model.INFEASIBLE:
            return None
        if status != cp_model.OPTIMAL:
            raise SystemExit(f"CP-SAT did not finish: {solver.StatusName(status)}")
        best.append(round(solver.ObjectiveValue()))
    return best


def random_wants(rng, product):
    """Memory of any size and profiles, so many that the GPUs may or may not do."""
    plain = [each["name"] for each in product["profiles"] if not attributes(each["name"])]
    scale = rng.choice((1, 2, 5, 12, 30))
    wants = []
    for _ in range(rng.randint(1, KINDS_MAX)):
        count = rng.randint(1, scale)
        if rng.random() < 0.6:
            size = gib(rng.choice(plain)) * 1024
            mib = max(1024, size - rng.choice((0, 0, 512, 1024, 3000)))
            wants.append({"mib": mib, "count": count})
        elif rng.random() < 0.8:
            wants.append({"profile": rng.choice(plain), "count": count})
        else:
            wants.append({"profile": rng.choice(product["profiles"])["name"], "count": count})
    return wants


def word(want):
    return f"{want['profile'] if 'profile' in want else str(want['mib']) + 'Mi'}:{want['count']}"


def environment(product, today):
    pools = [{"name": f"p{i}", "acceleratorType": product["name"], "acceleratorCount": n,
              "nodeSelector": {"p": str(i)}, "migConfiguration": {"enabled": True,
                                                                  "layout": dict(layout)}}
             for i, (layout, n) in enumerate(today.items())]
    return json.dumps({"apiVersion": "modelplane.ai/v1alpha1", "kind": "InferenceEnvironment",
                       "metadata": {"name": "today"}, "spec": {"nodePools": pools}})


class Held:
    """One program, and what was seen of it."""

    def __init__(self, program):
        self.program, self.checked, self.slowest = program, set(), 0.0
        catalogue = json.loads(self.call("mig", "-o", "json").stdout)["gpus"]
        self.products = [each for each in catalogue
                         if each["profiles"] and each.get("memoryGiB", 0) > 0]

    def call(self, *words):
        return subprocess.run([self.program, *words], capture_output=True, text=True, timeout=60)

    def check(self, product, layout):
        text = ",".join(f"{name}:{n}" for name, n in layout.items())
        if (product["name"], text) not in self.checked:
            self.checked.add((product["name"], text))
            if self.call("mig", "check", product["name"], text).returncode != 0:
                raise SystemExit(f"mig check refuses {text} on {product['name']}")

    def plan(self, *words):
        began = used_seconds()
        done = self.call("plan", *words, "-o", "json")
        took = used_seconds() - began
        self.slowest = max(self.slowest, took)
        if took > SECONDS_MAX / 2:
            print(f"{took:.3f} s: {' '.join(words)}", flush=True)
        if done.returncode not in (0, 1):
            raise SystemExit(f"{words}: {done.stderr}")
        return json.loads(done.stdout)

    def hold(self, rng, folder):
        product = rng.choice(self.products)
        uniform = rng.random() < 0.15
        wants = random_wants(rng, product)
        names = {each["name"] for each in product["profiles"] if not attributes(each["name"])}
        every = layouts(product, names)
        options = layouts(product, names | {w["profile"] for w in wants if "profile" in w})
        if uniform:
            most = {}
            for layout in options:
                if len(layout) == 1:
                    most[layout[0][0]] = max(most.get(layout[0][0], 0), layout[0][1])
            options = [((name, n),) for name, n in most.items()]
        today = {}
        if rng.random() < 0.4:
            for layout in rng.sample(every, min(len(every), rng.randint(1, 3))):
                if not uniform:
                    today[layout] = rng.randint(1, 8)
        gpus = rng.randint(max(1, sum(today.values())), GPUS_MAX)
        words = ["--gpu", product["name"], "--gpus", str(gpus), "--want",
                 ",".join(word(want) for want in wants)]
        if uniform:
            words.append("--uniform")
        if today:
            path = folder / "today.json"
            path.write_text(environment(product, today))
            words += ["--from", str(path)]
        plan = self.plan(*words)
        for share in plan["layouts"]:
            self.check(product, share["layout"])
        self.compare(words, plan, wants, product, options, today, gpus)

    def compare(self, words, plan, wants, product, options, today, gpus):
        best = solve(product, wants, options, today, gpus)
        if best is None:
            if not plan["unplaced"]:
                raise SystemExit(f"{words}: planned, but CP-SAT finds no plan\n{plan}")
            # What it leaves out must be needed: one more unit of the first does not fit.
            left = collections.Counter()
            for each in plan["unplaced"]:
                left[each["want"]] += each["count"]
            placed = [dict(w) for w in wants]
            for w in reversed(placed):
                name = word(w).rsplit(":", 1)[0]
                out = min(left[name], w["count"])
                left[name] -= out
                w["count"] -= out
            best = solve(product, [w for w in placed if w["count"]], options, today, gpus)
            if best is None:
                raise SystemExit(f"{words}: CP-SAT cannot place what is planned\n{plan}")
            short = next(i for i, w in enumerate(wants) if placed[i]["count"] < w["count"])
            more = [dict(w) for w in placed[:short + 1]]
            more[short]["count"] += 1
            if solve(product, more, options, today, gpus) is not None:
                raise SystemExit(f"{words}: one more of {word(wants[short])} fits\n{plan}")
            wants = placed
        elif plan["unplaced"]:
            raise SystemExit(f"{words}: CP-SAT places what is left out\n{plan}")
        wanted = sum(w["count"] * (gib(w["profile"]) * 1024 if "profile" in w else w["mib"])
                     for w in wants) // 1024
        got = [plan["gpus"], plan["cutAnew"], plan["strandedGiB"]]
        best[2] -= wanted
        if got != best or plan["bound"] != best[0]:
            raise SystemExit(f"{words}: {got}, bound {plan['bound']}, CP-SAT {best}\n{plan}")


def main(program, count="2000", seed="1"):
    rng = random.Random(int(seed))
    held = Held(str(pathlib.Path(program).resolve()))
    with tempfile.TemporaryDirectory() as folder:
        for i in range(int(count)):
            held.hold(rng, pathlib.Path(folder))
            if (i + 1) % 100 == 0:
                print(f"{i + 1} instances, the slowest call {held.slowest:.3f} s", flush=True)
    print(f"plan: {count} instances as CP-SAT has them, {len(held.checked)} layouts checked, "
          f"the slowest call {held.slowest:.3f} s")
    return 0 if held.slowest < SECONDS_MAX else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
