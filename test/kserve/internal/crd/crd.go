// SPDX-License-Identifier: Apache-2.0

// Package crd checks objects as an API server checks custom resources: schema, list types, object
// metadata and CEL rules, with unknown fields refused.
package crd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	runtimeschema "k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

// Set holds compiled checkers by group, version and kind.
type Set map[runtimeschema.GroupVersionKind]*checker

type checker struct {
	structural *schema.Structural
	schema     validation.SchemaValidator
	cel        *cel.Validator
}

// Add compiles every served version of the CRDs in the files that match pattern.
func (s Set) Add(pattern string) error {
	files, err := filepath.Glob(pattern)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("no CRD at %s", pattern)
	}
	for _, file := range files {
		if err := s.add(file); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

func (s Set) add(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	_ = apiextv1.AddToScheme(scheme)
	_ = apiextensions.AddToScheme(scheme)
	v1, internal := &apiextv1.CustomResourceDefinition{}, &apiextensions.CustomResourceDefinition{}
	if err := yaml.Unmarshal(data, v1); err != nil {
		return err
	}
	if err := scheme.Convert(v1, internal, nil); err != nil {
		return err
	}
	for _, version := range v1.Spec.Versions {
		if !version.Served {
			continue
		}
		c, err := compile(internal, version.Name)
		if err != nil {
			return fmt.Errorf("version %s: %w", version.Name, err)
		}
		s[runtimeschema.GroupVersionKind{Group: v1.Spec.Group, Version: version.Name, Kind: v1.Spec.Names.Kind}] = c
	}
	return nil
}

func compile(definition *apiextensions.CustomResourceDefinition, version string) (*checker, error) {
	validated, err := apiextensions.GetSchemaForVersion(definition, version)
	if err != nil {
		return nil, err
	}
	structural, err := schema.NewStructural(validated.OpenAPIV3Schema)
	if err != nil {
		return nil, err
	}
	validator, _, err := validation.NewSchemaValidator(validated.OpenAPIV3Schema)
	if err != nil {
		return nil, err
	}
	return &checker{structural, validator, cel.NewValidator(structural, true, celconfig.PerCallLimit)}, nil
}

// Check says what an API server with strict field validation would refuse.
func (s Set) Check(ctx context.Context, object *unstructured.Unstructured) []string {
	c, ok := s[object.GroupVersionKind()]
	if !ok {
		return []string{fmt.Sprintf("no CRD for %s", object.GroupVersionKind())}
	}
	var bad []string
	u := object.DeepCopy()
	metadata := u.Object["metadata"]
	track := schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	for _, path := range pruning.PruneWithOptions(u.Object, c.structural, true, track) {
		bad = append(bad, fmt.Sprintf("unknown field %q", path))
	}
	u.Object["metadata"] = metadata
	defaulting.Default(u.Object, c.structural)

	errs := validation.ValidateCustomResource(nil, u.UnstructuredContent(), c.schema)
	errs = append(errs, objectmeta.Validate(nil, u.Object, c.structural, true)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, c.structural, u.Object)...)
	bad = append(bad, sentences("schema", errs)...)
	if c.cel != nil && len(errs) == 0 {
		errs, _ = c.cel.Validate(ctx, nil, c.structural, u.Object, nil, celconfig.RuntimeCELCostBudget)
		bad = append(bad, sentences("CEL rule", errs)...)
	}
	return bad
}

func sentences(who string, errs field.ErrorList) []string {
	var out []string
	for _, err := range errs {
		out = append(out, who+": "+err.Error())
	}
	return out
}
