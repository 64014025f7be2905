// SPDX-License-Identifier: Apache-2.0

// Package kserve runs KServe's own admission, conversion and reconciler over an in-memory API.
package kserve

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/kserve/kserve/pkg/apis/serving/v1alpha2"
	"github.com/kserve/kserve/pkg/constants"
	kservescheme "github.com/kserve/kserve/pkg/scheme"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gwapiv1 "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/yaml"
)

// Service is the stored form of an LLMInferenceService.
type Service = *v1alpha2.LLMInferenceService

// Scheme knows what KServe's manager knows.
func Scheme() *runtime.Scheme {
	s := runtime.NewScheme()
	for _, err := range []error{clientgoscheme.AddToScheme(s), kservescheme.AddLLMISVCAPIs(s)} {
		if err != nil {
			panic(err)
		}
	}
	return s
}

// Shipped reads what a release of KServe installs: its ConfigMap first, then its presets.
func Shipped(module string) ([]client.Object, error) {
	settings := &corev1.ConfigMap{}
	if err := read(filepath.Join(module, "config", "configmap", "inferenceservice.yaml"), settings); err != nil {
		return nil, err
	}
	settings.Name, settings.Namespace = constants.InferenceServiceConfigMapName, constants.KServeNamespace
	delete(settings.Data, "_example")
	out := []client.Object{settings}

	files, err := filepath.Glob(filepath.Join(module, "config", "llmisvcconfig", "config-*.yaml"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		preset, err := Preset(file)
		if err != nil {
			return nil, err
		}
		out = append(out, preset)
	}
	return out, nil
}

// Preset reads one, and puts it where KServe looks for those that all namespaces share.
func Preset(file string) (client.Object, error) {
	preset := &v1alpha2.LLMInferenceServiceConfig{}
	if err := read(file, preset); err != nil {
		return nil, err
	}
	preset.Namespace = constants.KServeNamespace
	return preset, nil
}

func read(file string, into any) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := yaml.UnmarshalStrict(data, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// Gateway is what an administrator sets up beside KServe: the Gateway that its ConfigMap names,
// accepted and programmed by some controller.
func Gateway() []client.Object {
	const class = "check"
	condition := func(name string) metav1.Condition {
		return metav1.Condition{Type: name, Status: metav1.ConditionTrue, Reason: name, LastTransitionTime: metav1.Now()}
	}
	return []client.Object{
		&gwapiv1.GatewayClass{
			ObjectMeta: metav1.ObjectMeta{Name: class},
			Spec:       gwapiv1.GatewayClassSpec{ControllerName: "example.org/check"},
		},
		&gwapiv1.Gateway{
			ObjectMeta: metav1.ObjectMeta{Name: "kserve-ingress-gateway", Namespace: constants.KServeNamespace},
			Spec: gwapiv1.GatewaySpec{GatewayClassName: class, Listeners: []gwapiv1.Listener{{
				Name: "http", Port: 80, Protocol: gwapiv1.HTTPProtocolType,
				AllowedRoutes: &gwapiv1.AllowedRoutes{
					Namespaces: &gwapiv1.RouteNamespaces{From: ptr.To(gwapiv1.NamespacesFromAll)},
				},
			}}},
			Status: gwapiv1.GatewayStatus{
				Addresses:  []gwapiv1.GatewayStatusAddress{{Value: "192.0.2.1"}},
				Conditions: []metav1.Condition{condition("Accepted"), condition("Programmed")},
			},
		},
	}
}
