// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/types/known/structpb"
)

// Without the SDK's conversions: members are taken out of protobuf's structs.

type fields map[string]*structpb.Value

func (f fields) at(names ...string) fields {
	for _, name := range names {
		f = f[name].GetStructValue().GetFields()
	}
	return f
}

func (f fields) text(name string) string  { return f[name].GetStringValue() }
func (f fields) number(name string) int64 { return int64(f[name].GetNumberValue()) }
func (f fields) list(name string) []fields {
	return each(f[name], func(v *structpb.Value) fields { return v.GetStructValue().GetFields() })
}
func (f fields) texts(name string) []string {
	return each(f[name], (*structpb.Value).GetStringValue)
}

func (f fields) labels(name string) map[string]string {
	from := f.at(name)
	out := make(map[string]string, len(from))
	for key, value := range from {
		out[key] = value.GetStringValue()
	}
	return out
}

func each[T any](list *structpb.Value, of func(*structpb.Value) T) []T {
	values := list.GetListValue().GetValues()
	out := make([]T, len(values))
	for i, value := range values {
		out[i] = of(value)
	}
	return out
}

func metadataOf(object fields) Metadata {
	f := object.at("metadata")
	m := Metadata{
		Name:              f.text("name"),
		Namespace:         f.text("namespace"),
		Labels:            f.labels("labels"),
		CreationTimestamp: f.text("creationTimestamp"),
		Generation:        f.number("generation"),
	}
	for _, owner := range f.list("ownerReferences") {
		m.OwnerReferences = append(m.OwnerReferences, Owner{
			APIVersion: owner.text("apiVersion"), Kind: owner.text("kind"), Name: owner.text("name"),
			Controller: owner["controller"].GetBoolValue(),
		})
	}
	return m
}

func statusOf(object fields) Status {
	f := object.at("status")
	s := Status{ObservedGeneration: f.number("observedGeneration"), URL: f.text("url"), ReadyReplicas: f.number("readyReplicas")}
	for _, c := range f.list("conditions") {
		s.Conditions = append(s.Conditions, Condition{Type: c.text("type"), Status: c.text("status")})
	}
	return s
}

func deploymentOf(object fields) (d Deployment) {
	spec := object.at("spec")
	d.APIVersion = object.text("apiVersion")
	d.Kind = object.text("kind")
	d.Metadata = metadataOf(object)
	d.Spec.ModelRef.Kind = spec.at("modelRef").text("kind")
	d.Spec.ModelRef.Name = spec.at("modelRef").text("name")
	d.Spec.EnvironmentSelector.MatchLabels = spec.at("environmentSelector").labels("matchLabels")
	d.Spec.Scaling.Fixed.Replicas = spec.at("scaling", "fixed").number("replicas")
	d.Spec.Priority = spec.number("priority")
	return d
}

func modelOf(object fields) *Model {
	m, spec := &Model{}, object.at("spec")
	m.Spec.Model.Name = spec.at("model").text("name")
	m.Spec.HuggingFace.Repo = spec.at("huggingFace").text("repo")
	m.Spec.HuggingFace.Revision = spec.at("huggingFace").text("revision")
	m.Spec.Resources.CPU = spec.at("resources").text("cpu")
	m.Spec.Resources.Memory = spec.at("resources").text("memory")
	for _, f := range spec.list("serving") {
		s, topology := Serving{Name: f.text("name")}, f.at("replicaTopology")
		s.Engine.Image = f.at("engine").text("image")
		s.Engine.Args = f.at("engine").texts("args")
		s.ReplicaTopology.Nodes = topology.number("nodes")
		s.ReplicaTopology.GPUsPerNode = topology.number("gpusPerNode")
		requires := topology.at("requires")
		s.ReplicaTopology.Requires.MemoryPerGPU = requires.text("memoryPerGpu")
		s.ReplicaTopology.Requires.Interconnect = requires.text("interconnect")
		s.ReplicaTopology.Requires.PrecisionSupport = requires.texts("precisionSupport")
		m.Spec.Serving = append(m.Spec.Serving, s)
	}
	return m
}

func environmentOf(object fields) (e Environment) {
	e.Metadata = metadataOf(object)
	e.Status = statusOf(object)
	for _, f := range object.at("spec").list("nodePools") {
		capabilities := f.at("capabilities")
		p := Pool{
			Name:             f.text("name"),
			AcceleratorType:  f.text("acceleratorType"),
			AcceleratorCount: f.number("acceleratorCount"),
			MaxNodeCount:     f.number("maxNodeCount"),
			NodeSelector:     f.labels("nodeSelector"),
			CostPerUnitHour:  f.text("costPerUnitHour"),
		}
		p.Capabilities.MemoryPerGPU = capabilities.text("memoryPerGpu")
		p.Capabilities.Interconnect = capabilities.text("interconnect")
		p.Capabilities.PrecisionSupport = capabilities.texts("precisionSupport")
		p.MIGConfiguration.Profile = f.at("migConfiguration").text("profile")
		p.Sharing.Replicas = f.at("sharing").number("replicas")
		e.Spec.NodePools = append(e.Spec.NodePools, p)
	}
	return e
}

func gpuReservationOf(object fields) (r GPUReservation) {
	spec := object.at("spec")
	r.Metadata = metadataOf(object)
	r.Spec.Environment = spec.text("environment")
	r.Spec.Pool = spec.text("pool")
	r.Spec.MIGProfile = spec.text("migProfile")
	r.Spec.ServingProfile = spec.text("servingProfile")
	r.Spec.Nodes = spec.number("nodes")
	r.Spec.UnitsPerNode = spec.number("unitsPerNode")
	r.Spec.Reserved = spec.number("reserved")
	r.Spec.Used = spec.number("used")
	r.Spec.Served = spec["served"].GetBoolValue()
	r.Spec.Priority = spec.number("priority")
	return r
}

func fieldsOf(r *fnv1.Resource) fields { return r.GetResource().GetFields() }

func items[T any](resources *fnv1.Resources, of func(fields) T) []T {
	out := make([]T, len(resources.GetItems()))
	for i, item := range resources.GetItems() {
		out[i] = of(fieldsOf(item))
	}
	return out
}

func readStructs(req *fnv1.RunFunctionRequest) (*Inputs, error) {
	in := &Inputs{deployment: deploymentOf(fieldsOf(req.GetObserved().GetComposite()))}
	for name, r := range req.GetObserved().GetResources() {
		switch {
		case strings.HasPrefix(name, "reservation-"):
			held := gpuReservationOf(fieldsOf(r))
			in.held = &held
		case strings.HasPrefix(name, "serving-"):
			in.service = &Service{Metadata: metadataOf(fieldsOf(r)), Status: statusOf(fieldsOf(r))}
		}
	}
	for key, resources := range req.GetRequiredResources() {
		switch {
		case key == "model" && len(resources.GetItems()) > 0:
			in.model = modelOf(fieldsOf(resources.GetItems()[0]))
		case key == "environments":
			in.environments = items(resources, environmentOf)
		case key == "reservations":
			in.reservations = items(resources, gpuReservationOf)
		case strings.HasPrefix(key, "environment-"):
			in.own = items(resources, environmentOf)
		}
	}
	return in, nil
}

func writeStructs(_ *fnv1.RunFunctionRequest, rsp *fnv1.RunFunctionResponse, in *Inputs, out *Outputs) error {
	if rsp.Desired == nil {
		rsp.Desired = &fnv1.State{}
	}
	if rsp.Desired.Resources == nil {
		rsp.Desired.Resources = map[string]*fnv1.Resource{}
	}
	xr, err := structpb.NewStruct(map[string]any{
		"apiVersion": in.deployment.APIVersion, "kind": in.deployment.Kind, "status": out.status,
	})
	if err != nil {
		return err
	}
	rsp.Desired.Composite = &fnv1.Resource{Resource: xr, Ready: readiness(out.ready)}
	for name, one := range out.composed {
		object, err := structpb.NewStruct(one.object)
		if err != nil {
			return err
		}
		rsp.Desired.Resources[name] = &fnv1.Resource{Resource: object, Ready: readiness(one.ready)}
	}
	return nil
}

func readiness(is bool) fnv1.Ready {
	if is {
		return fnv1.Ready_READY_TRUE
	}
	return fnv1.Ready_READY_FALSE
}
