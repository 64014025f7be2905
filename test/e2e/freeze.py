# SPDX-License-Identifier: Apache-2.0
"""What only core can show: what is deleted, and the composite after a fatal result."""

import copy

import peers


def case_named(everything, name):
    return next(case for case in everything if case.name == name)


def observed_names(case):
    return {peers.name_of(each) for each in case.observed}


def checks(everything, core, folder, target):
    """(title, check) pairs; a check returns complaints."""

    def render(case):
        return core.render(case, folder, target)

    def every_case():
        """Deleted is what is observed and no longer desired, and nothing else."""
        for case in everything:
            got = render(case)
            want = set() if got.fatal else observed_names(case) - set(got.composed)
            if got.deleted != want:
                yield f"{case.name}: deleted {sorted(got.deleted)}, not {sorted(want)}"

    running = case_named(everything, "golden/keep")

    def fatal():
        """A mistake with nothing to protect: fatal, with the conditions of the same answer."""
        xr = broken(running.xr)
        got = render(running.changed("fatal", xr=xr, observed=[]))
        if not got.fatal or "spec.environments" not in got.fatal:
            yield f"the fatal sentence does not name the field: {got.fatal!r}"
        scheduled = got.composite["conditions"].get("Scheduled")
        if not scheduled or scheduled[:2] != ("False", "InvalidSpec"):
            yield f"Scheduled is {scheduled}"
        if got.deleted:
            yield f"deleted {sorted(got.deleted)}"

    def frozen(changes, reason):
        """The same mistake while something runs: everything stays as observed."""
        case = running.changed("frozen", **changes)
        got = render(case)
        if got.fatal:
            yield f"fatal: {got.fatal}"
        if got.deleted or set(got.composed) != observed_names(case):
            yield f"composed {sorted(got.composed)}, deleted {sorted(got.deleted)}"
        for each in case.observed:
            for member in ("spec", "data"):
                kept = got.composed.get(peers.name_of(each), {})
                if kept.get(member) != each.get(member):
                    yield f"{peers.name_of(each)}: {member} is not as observed"
        scheduled = got.composite["conditions"].get("Scheduled")
        if not scheduled or scheduled[1] != reason:
            yield f"Scheduled is {scheduled}, not {reason}"

    def dropped():
        """Core deletes what is observed under a key that nobody desires: the test sees deletions."""
        stray = copy.deepcopy(running.observed[0])
        stray["metadata"]["name"] = "stray"
        stray["metadata"]["annotations"][peers.NAME] = "no-key-of-ours"
        got = render(running.changed("dropped", observed=[*running.observed, stray]))
        if got.deleted != {"no-key-of-ours"}:
            yield f"deleted {sorted(got.deleted)}"

    def drained():
        """A replacement is Ready: what leaves goes, with its reservation."""
        got = render(case_named(everything, "golden/drained"))
        if got.deleted != {"reservation-mig-cluster", "serving-mig-cluster"}:
            yield f"deleted {sorted(got.deleted)}"

    def without(kind):
        return [each for each in running.required if each["kind"] != kind]

    yield "deletes only what is no longer desired", lambda: list(every_case())
    yield "fatal, nothing observed", lambda: list(fatal())
    yield "frozen by a mistake", lambda: list(frozen({"xr": broken(running.xr)}, "InvalidSpec"))
    yield ("frozen without the model",
           lambda: list(frozen({"required": without("ClusterModel")}, "ModelNotFound")))
    yield ("frozen without environments",
           lambda: list(frozen({"required": without("InferenceEnvironment")}, "NoEnvironments")))
    yield "a dropped key is deleted", lambda: list(dropped())
    yield "a drained pool is left", lambda: list(drained())


def broken(xr):
    out = copy.deepcopy(xr)
    out["spec"]["environments"] = 11
    return out
