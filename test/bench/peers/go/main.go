// SPDX-License-Identifier: Apache-2.0

// A function that does on the benchmark's requests what ours does, to compare
// what it costs. With -walk it reads and writes protobuf's structs directly,
// else in the usual way of the SDK.
package main

import (
	"context"
	"flag"
	"log"
	"time"

	"github.com/crossplane/function-sdk-go"
	"github.com/crossplane/function-sdk-go/logging"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/crossplane/function-sdk-go/response"
	"google.golang.org/protobuf/types/known/structpb"
)

const planKey = "gpuplacement.fn.crossplane.io/plan"

type Function struct {
	fnv1.UnimplementedFunctionRunnerServiceServer
	log  logging.Logger
	walk bool
}

func (f *Function) RunFunction(_ context.Context, req *fnv1.RunFunctionRequest) (*fnv1.RunFunctionResponse, error) {
	f.log.Info("Running function", "tag", req.GetMeta().GetTag())

	rsp := response.To(req, time.Minute)
	read, write := readWithSDK, writeWithSDK
	if f.walk {
		read, write = readStructs, writeStructs
	}
	in, err := read(req)
	if err != nil {
		response.Fatal(rsp, err)
		return rsp, nil
	}
	out := decide(in)
	if err := write(req, rsp, in, out); err != nil {
		response.Fatal(rsp, err)
		return rsp, nil
	}
	rsp.Meta.Ttl.Seconds = out.ttl
	rsp.Requirements = &fnv1.Requirements{Resources: out.requirements}
	for _, c := range out.conditions {
		condition := response.ConditionFalse
		if c.ok {
			condition = response.ConditionTrue
		}
		option := condition(rsp, c.kind, c.reason)
		if c.message != "" {
			option.WithMessage(c.message)
		}
	}
	if out.placed != "" {
		response.Normal(rsp, out.placed).WithReason("Placed")
	}
	plan, err := structpb.NewValue(out.plan)
	if err != nil {
		response.Fatal(rsp, err)
		return rsp, nil
	}
	response.SetContextKey(rsp, planKey, plan)
	return rsp, nil
}

func main() {
	address := flag.String("address", "127.0.0.1:9443", "where to listen")
	walk := flag.Bool("walk", false, "walk protobuf's structs")
	flag.Parse()

	logger, err := function.NewLogger(false)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(function.Serve(&Function{log: logger, walk: *walk},
		function.Listen("tcp", *address),
		function.Insecure(true),
		function.MaxRecvMessageSize(64*1024*1024),
		function.WithMetricsServer("")))
}
