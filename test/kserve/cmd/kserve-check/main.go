// SPDX-License-Identifier: Apache-2.0

// kserve-check says what KServe, provider-kubernetes and Kubernetes have against the manifests in files
// of YAML: a line of JSON for each LLMInferenceService, ResourceClaimTemplate and object of
// provider-kubernetes, {"file", "object", "complaints"}. Other kinds are left out.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"example.org/kserve-check/internal/claim"
	"example.org/kserve-check/internal/crd"
	"example.org/kserve-check/internal/kserve"
	"example.org/kserve-check/internal/manifest"
	"example.org/kserve-check/internal/object"
	"example.org/kserve-check/internal/pod"
)

type checker struct {
	crds      crd.Set
	installed []client.Object
}

type verdict struct {
	File       string   `json:"file"`
	Object     string   `json:"object"`
	Complaints []string `json:"complaints"`
}

func main() {
	module := flag.String("kserve", "", "folder of the KServe module")
	provider := flag.String("provider", "", "folder of the provider-kubernetes module")
	preset := flag.String("preset", "", "file of a preset that is installed beside KServe's own")
	flag.Parse()
	ctrllog.SetLogger(logr.Discard())
	if err := run(context.Background(), *module, *provider, *preset, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "kserve-check:", err)
		os.Exit(2)
	}
}

func run(ctx context.Context, module, provider, preset string, files []string) error {
	c, err := newChecker(module, provider, preset)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	for _, file := range files {
		objects, err := manifest.Read(file)
		if err != nil {
			return err
		}
		for _, each := range objects {
			complaints, known := c.check(ctx, each, objects)
			if !known {
				continue
			}
			name := fmt.Sprintf("%s %s", each.GetKind(), each.GetName())
			if err := out.Encode(verdict{file, name, complaints}); err != nil {
				return err
			}
		}
	}
	return nil
}

func newChecker(module, provider, preset string) (*checker, error) {
	c := &checker{crds: crd.Set{}}
	for _, pattern := range []string{
		filepath.Join(module, "config/crd/full/llmisvc/serving.kserve.io_llminferenceservices.yaml"),
		filepath.Join(provider, "package/crds/kubernetes.m.crossplane.io_*.yaml"),
	} {
		if err := c.crds.Add(pattern); err != nil {
			return nil, err
		}
	}
	var err error
	if c.installed, err = kserve.Shipped(module); err != nil || preset == "" {
		return c, err
	}
	further, err := kserve.Preset(preset)
	c.installed = append(c.installed, further)
	return c, err
}

// check gives what is wrong with an object among others, and whether it is of a kind known here.
func (c *checker) check(ctx context.Context, o *unstructured.Unstructured, all []*unstructured.Unstructured) ([]string, bool) {
	kind := o.GroupVersionKind()
	switch {
	case kind.Group == "resource.k8s.io" && kind.Kind == "ResourceClaimTemplate":
		want, err := promised(o, all)
		if err != nil {
			return []string{err.Error()}, true
		}
		return claim.Check(ctx, o, want), true
	case kind.Group == "serving.kserve.io" && kind.Kind == "LLMInferenceService":
		bad := c.crds.Check(ctx, o)
		if len(bad) == 0 {
			bad = c.service(ctx, o)
		}
		return bad, true
	case kind.Group == "kubernetes.m.crossplane.io":
		bad := append(c.crds.Check(ctx, o), object.Check(o)...)
		if inner := manifest.Wrapped(o); inner != nil {
			complaints, _ := c.check(ctx, inner, all)
			for _, each := range complaints {
				bad = append(bad, "manifest: "+each)
			}
		}
		return bad, true
	}
	return nil, false
}

// service asks KServe's webhooks and reconciler, and looks at the pods.
func (c *checker) service(ctx context.Context, o *unstructured.Unstructured) []string {
	cluster := kserve.NewCluster(c.installed)
	defer cluster.Close()
	admitted, bad := cluster.Admit(ctx, o)
	if len(bad) > 0 {
		return bad
	}
	pods, err := cluster.Pods(ctx, admitted)
	if err != nil {
		return []string{err.Error()}
	}
	for _, each := range pods {
		sent := admitted.Spec.Template
		if each.IsWorker && admitted.Spec.Worker != nil {
			sent = admitted.Spec.Worker
		}
		if sent == nil {
			return []string{"nothing was sent to be the template of " + each.Owner}
		}
		complaints := append(pod.Differences(*sent, each.Template.Spec),
			pod.Arguments(ctx, *sent, each.Template.Spec, *admitted.Spec.Model.Name, each.IsWorker)...)
		for _, complaint := range complaints {
			bad = append(bad, each.Owner+": "+complaint)
		}
	}
	return bad
}
