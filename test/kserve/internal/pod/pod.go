// SPDX-License-Identifier: Apache-2.0

// Package pod compares the pod that a service asks for with the pod that KServe makes of it.
package pod

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
)

const mainContainer = "main"

// Differences says where what was sent is not what would run. What decides where the pod runs must be
// exactly as sent; of the rest KServe may add to it.
func Differences(sent, got corev1.PodSpec) []string {
	wanted, made := container(sent.Containers), container(got.Containers)
	if wanted == nil || made == nil {
		return []string{"there is no container main in what was sent"}
	}
	var bad []string
	equal := func(what string, want, have any) {
		if !equality.Semantic.DeepEqual(want, have) {
			bad = append(bad, fmt.Sprintf("%s: sent %v, made %v", what, want, have))
		}
	}
	equal("limits", amounts(wanted.Resources.Limits), amounts(made.Resources.Limits))
	equal("claims of the container", wanted.Resources.Claims, made.Resources.Claims)
	equal("claims of the pod", sent.ResourceClaims, got.ResourceClaims)
	equal("nodeSelector", sent.NodeSelector, got.NodeSelector)
	equal("tolerations", sent.Tolerations, got.Tolerations)
	equal("affinity", sent.Affinity, got.Affinity)
	equal("priorityClassName", sent.PriorityClassName, got.PriorityClassName)
	equal("runtimeClassName", sent.RuntimeClassName, got.RuntimeClassName)
	for name, amount := range wanted.Resources.Requests {
		equal("request of "+string(name), amount.String(), amounts(made.Resources.Requests)[string(name)])
	}
	if wanted.Image != "" {
		equal("image", wanted.Image, made.Image)
	}
	equal("imagePullSecrets", sent.ImagePullSecrets, got.ImagePullSecrets)
	equal("hostIPC", sent.HostIPC, got.HostIPC)
	if user := wanted.SecurityContext; user != nil {
		if !isModelcar(got) { // whose files are read through /proc, as one user
			equal("runAsUser", user.RunAsUser, made.SecurityContext.RunAsUser)
		}
		equal("runAsNonRoot", user.RunAsNonRoot, made.SecurityContext.RunAsNonRoot)
	}
	bad = append(bad, missing("container main", wanted.Env, made.Env)...)
	for _, each := range sent.InitContainers {
		bad = append(bad, missing("init container "+each.Name, each.Env, initEnv(got, each.Name))...)
	}
	return append(bad, others(got)...)
}

func container(all []corev1.Container) *corev1.Container {
	i := slices.IndexFunc(all, func(c corev1.Container) bool { return c.Name == mainContainer })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// isModelcar says whether the weights are in the image of a container beside main.
func isModelcar(got corev1.PodSpec) bool {
	return slices.ContainsFunc(got.Containers, func(c corev1.Container) bool { return c.Name == "modelcar" })
}

func amounts(list corev1.ResourceList) map[string]string {
	out := map[string]string{}
	for name, amount := range list {
		out[string(name)] = amount.String()
	}
	return out
}

func missing(who string, sent, got []corev1.EnvVar) []string {
	var bad []string
	for _, each := range sent {
		if !slices.ContainsFunc(got, func(e corev1.EnvVar) bool { return equality.Semantic.DeepEqual(e, each) }) {
			bad = append(bad, fmt.Sprintf("%s: env %s did not arrive", who, each.Name))
		}
	}
	return bad
}

func initEnv(got corev1.PodSpec, name string) []corev1.EnvVar {
	for _, each := range got.InitContainers {
		if each.Name == name {
			return each.Env
		}
	}
	return nil
}

// others says which containers beside main would take devices, or hide them.
func others(got corev1.PodSpec) []string {
	var bad []string
	for _, each := range append(slices.Clone(got.InitContainers), got.Containers...) {
		for _, variable := range each.Env {
			if variable.Name == "CUDA_VISIBLE_DEVICES" || variable.Name == "NVIDIA_VISIBLE_DEVICES" {
				bad = append(bad, fmt.Sprintf("container %s: %s is set", each.Name, variable.Name))
			}
		}
		for name := range each.Resources.Limits {
			if each.Name != mainContainer && strings.HasPrefix(string(name), "nvidia.com/") {
				bad = append(bad, fmt.Sprintf("container %s takes %s too", each.Name, name))
			}
		}
	}
	return bad
}
