// SPDX-License-Identifier: Apache-2.0

// Package claim asks the selectors of a ResourceClaimTemplate about devices, with Kubernetes' own library.
package claim

import (
	"context"
	"fmt"
	"slices"
	"strings"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/dynamic-resource-allocation/cel"
	"k8s.io/utils/ptr"
)

const driver = "gpu.nvidia.com"

// What the classes of NVIDIA's driver select (its chart, v25.12).
var classes = map[string]string{
	"gpu.nvidia.com": `device.driver == 'gpu.nvidia.com' && device.attributes['gpu.nvidia.com'].type == 'gpu'`,
	"mig.nvidia.com": `device.driver == 'gpu.nvidia.com' && device.attributes['gpu.nvidia.com'].type == 'mig'`,
}

// The whole GPU, and names of slices that are easily mistaken for each other.
const wholeGPU = "a whole GPU"

var profiles = []string{"1g.10gb", "1g.10gb+me", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb",
	"1g.24gb", "1g.24gb+gfx", "1g.24gb+me.all", "1g.24gb-me"}

// Want is what a pod that uses the template was promised.
type Want struct {
	Profile string // as NVIDIA writes it; empty: whole GPUs
	Count   int64
}

// Check says what is wrong with a template: want may be nil when nothing uses it any more.
func Check(ctx context.Context, object *unstructured.Unstructured, want *Want) []string {
	template := resourceapi.ResourceClaimTemplate{}
	err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, &template, true)
	if err != nil {
		return []string{err.Error()}
	}
	requests := template.Spec.Spec.Devices.Requests
	if len(requests) != 1 || requests[0].Exactly == nil {
		return []string{"not one request with exactly"}
	}
	request := requests[0].Exactly
	got, err := matching(ctx, request, want)
	if err != nil {
		return []string{err.Error()}
	}
	var bad []string
	if len(got) != 1 {
		bad = append(bad, fmt.Sprintf("takes %d kinds of devices: %s", len(got), strings.Join(got, ", ")))
	}
	if want == nil {
		return bad
	}
	if device := want.device(); !slices.Equal(got, []string{device}) {
		bad = append(bad, fmt.Sprintf("takes %q, promised was %q", got, device))
	}
	if request.AllocationMode == resourceapi.DeviceAllocationModeAll || max(request.Count, 1) != want.Count {
		bad = append(bad, fmt.Sprintf("takes %d devices, promised were %d", max(request.Count, 1), want.Count))
	}
	return bad
}

func (w *Want) device() string {
	if w.Profile == "" {
		return wholeGPU
	}
	return w.Profile
}

// matching names the devices that the class and all selectors of a request take.
func matching(ctx context.Context, request *resourceapi.ExactDeviceRequest, want *Want) ([]string, error) {
	class, known := classes[request.DeviceClassName]
	if !known {
		return nil, fmt.Errorf("device class %q is none of NVIDIA's driver", request.DeviceClassName)
	}
	programs := []cel.CompilationResult{compile(class)}
	for i, selector := range request.Selectors {
		if selector.CEL == nil {
			return nil, fmt.Errorf("selector %d has no cel", i)
		}
		program := compile(selector.CEL.Expression)
		if program.Error != nil {
			return nil, fmt.Errorf("selector %q: %w", selector.CEL.Expression, program.Error)
		}
		if program.MaxCost > resourceapi.CELSelectorExpressionMaxCost {
			return nil, fmt.Errorf("selector %q costs %d, at most %d is allowed", selector.CEL.Expression,
				program.MaxCost, resourceapi.CELSelectorExpressionMaxCost)
		}
		programs = append(programs, program)
	}
	names := append([]string{wholeGPU}, profiles...)
	if want != nil && !slices.Contains(names, want.device()) {
		names = append(names, want.device())
	}
	var out []string
	for _, name := range names {
		matches, err := matchesAll(ctx, programs, device(name))
		if err != nil {
			return nil, fmt.Errorf("asked about %s: %w", name, err)
		}
		if matches {
			out = append(out, name)
		}
	}
	return out, nil
}

func compile(expression string) cel.CompilationResult {
	return cel.GetCompiler(cel.Features{}).CompileCELExpression(expression,
		cel.Options{EnvType: ptr.To(environment.NewExpressions)})
}

// The first that does not match ends it, as in the scheduler.
func matchesAll(ctx context.Context, programs []cel.CompilationResult, device cel.Device) (bool, error) {
	for _, program := range programs {
		matches, _, err := program.DeviceMatches(ctx, device)
		if err != nil || !matches {
			return false, err
		}
	}
	return true, nil
}

// device has the attributes that the driver publishes; a whole GPU has no profile.
func device(name string) cel.Device {
	attributes := map[resourceapi.QualifiedName]resourceapi.DeviceAttribute{
		"type":        {StringValue: ptr.To("gpu")},
		"productName": {StringValue: ptr.To("NVIDIA H100 80GB HBM3")},
	}
	if name != wholeGPU {
		attributes["type"] = resourceapi.DeviceAttribute{StringValue: ptr.To("mig")}
		attributes["profile"] = resourceapi.DeviceAttribute{StringValue: ptr.To(name)}
		attributes["parentUUID"] = resourceapi.DeviceAttribute{StringValue: ptr.To("GPU-0")}
	}
	return cel.Device{Driver: driver, Attributes: attributes}
}
