// SPDX-License-Identifier: Apache-2.0

package kserve

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/kserve/kserve/pkg/apis/serving/v1alpha2"
	"github.com/kserve/kserve/pkg/controller/v1alpha2/llmisvc"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	clientsetfake "k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/record"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	lwsapi "sigs.k8s.io/lws/api/leaderworkerset/v1"
)

// Cluster is KServe over an API in memory, which knows neither defaults nor admission.
type Cluster struct {
	client.Client
	clientset  kubernetes.Interface
	reconciler *llmisvc.LLMISVCReconciler
	discovery  *httptest.Server
}

// NewCluster installs what Shipped gave, and further presets. Close must be called.
func NewCluster(installed []client.Object) *Cluster {
	s := Scheme()
	c := &Cluster{discovery: noFurtherKinds()}
	objects := append(Gateway(), installed...)
	for i := range objects {
		objects[i] = objects[i].DeepCopyObject().(client.Object)
	}
	c.Client = fake.NewClientBuilder().WithScheme(s).WithRESTMapper(mapper(s)).
		WithObjects(objects...).WithStatusSubresource(&v1alpha2.LLMInferenceService{}).Build()
	c.clientset = clientsetfake.NewSimpleClientset(installed[0])
	c.reconciler = &llmisvc.LLMISVCReconciler{
		Client: c.Client, Clientset: c.clientset, EventRecorder: record.NewFakeRecorder(1000),
		Config: &rest.Config{Host: c.discovery.URL},
		Validator: func(ctx context.Context, s *v1alpha2.LLMInferenceService) error {
			_, err := (&v1alpha2.LLMInferenceServiceValidator{}).ValidateCreate(ctx, s)
			return err
		},
	}
	return c
}

// Close stops what NewCluster started.
func (c *Cluster) Close() { c.discovery.Close() }

// KServe asks an API server which optional kinds there are.
func noFurtherKinds() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(metav1.APIResourceList{
			TypeMeta:     metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"},
			GroupVersion: strings.TrimPrefix(r.URL.Path, "/apis/"),
		})
	}))
}

// KServe asks it too which of them live in namespaces.
func mapper(s *runtime.Scheme) meta.RESTMapper {
	global := []string{"Namespace", "Node", "ClusterRoleBinding", "ClusterRole", "GatewayClass", "PersistentVolume",
		"DeviceClass", "ResourceSlice", "CustomResourceDefinition"}
	m := meta.NewDefaultRESTMapper(nil)
	for kind := range s.AllKnownTypes() {
		scope := meta.RESTScopeNamespace
		if slices.Contains(global, kind.Kind) {
			scope = meta.RESTScopeRoot
		}
		m.Add(kind, scope)
	}
	return m
}

// Pod is one shape of pods that KServe asks for.
type Pod struct {
	Owner    string
	IsWorker bool
	Template corev1.PodTemplateSpec
}

// Pods reconciles a service that was admitted and gives the pods that come out.
func (c *Cluster) Pods(ctx context.Context, service Service) ([]Pod, error) {
	created := service.DeepCopy()
	created.UID = "the-service"
	secret, err := certificate(created)
	if err != nil {
		return nil, err
	}
	for _, each := range append(referenced(created), created, secret) {
		if err := c.Create(ctx, each); err != nil {
			return nil, err
		}
	}
	key := client.ObjectKeyFromObject(service)
	if _, err := c.reconciler.Reconcile(ctx, ctrl.Request{NamespacedName: key}); err != nil {
		return nil, fmt.Errorf("reconciler: %w", err)
	}
	pods, err := c.pods(ctx, service.Namespace)
	if err == nil && len(pods) == 0 {
		err = fmt.Errorf("reconciler: no pods: %s", c.conditions(ctx, key))
	}
	return pods, err
}

// absent begins the names of presets that no user has made, for the sample about them.
const absent = "absent-"

// referenced is what a service names and others make: presets of a user's own and service accounts.
func referenced(service Service) []client.Object {
	var out []client.Object
	for _, each := range service.Spec.BaseRefs {
		if strings.HasPrefix(each.Name, absent) {
			continue
		}
		out = append(out, &v1alpha2.LLMInferenceServiceConfig{
			ObjectMeta: metav1.ObjectMeta{Name: each.Name, Namespace: service.Namespace},
		})
	}
	if pod := service.Spec.Template; pod != nil && pod.ServiceAccountName != "" {
		out = append(out, &corev1.ServiceAccount{
			ObjectMeta: metav1.ObjectMeta{Name: pod.ServiceAccountName, Namespace: service.Namespace},
		})
	}
	return out
}

func (c *Cluster) pods(ctx context.Context, namespace string) ([]Pod, error) {
	var out []Pod
	deployments, groups := &appsv1.DeploymentList{}, &lwsapi.LeaderWorkerSetList{}
	if err := c.List(ctx, deployments, client.InNamespace(namespace)); err != nil {
		return nil, err
	}
	for _, d := range deployments.Items {
		out = append(out, Pod{"Deployment " + d.Name, false, d.Spec.Template})
	}
	if err := c.List(ctx, groups, client.InNamespace(namespace)); err != nil {
		return nil, err
	}
	for _, g := range groups.Items {
		t := g.Spec.LeaderWorkerTemplate
		if t.LeaderTemplate != nil {
			out = append(out, Pod{"leader of LeaderWorkerSet " + g.Name, false, *t.LeaderTemplate})
		}
		out = append(out, Pod{"worker of LeaderWorkerSet " + g.Name, true, t.WorkerTemplate})
	}
	return out, nil
}

// conditions are those of the service that are not true, in one line.
func (c *Cluster) conditions(ctx context.Context, key client.ObjectKey) string {
	service := &v1alpha2.LLMInferenceService{}
	if err := c.Get(ctx, key, service); err != nil {
		return err.Error()
	}
	var out []string
	for _, x := range service.Status.Conditions {
		if x.Status != corev1.ConditionTrue {
			out = append(out, fmt.Sprintf("%s=%s %s %s", x.Type, x.Status, x.Reason, x.Message))
		}
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}
