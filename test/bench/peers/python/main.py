# SPDX-License-Identifier: Apache-2.0
"""A function that does on the benchmark's requests what ours does, to compare what it costs.

Written as the Python SDK suggests: objects are dictionaries, asyncio serves.
"""

import argparse
import datetime
import json
from decimal import Decimal

import grpc
from crossplane.function import logging, request, resource, response, runtime
from crossplane.function.proto.v1 import run_function_pb2 as fnv1
from crossplane.function.proto.v1 import run_function_pb2_grpc as grpcv1

GI = 1 << 30
PLAN_KEY = "gpuplacement.fn.crossplane.io/plan"
LEDGER = "gpuplacement.fn.crossplane.io/v1alpha1"
ANCHOR = "gpuplacement-watch-anchor-which-nobody-uses"
RANKS = {"none": 1, "pcie": 2, "nvlink": 3, "nvswitch": 4}

# GPU: slices of each MIG profile.
CATALOGUE = {
    "nvidia-h100-80gb": {"3g.40gb": 2, "1g.10gb": 7},
    "nvidia-a100-80gb": {"3g.40gb": 2, "1g.10gb": 7},
    "nvidia-tesla-a100": {"3g.20gb": 2, "1g.5gb": 7},
    "nvidia-l4": {},
}


def bytes_of(quantity):
    return int(quantity.removesuffix("Gi")) * GI if quantity else 0


class Reservation:
    """What somebody holds of a pool."""

    def __init__(self, spec, namespace, deployment):
        self.names = (namespace, deployment)
        self.place = (spec["environment"], spec["pool"], spec.get("migProfile", ""))
        self.nodes = int(spec["nodes"])
        self.units_per_node = int(spec["unitsPerNode"])
        self.reserved = int(spec["reserved"])
        self.used = int(spec["used"])
        self.served = bool(spec["served"])
        self.priority = int(spec["priority"])
        self.serving = spec["servingProfile"]

    def size(self):
        return (self.nodes <= 1, -self.units_per_node, self.names)

    def holding(self):
        return (-self.priority, self.names)


def reservation_of(object_, xr):
    group = xr["apiVersion"].split("/")[0]
    for owner in object_["metadata"].get("ownerReferences", []):
        if owner.get("controller") and owner["kind"] == xr["kind"] and owner["apiVersion"].split("/")[0] == group:
            return Reservation(object_["spec"], object_["metadata"]["namespace"], owner["name"])
    return None


class Place:
    """A pool that units are taken from."""

    def __init__(self, environment, pool):
        self.environment = environment
        self.pool = pool
        self.profile = pool.get("migConfiguration", {}).get("profile", "")
        self.shares = int(pool.get("sharing", {}).get("replicas", 1))
        self.nodes = int(pool["maxNodeCount"])
        self.per_node = int(pool["acceleratorCount"]) * self.shares
        self.memory = bytes_of(pool["capabilities"].get("memoryPerGpu"))
        if self.profile:
            self.per_node *= CATALOGUE[pool["acceleratorType"]][self.profile]
            self.memory = min(self.memory, int(self.profile.split(".")[1].removesuffix("gb")) * GI)

    def key(self):
        return (self.environment["metadata"]["name"], self.pool["name"], self.profile)


def is_ready(object_, otherwise):
    for condition in object_.get("status", {}).get("conditions", []):
        if condition["type"] == "Ready":
            return condition["status"] == "True"
    return otherwise


def matches(xr, serving, place):
    topology, offers = serving["replicaTopology"], place.pool["capabilities"]
    requires = topology.get("requires", {})
    labels = place.environment["metadata"].get("labels", {})
    wanted = xr["spec"].get("environmentSelector", {}).get("matchLabels", {})
    units = topology["gpusPerNode"]
    return (
        is_ready(place.environment, True)
        and all(labels.get(key) == value for key, value in wanted.items())
        and place.memory >= bytes_of(requires.get("memoryPerGpu"))
        and set(requires.get("precisionSupport", [])) <= set(offers.get("precisionSupport", []))
        and RANKS.get(offers.get("interconnect"), 0) >= RANKS.get(requires.get("interconnect"), 0)
        and place.nodes >= topology["nodes"]
        and place.per_node >= units
        and (units <= 1 or not place.profile and place.shares <= 1)
    )


def seat_replicas(free, r, count):
    """Each on its lowest nodes with room; whether all found it."""
    for _ in range(count):
        found = [i for i, units in enumerate(free) if units >= r.units_per_node][: r.nodes]
        if len(found) < r.nodes:
            return False
        for i in found:
            free[i] -= r.units_per_node
    return True


def room(place, others, mine):
    """Seats everybody; whether all have a seat, and what is free then."""
    everybody = [*others, mine]
    free = [place.per_node] * place.nodes
    fits = True
    for r in sorted(everybody, key=Reservation.size):
        fits = seat_replicas(free, r, r.used) and fits
    for r in sorted(everybody, key=Reservation.holding):
        fits = seat_replicas(free, r, r.reserved - r.used) and fits
    return fits, sum(free)


def new_reservation(xr, serving, place):
    environment, pool, profile = place.key()
    topology = serving["replicaTopology"]
    return Reservation(
        {"environment": environment, "pool": pool, "migProfile": profile, "nodes": topology["nodes"],
         "unitsPerNode": topology["gpusPerNode"], "reserved": xr["spec"]["scaling"]["fixed"]["replicas"],
         "used": 0, "served": False, "priority": xr["spec"].get("priority", 0), "servingProfile": serving["name"]},
        xr["metadata"]["namespace"], xr["metadata"]["name"])


def choose_in(xr, model, environment, ledger):
    """The first serving profile with room and its best pool, with what orders it."""
    for rank, serving in enumerate(model["spec"]["serving"]):
        best = None
        for index, pool in enumerate(environment["spec"]["nodePools"]):
            place = Place(environment, pool)
            if not matches(xr, serving, place):
                continue
            fits, free = room(place, ledger.get(place.key(), []), new_reservation(xr, serving, place))
            if not fits:
                continue
            left_over = place.memory - bytes_of(serving["replicaTopology"].get("requires", {}).get("memoryPerGpu"))
            fit = (left_over, Decimal(pool["costPerUnitHour"]), free)
            if best is None or (fit, index) < best[0]:
                best = ((fit, index), (rank, fit, place.profile, environment["metadata"]["name"]), serving, place)
        if best:
            return best[1:]
    return None


def choose(xr, model, environments, config_maps):
    ledger = {}
    mine = (xr["metadata"]["namespace"], xr["metadata"]["name"])
    for config_map in config_maps:
        r = reservation_of(config_map, xr)
        if r and r.names != mine:
            ledger.setdefault(r.place, []).append(r)
    found = [choose_in(xr, model, environment, ledger) for environment in environments]
    found = [choice for choice in found if choice]
    return min(found, key=lambda choice: choice[0])[1:] if found else None


def keep(xr, model, environments, held):
    """The assignment that is held, while its pool still serves the model."""
    for environment in environments:
        for pool in environment["spec"]["nodePools"]:
            place = Place(environment, pool)
            for serving in model["spec"]["serving"]:
                if place.key() == held.place and serving["name"] == held.serving and matches(xr, serving, place):
                    return serving, place
    return None


def serves(service):
    return (service is not None and is_ready(service, False) and bool(service["status"].get("url"))
            and service["status"].get("observedGeneration") == service["metadata"].get("generation"))


class Answer:
    """What is told and composed for an assignment."""

    def __init__(self, xr, model, serving, place, held, service, ttl):
        environment, pool, profile = place.key()
        meta, spec, topology = xr["metadata"], xr["spec"], serving["replicaTopology"]
        replicas, nodes, units = spec["scaling"]["fixed"]["replicas"], topology["nodes"], topology["gpusPerNode"]
        self.ready = serves(service)
        used, served = (held.used, held.served) if held else (0, False)
        if self.ready:
            used, served = max(used, int(min(service["status"].get("readyReplicas", 0), replicas))), True
        gpu = "nvidia.com/mig-" + profile if profile else "nvidia.com/gpu"
        name = f"{meta['name']}-{environment}"
        ref = spec["modelRef"]
        hub, needs = model["spec"]["huggingFace"], model["spec"]["resources"]
        uri = "hf://" + hub["repo"] + (":" + hub["revision"] if hub.get("revision") else "")
        where = {"environment": environment, **({"migProfile": profile} if profile else {}), "pool": pool,
                 "resourceName": gpu, "servingProfile": serving["name"]}
        assignment = {"model": {"kind": ref["kind"], "name": ref["name"]}, **where,
                      "nodes": int(nodes), "order": 0, "surge": 0, "unitsPerNode": int(units)}
        reservation = {
            "model": dict(ref), **where, "nodes": nodes, "order": 0, "priority": int(spec.get("priority", 0)),
            "reserved": replicas, "served": served, "units": nodes * units * replicas, "unitsPerNode": units,
            "state": "Serving" if served else "Starting" if used else "Reserved", "used": used,
        }
        labels = {"deployment": meta["name"], "environment": environment, "pool": pool,
                  "serving-profile": serving["name"], **({"mig-profile": profile} if profile else {})}
        args = list(serving["engine"].get("args", []))
        if units > 1:
            args.append(f"--tensor-parallel-size={int(units)}")
        self.composed = {
            "reservation-" + environment: (fnv1.READY_TRUE, {
                "apiVersion": LEDGER, "kind": "GPUReservation", "spec": reservation,
                "metadata": {"name": name, "namespace": meta["namespace"],
                             "labels": {"modelplane.ai/deployment": meta["name"],
                                        "modelplane.ai/environment": environment}},
            }),
            "serving-" + environment: (fnv1.READY_TRUE if self.ready else fnv1.READY_FALSE, {
                "apiVersion": "serving.kserve.io/v1alpha2", "kind": "LLMInferenceService",
                "metadata": {
                    "name": name, "namespace": meta["namespace"],
                    "labels": {"modelplane.ai/" + key: value for key, value in labels.items()},
                    "annotations": {"gpuplacement.fn.crossplane.io/assignment":
                                    json.dumps(assignment, separators=(",", ":"))},
                },
                "spec": {
                    "model": {"name": model["spec"]["model"]["name"], "uri": uri},
                    "replicas": replicas,
                    "router": {"gateway": {}, "route": {}},
                    "template": {
                        "containers": [{
                            "name": "main", "image": serving["engine"]["image"], "args": args,
                            "resources": {"limits": {gpu: str(int(units))},
                                          "requests": {"cpu": needs["cpu"], "memory": needs["memory"]}},
                            "securityContext": {"runAsNonRoot": False, "runAsUser": 0},
                        }],
                        "nodeSelector": place.pool["nodeSelector"],
                        "tolerations": [{"effect": "NoSchedule", "key": key, "operator": "Exists"}
                                        for key in dict.fromkeys(["nvidia.com/gpu", gpu])],
                    },
                },
            }),
        }
        self.status = {
            "model": {"name": model["spec"]["model"]["name"]},
            "placements": {"total": 1, "ready": int(self.ready)},
            "assignments": [{
                "served": served, "surge": 0, "environment": environment, "migProfile": profile, "model": dict(ref), "nodes": nodes,
                "pool": pool, "ready": self.ready, "replicas": replicas, "resourceName": gpu,
                "servingProfile": serving["name"], "units": nodes * units * replicas, "unitsPerNode": units,
            }],
        }
        self.scheduled = ("AllScheduled", f"1 of 1 environment placed: {environment}/{pool} "
                                          f"({gpu} x {int(nodes * units * replicas)})")
        self.placed = None
        if self.ready:
            self.status["endpoint"] = {"url": service["status"]["url"]}
            self.serving = ("Serving", "")
        elif service:
            self.serving = ("Starting", environment + ": the service is not Ready yet")
        else:
            self.serving = ("Starting", environment + ": the service is being created")
            self.placed = f"Placed on {environment}/{pool}"
        self.plan = {
            "scheduled": {"reason": self.scheduled[0], "message": self.scheduled[1], "status": fnv1.STATUS_CONDITION_TRUE},
            "serving": {"reason": self.serving[0], "message": self.serving[1],
                        "status": fnv1.STATUS_CONDITION_TRUE if self.ready else fnv1.STATUS_CONDITION_FALSE},
            "ttlSeconds": ttl,
            "placements": [{
                "key": environment, "reservation": reservation,
                "workload": {
                    "concurrency": False, "cpu": needs["cpu"], "memory": needs["memory"], "image": serving["engine"]["image"],
                    "engineArgs": list(serving["engine"].get("args", [])), "minReplicas": replicas,
                    "modelName": model["spec"]["model"]["name"], "nodeSelector": place.pool["nodeSelector"], "pipeline": 1,
                    "providerConfig": environment + "-cluster", "remote": False, "shareReplicas": 1, "tensor": units,
                    "uri": uri,
                },
            }],
        }


class FunctionRunner(grpcv1.FunctionRunnerService):
    def __init__(self):
        self.log = logging.get_logger()

    async def RunFunction(self, req: fnv1.RunFunctionRequest, _: grpc.aio.ServicerContext) -> fnv1.RunFunctionResponse:
        self.log.bind(tag=req.meta.tag).info("Running function")
        xr = resource.struct_to_dict(req.observed.composite.resource)
        held = service = None
        for name, observed in req.observed.resources.items():
            if name.startswith("reservation-"):
                held = reservation_of(resource.struct_to_dict(observed.resource), xr)
            elif name.startswith("serving-"):
                service = resource.struct_to_dict(observed.resource)
        settled = (held is not None and held.used == held.reserved
                   and held.reserved == xr["spec"]["scaling"]["fixed"]["replicas"])
        ttl = 300 if settled else 60
        rsp = response.to(req, datetime.timedelta(seconds=ttl))
        ask(rsp, xr, held, settled)

        models = request.get_required_resources(req, "model")
        if not models:
            response.set_conditions(rsp, resource.Condition("Scheduled", "False", "WaitingForInputs"))
            return rsp
        if held:
            own = request.get_required_resources(req, "environment-" + held.place[0])
            chosen = keep(xr, models[0], own, held)
        else:
            chosen = choose(xr, models[0], request.get_required_resources(req, "environments"),
                            request.get_required_resources(req, "reservations"))
        if not chosen:
            response.set_conditions(rsp, resource.Condition("Scheduled", "False", "NoMatchingPool"))
            return rsp
        tell(rsp, xr, Answer(xr, models[0], *chosen, held, service, ttl))
        return rsp


def ask(rsp, xr, held, settled):
    api, ref = xr["apiVersion"], xr["spec"]["modelRef"]
    response.require_resources(rsp, "model", api, ref["kind"], match_name=ref["name"])
    response.require_resources(rsp, "watch-anchor", LEDGER, "GPUReservation", match_name=ANCHOR,
                               namespace=xr["metadata"]["namespace"])
    response.require_resources(rsp, "watch-anchor-pools", LEDGER, "GPUPool", match_name=ANCHOR)
    if held:
        response.require_resources(rsp, "environment-" + held.place[0], api, "InferenceEnvironment", match_name=held.place[0])
    if not settled:
        response.require_resources(rsp, "environments", api, "InferenceEnvironment", match_labels={})
        rsp.requirements.resources["environments"].match_labels.SetInParent()  # or it would match nothing
        response.require_resources(rsp, "reservations", LEDGER, "GPUReservation", match_labels={})
        rsp.requirements.resources["reservations"].match_labels.SetInParent()


def tell(rsp, xr, answer):
    resource.update(rsp.desired.composite, {"apiVersion": xr["apiVersion"], "kind": xr["kind"]})
    resource.update_status(rsp.desired.composite, answer.status)
    rsp.desired.composite.ready = fnv1.READY_TRUE if answer.ready else fnv1.READY_FALSE
    for name, (ready, object_) in answer.composed.items():
        resource.update(rsp.desired.resources[name], object_)
        rsp.desired.resources[name].ready = ready
    response.set_conditions(
        rsp,
        resource.Condition("Scheduled", "True", *answer.scheduled),
        resource.Condition("Serving", "True" if answer.ready else "False", answer.serving[0], answer.serving[1] or None),
    )
    if answer.placed:
        rsp.results.append(fnv1.Result(severity=fnv1.SEVERITY_NORMAL, message=answer.placed, reason="Placed"))
    rsp.context.update({PLAN_KEY: answer.plan})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", default="127.0.0.1:9443")
    options = parser.parse_args()
    logging.configure(level=logging.Level.INFO)
    runtime.serve(FunctionRunner(), options.address, creds=None, insecure=True,
                  options=[("grpc.max_receive_message_length", 64 * 1024 * 1024)])


if __name__ == "__main__":
    main()
