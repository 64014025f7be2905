// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"strconv"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// Told is a condition.
type Told struct {
	kind            string
	ok              bool
	reason, message string
}

// Composed is an object that is desired.
type Composed struct {
	object map[string]any
	ready  bool
}

// Outputs are what a decision comes to.
type Outputs struct {
	requirements map[string]*fnv1.ResourceSelector
	composed     map[string]Composed
	status       map[string]any
	plan         map[string]any
	conditions   []Told
	placed       string // the event's message
	ready        bool
	ttl          int64
}

func byName(apiVersion, kind, name, namespace string) *fnv1.ResourceSelector {
	s := &fnv1.ResourceSelector{ApiVersion: apiVersion, Kind: kind, Match: &fnv1.ResourceSelector_MatchName{MatchName: name}}
	if namespace != "" {
		s.Namespace = &namespace
	}
	return s
}

func byLabels(apiVersion, kind string, labels map[string]string) *fnv1.ResourceSelector {
	return &fnv1.ResourceSelector{ApiVersion: apiVersion, Kind: kind,
		Match: &fnv1.ResourceSelector_MatchLabels{MatchLabels: &fnv1.MatchLabels{Labels: labels}}}
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

func anyMap(labels map[string]string) map[string]any {
	out := make(map[string]any, len(labels))
	for k, v := range labels {
		out[k] = v
	}
	return out
}

func serves(s *Service) bool {
	return s != nil && isReady(s.Status.Conditions, false) && s.Status.URL != "" &&
		s.Status.ObservedGeneration == s.Metadata.Generation
}

// assignmentOf is the annotation of a service: texts by their names, then numbers by theirs.
func assignmentOf(d *Deployment, c *Choice, gpu string) string {
	assignment, _ := json.Marshal(struct {
		Model          map[string]string `json:"model"`
		Environment    string            `json:"environment"`
		MIGProfile     string            `json:"migProfile,omitempty"`
		Pool           string            `json:"pool"`
		ResourceName   string            `json:"resourceName"`
		ServingProfile string            `json:"servingProfile"`
		Nodes          int64             `json:"nodes"`
		Order          int64             `json:"order"`
		Surge          int64             `json:"surge"`
		UnitsPerNode   int64             `json:"unitsPerNode"`
	}{
		Model:       map[string]string{"kind": d.Spec.ModelRef.Kind, "name": d.Spec.ModelRef.Name},
		Environment: c.environment.Metadata.Name, MIGProfile: c.profile, Pool: c.pool.Name, ResourceName: gpu,
		ServingProfile: c.serving.Name, Nodes: c.serving.ReplicaTopology.Nodes,
		UnitsPerNode: c.serving.ReplicaTopology.GPUsPerNode,
	})
	return string(assignment)
}

func compose(in *Inputs, out *Outputs, c *Choice, used int64, served bool) {
	d, m := &in.deployment, in.model
	environment, replicas := c.environment.Metadata.Name, d.Spec.Scaling.Fixed.Replicas
	nodes, perNode := c.serving.ReplicaTopology.Nodes, c.serving.ReplicaTopology.GPUsPerNode
	ready := serves(in.service)
	if ready {
		used, served = max(used, min(in.service.Status.ReadyReplicas, replicas)), true
	}
	gpu := "nvidia.com/gpu"
	if c.profile != "" {
		gpu = "nvidia.com/mig-" + c.profile
	}
	place := environment + "/" + c.pool.Name
	name := d.Metadata.Name + "-" + environment
	model := map[string]any{"kind": d.Spec.ModelRef.Kind, "name": d.Spec.ModelRef.Name}
	uri := "hf://" + m.Spec.HuggingFace.Repo
	if m.Spec.HuggingFace.Revision != "" {
		uri += ":" + m.Spec.HuggingFace.Revision
	}

	state := "Reserved"
	if served {
		state = "Serving"
	} else if used > 0 {
		state = "Starting"
	}
	spec := map[string]any{
		"environment": environment, "model": model, "nodes": nodes, "order": int64(0), "pool": c.pool.Name,
		"priority": d.Spec.Priority, "reserved": replicas, "resourceName": gpu, "served": served,
		"servingProfile": c.serving.Name, "state": state, "units": nodes * perNode * replicas, "unitsPerNode": perNode,
		"used": used,
	}
	if c.profile != "" {
		spec["migProfile"] = c.profile
	}
	assignment := assignmentOf(d, c, gpu)
	labels := map[string]any{
		"modelplane.ai/deployment": d.Metadata.Name, "modelplane.ai/environment": environment,
		"modelplane.ai/pool": c.pool.Name, "modelplane.ai/serving-profile": c.serving.Name,
	}
	tolerations := []any{map[string]any{"effect": "NoSchedule", "key": "nvidia.com/gpu", "operator": "Exists"}}
	if c.profile != "" {
		labels["modelplane.ai/mig-profile"] = c.profile
		tolerations = append(tolerations, map[string]any{"effect": "NoSchedule", "key": gpu, "operator": "Exists"})
	}
	args := anys(c.serving.Engine.Args)
	if perNode > 1 {
		args = append(args, fmt.Sprintf("--tensor-parallel-size=%d", perNode))
	}

	out.composed = map[string]Composed{
		"reservation-" + environment: {ready: true, object: map[string]any{
			"apiVersion": ledgerAPI, "kind": "GPUReservation", "spec": spec,
			"metadata": map[string]any{
				"name": name, "namespace": d.Metadata.Namespace,
				"labels": map[string]any{"modelplane.ai/deployment": d.Metadata.Name, "modelplane.ai/environment": environment},
			},
		}},
		"serving-" + environment: {ready: ready, object: map[string]any{
			"apiVersion": "serving.kserve.io/v1alpha2", "kind": "LLMInferenceService",
			"metadata": map[string]any{
				"name": name, "namespace": d.Metadata.Namespace, "labels": labels,
				"annotations": map[string]any{"gpuplacement.fn.crossplane.io/assignment": assignment},
			},
			"spec": map[string]any{
				"model":    map[string]any{"name": m.Spec.Model.Name, "uri": uri},
				"replicas": replicas,
				"router":   map[string]any{"gateway": map[string]any{}, "route": map[string]any{}},
				"template": map[string]any{
					"containers": []any{map[string]any{
						"name": "main", "image": c.serving.Engine.Image, "args": args,
						"resources": map[string]any{
							"limits":   map[string]any{gpu: strconv.FormatInt(perNode, 10)},
							"requests": map[string]any{"cpu": m.Spec.Resources.CPU, "memory": m.Spec.Resources.Memory},
						},
						"securityContext": map[string]any{"runAsNonRoot": false, "runAsUser": int64(0)},
					}},
					"nodeSelector": anyMap(c.pool.NodeSelector),
					"tolerations":  tolerations,
				},
			},
		}},
	}

	out.ready = ready
	out.status = map[string]any{
		"model":      map[string]any{"name": m.Spec.Model.Name},
		"placements": map[string]any{"total": int64(1), "ready": int64(0)},
		"assignments": []any{map[string]any{
			"served": served, "surge": int64(0), "environment": environment, "migProfile": c.profile, "nodes": nodes, "pool": c.pool.Name,
			"model": map[string]any{"kind": d.Spec.ModelRef.Kind, "name": d.Spec.ModelRef.Name}, "ready": ready,
			"replicas": replicas, "resourceName": gpu, "servingProfile": c.serving.Name,
			"units": nodes * perNode * replicas, "unitsPerNode": perNode,
		}},
	}
	serving := Told{"Serving", ready, "Starting", environment + ": the service is not Ready yet"}
	if ready {
		serving.reason, serving.message = "Serving", ""
		out.status["placements"] = map[string]any{"total": int64(1), "ready": int64(1)}
		out.status["endpoint"] = map[string]any{"url": in.service.Status.URL}
	} else if in.service == nil {
		serving.message = environment + ": the service is being created"
		out.placed = "Placed on " + place
	}
	scheduled := Told{"Scheduled", true, "AllScheduled",
		fmt.Sprintf("1 of 1 environment placed: %s (%s x %d)", place, gpu, nodes*perNode*replicas)}
	out.conditions = []Told{scheduled, serving}
	out.plan = map[string]any{
		"scheduled":  planCondition(scheduled),
		"serving":    planCondition(serving),
		"ttlSeconds": out.ttl,
		"placements": []any{map[string]any{
			"key": environment, "reservation": spec,
			"workload": map[string]any{
				"concurrency": false, "cpu": m.Spec.Resources.CPU, "memory": m.Spec.Resources.Memory,
				"engineArgs": anys(c.serving.Engine.Args), "image": c.serving.Engine.Image, "minReplicas": replicas,
				"modelName": m.Spec.Model.Name, "nodeSelector": anyMap(c.pool.NodeSelector), "pipeline": int64(1),
				"providerConfig": environment + "-cluster", "remote": false, "shareReplicas": int64(1),
				"tensor": perNode, "uri": uri,
			},
		}},
	}
}

func planCondition(t Told) map[string]any {
	status := fnv1.Status_STATUS_CONDITION_FALSE
	if t.ok {
		status = fnv1.Status_STATUS_CONDITION_TRUE
	}
	return map[string]any{"message": t.message, "reason": t.reason, "status": int64(status)}
}
