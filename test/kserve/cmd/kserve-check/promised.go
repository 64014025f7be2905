// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"example.org/kserve-check/internal/claim"
	"example.org/kserve-check/internal/manifest"
)

const assignment = "gpuplacement.fn.crossplane.io/assignment"

// promised is what the assignment of the service that uses a claim template says; nil when no service
// uses it, or one that lost its assignment.
func promised(template *unstructured.Unstructured, all []*unstructured.Unstructured) (*claim.Want, error) {
	for _, each := range all {
		service := each
		if inner := manifest.Wrapped(each); inner != nil {
			service = inner
		}
		text := service.GetAnnotations()[assignment]
		if text == "" || !uses(service, template) {
			continue
		}
		var a struct {
			MigProfile   string
			UnitsPerNode int64
		}
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			return nil, fmt.Errorf("the assignment of %s: %w", service.GetName(), err)
		}
		return &claim.Want{Profile: a.MigProfile, Count: a.UnitsPerNode}, nil
	}
	return nil, nil
}

func uses(service, template *unstructured.Unstructured) bool {
	if !manifest.Is(service, "serving.kserve.io", "LLMInferenceService") ||
		service.GetNamespace() != template.GetNamespace() {
		return false
	}
	fields, _, _ := unstructured.NestedMap(service.Object, "spec", "template")
	pod := corev1.PodSpec{}
	if runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &pod) != nil {
		return false
	}
	for _, each := range pod.ResourceClaims {
		if name := each.ResourceClaimTemplateName; name != nil && *name == template.GetName() {
			return true
		}
	}
	return false
}
