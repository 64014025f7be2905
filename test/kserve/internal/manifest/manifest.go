// SPDX-License-Identifier: Apache-2.0

// Package manifest reads YAML files of one or more objects.
package manifest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// Read returns every object of a file. A key that is written twice is an error.
func Read(file string) ([]*unstructured.Unstructured, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var out []*unstructured.Unstructured
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	for i := 1; ; i++ {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		object, err := parse(document)
		if err != nil {
			return nil, fmt.Errorf("%s: document %d: %w", file, i, err)
		}
		if object != nil {
			out = append(out, object)
		}
	}
}

// parse gives no object for a document of comments only.
func parse(document []byte) (*unstructured.Unstructured, error) {
	json, err := yaml.YAMLToJSONStrict(document)
	if err != nil || string(json) == "null" {
		return nil, err
	}
	object := &unstructured.Unstructured{}
	return object, object.UnmarshalJSON(json)
}

// Is says whether the object is of this kind, in any version of the group.
func Is(object *unstructured.Unstructured, group, kind string) bool {
	k := object.GroupVersionKind()
	return k.Group == group && k.Kind == kind
}

// Wrapped is the manifest in a provider-kubernetes Object; nil for any other kind.
func Wrapped(object *unstructured.Unstructured) *unstructured.Unstructured {
	if !Is(object, "kubernetes.m.crossplane.io", "Object") {
		return nil
	}
	inner, ok, _ := unstructured.NestedMap(object.Object, "spec", "forProvider", "manifest")
	if !ok {
		return nil
	}
	return &unstructured.Unstructured{Object: inner}
}
