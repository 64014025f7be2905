module bench

go 1.25.10

require (
	github.com/crossplane/function-sdk-go v0.7.1
	google.golang.org/protobuf v1.36.11
	k8s.io/apimachinery v0.35.3
)
