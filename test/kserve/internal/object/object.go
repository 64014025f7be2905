// SPDX-License-Identifier: Apache-2.0

// Package object asks the readiness query of a provider-kubernetes Object about services in many states.
package object

import (
	"encoding/json"
	"fmt"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"example.org/kserve-check/internal/manifest"
)

// When a service is ready.
const (
	never    = iota
	unrouted // when no route was asked for
	always
)

// What may be observed, and what the query should make of it.
var states = []struct {
	name, json string
	ready      int
}{
	{"just created", `{"metadata":{"generation":1}}`, never},
	{"with an empty status", `{"metadata":{"generation":1},"status":{}}`, never},
	{"not ready", `{"metadata":{"generation":1},"status":{"observedGeneration":1,"url":"http://a",
		"conditions":[{"type":"Ready","status":"False"}]}}`, never},
	{"of unknown readiness", `{"metadata":{"generation":1},"status":{"observedGeneration":1,"url":"http://a",
		"conditions":[{"type":"Ready","status":"Unknown"}]}}`, never},
	{"ready before its last change", `{"metadata":{"generation":2},"status":{"observedGeneration":1,"url":"http://a",
		"conditions":[{"type":"Ready","status":"True"}]}}`, never},
	{"ready, with presets that no longer combine", `{"metadata":{"generation":1},"status":{"observedGeneration":1,
		"url":"http://a","conditions":[{"type":"PresetsCombined","status":"False"},{"type":"Ready","status":"True"}]}}`, never},
	{"ready without an address", `{"metadata":{"generation":1},"status":{"observedGeneration":1,
		"conditions":[{"type":"Ready","status":"True"}]}}`, unrouted},
	{"ready with an empty address", `{"metadata":{"generation":1},"status":{"observedGeneration":1,"url":"",
		"conditions":[{"type":"Ready","status":"True"}]}}`, unrouted},
	{"ready", `{"metadata":{"generation":2},"status":{"observedGeneration":2,"url":"http://a",
		"conditions":[{"type":"PresetsCombined","status":"True"},{"type":"Ready","status":"True"}]}}`, always},
}

// Check compiles the query as the provider does and says where its answer is wrong.
func Check(object *unstructured.Unstructured) []string {
	service := manifest.Wrapped(object)
	if service == nil || service.GetKind() != "LLMInferenceService" {
		return nil
	}
	policy, _, _ := unstructured.NestedString(object.Object, "spec", "readiness", "policy")
	query, _, _ := unstructured.NestedString(object.Object, "spec", "readiness", "celQuery")
	if policy != "DeriveFromCelQuery" {
		return []string{fmt.Sprintf("readiness policy %q: says nothing of what is served", policy)}
	}
	program, err := compile(query)
	if err != nil {
		return []string{fmt.Sprintf("readiness query: %v", err)}
	}
	_, routed, _ := unstructured.NestedMap(service.Object, "spec", "router")
	var bad []string
	for _, state := range states {
		observed := map[string]any{}
		if err := json.Unmarshal([]byte(state.json), &observed); err != nil {
			panic(err)
		}
		want := state.ready == always || state.ready == unrouted && !routed
		got, _, err := program.Eval(map[string]any{"object": observed})
		if err != nil {
			bad = append(bad, fmt.Sprintf("readiness query of a service %s: %v", state.name, err))
		} else if (got == types.True) != want {
			bad = append(bad, fmt.Sprintf("readiness query of a service %s: answers %v", state.name, got))
		}
	}
	return bad
}

// compile does without optional types, which older providers lack.
func compile(query string) (cel.Program, error) {
	env, err := cel.NewEnv(cel.Variable("object", cel.AnyType))
	if err != nil {
		return nil, err
	}
	ast, issues := env.Compile(query)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	if ast.OutputType() != cel.BoolType {
		return nil, fmt.Errorf("type %s, want bool: the provider would never call it ready, and not say why", ast.OutputType())
	}
	return env.Program(ast)
}
