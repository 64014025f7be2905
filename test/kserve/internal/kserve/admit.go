// SPDX-License-Identifier: Apache-2.0

package kserve

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/kserve/kserve/pkg/apis/serving/v1alpha1"
	"github.com/kserve/kserve/pkg/apis/serving/v1alpha2"
	webhook "github.com/kserve/kserve/pkg/webhook/admission/llminferenceservice"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// Admit runs both webhooks of v1alpha2 and gives what would be stored, with what they have against it.
// The defaults must leave what was sent, and a client of v1alpha1 must see all of it.
func (c *Cluster) Admit(ctx context.Context, sent *unstructured.Unstructured) (Service, []string) {
	service := &v1alpha2.LLMInferenceService{}
	if err := decode(sent, service); err != nil {
		return nil, []string{err.Error()}
	}
	var bad []string
	complain := func(who string, err error) {
		if err != nil {
			bad = append(bad, who+": "+err.Error())
		}
	}
	defaulter := webhook.LLMInferenceServiceDefaulterV1Alpha2{Client: c.Client, Clientset: c.clientset}
	validator := v1alpha2.LLMInferenceServiceValidator{}
	complain("defaulting webhook", defaulter.Default(ctx, service))
	_, err := validator.ValidateCreate(ctx, service)
	complain("validating webhook", err)
	_, err = validator.ValidateUpdate(ctx, service.DeepCopy(), service)
	complain("validating webhook, of the same again", err)
	for _, path := range changed("", sent.Object, plain(service)) {
		bad = append(bad, "the defaulting webhook changes "+path)
	}
	return service, append(bad, lost(ctx, service)...)
}

// lost says what does not survive v1alpha1.
func lost(ctx context.Context, service Service) []string {
	old, back := &v1alpha1.LLMInferenceService{}, &v1alpha2.LLMInferenceService{}
	if err := old.ConvertFrom(service.DeepCopy()); err != nil {
		return []string{"as v1alpha1: " + err.Error()}
	}
	if err := old.ConvertTo(back); err != nil {
		return []string{"back from v1alpha1: " + err.Error()}
	}
	back.TypeMeta = service.TypeMeta
	if equality.Semantic.DeepEqual(service, back) {
		return nil
	}
	var bad []string
	for _, path := range changed("", plain(service), plain(back)) {
		bad = append(bad, "v1alpha1 cannot say "+path)
	}
	return bad
}

func decode(object *unstructured.Unstructured, into any) error {
	return runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, into, true)
}

func plain(object any) map[string]any {
	out, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		panic(err)
	}
	return out
}

// changed lists the paths of a whose value b has not.
func changed(path string, a, b any) []string {
	switch a := a.(type) {
	case map[string]any:
		b, _ := b.(map[string]any)
		var out []string
		for name, value := range a {
			out = append(out, changed(path+"."+name, value, b[name])...)
		}
		slices.Sort(out)
		return out
	case []any:
		if b, ok := b.([]any); ok && len(a) == len(b) {
			var out []string
			for i := range a {
				out = append(out, changed(fmt.Sprintf("%s[%d]", path, i), a[i], b[i])...)
			}
			return out
		}
	}
	was, _ := json.Marshal(a)
	is, _ := json.Marshal(b)
	if string(was) == string(is) {
		return nil
	}
	return []string{fmt.Sprintf("%s from %s to %s", path, was, is)}
}
