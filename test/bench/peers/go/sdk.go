// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/crossplane/function-sdk-go/request"
	"github.com/crossplane/function-sdk-go/resource"
	"github.com/crossplane/function-sdk-go/response"
	"k8s.io/apimachinery/pkg/runtime"
)

// The usual way: the SDK makes unstructured objects, which are converted to types.

func convert[T any](object map[string]any) (*T, error) {
	into := new(T)
	return into, runtime.DefaultUnstructuredConverter.FromUnstructured(object, into)
}

func convertAll[T any](items []resource.Required) ([]T, error) {
	out := make([]T, 0, len(items))
	for _, item := range items {
		one, err := convert[T](item.Resource.Object)
		if err != nil {
			return nil, err
		}
		out = append(out, *one)
	}
	return out, nil
}

func readWithSDK(req *fnv1.RunFunctionRequest) (*Inputs, error) {
	in := &Inputs{}
	xr, err := request.GetObservedCompositeResource(req)
	if err != nil {
		return nil, err
	}
	deployment, err := convert[Deployment](xr.Resource.Object)
	if err != nil {
		return nil, err
	}
	in.deployment = *deployment

	observed, err := request.GetObservedComposedResources(req)
	if err != nil {
		return nil, err
	}
	for name, composed := range observed {
		switch {
		case strings.HasPrefix(string(name), "reservation-"):
			if in.held, err = convert[GPUReservation](composed.Resource.Object); err != nil {
				return nil, err
			}
		case strings.HasPrefix(string(name), "serving-"):
			if in.service, err = convert[Service](composed.Resource.Object); err != nil {
				return nil, err
			}
		}
	}

	required, err := request.GetRequiredResources(req)
	if err != nil {
		return nil, err
	}
	for key, items := range required {
		switch {
		case key == "model" && len(items) > 0:
			in.model, err = convert[Model](items[0].Resource.Object)
		case key == "environments":
			in.environments, err = convertAll[Environment](items)
		case key == "reservations":
			in.reservations, err = convertAll[GPUReservation](items)
		case strings.HasPrefix(key, "environment-"):
			in.own, err = convertAll[Environment](items)
		}
		if err != nil {
			return nil, err
		}
	}
	return in, nil
}

func writeWithSDK(req *fnv1.RunFunctionRequest, rsp *fnv1.RunFunctionResponse, in *Inputs, out *Outputs) error {
	xr, err := request.GetDesiredCompositeResource(req)
	if err != nil {
		return err
	}
	xr.Resource.Object["apiVersion"] = in.deployment.APIVersion
	xr.Resource.Object["kind"] = in.deployment.Kind
	xr.Resource.Object["status"] = out.status
	xr.Ready = ready(out.ready)
	if err := response.SetDesiredCompositeResource(rsp, xr); err != nil {
		return err
	}

	desired, err := request.GetDesiredComposedResources(req)
	if err != nil {
		return err
	}
	for name, one := range out.composed {
		composed := resource.NewDesiredComposed()
		composed.Resource.Object = one.object
		composed.Ready = ready(one.ready)
		desired[resource.Name(name)] = composed
	}
	return response.SetDesiredComposedResources(rsp, desired)
}

func ready(is bool) resource.Ready {
	if is {
		return resource.ReadyTrue
	}
	return resource.ReadyFalse
}
