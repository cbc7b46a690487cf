package random

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// UUID is random:index/randomUuid:RandomUuid: 16 random bytes written as a UUID, not secret.
type UUID struct{}

// UUIDInputs are the inputs of a UUID.
type UUIDInputs struct {
	Keepers map[string]string `pulumi:"keepers,optional"`
}

// UUIDState is the state of a UUID.
type UUIDState struct {
	UUIDInputs
	Result string `pulumi:"result"`
}

// Annotate gives the resource its token in the official schema, whose module repeats the name.
func (r *UUID) Annotate(a infer.Annotator) {
	a.Describe(&r, "A random UUID.")
	a.SetToken("index/randomUuid", "RandomUuid")
}

// Annotate describes the input in the schema.
func (in *UUIDInputs) Annotate(a infer.Annotator) {
	a.Describe(&in.Keepers, "Any values. A change of one replaces the UUID.")
}

// Create makes the UUID. Like the official plugin it does not mark it as version 4: all 128 bits are random.
func (*UUID) Create(
	_ context.Context, request infer.CreateRequest[UUIDInputs],
) (response infer.CreateResponse[UUIDState], err error) {
	response.Output.UUIDInputs = request.Inputs
	if request.DryRun {
		return response, nil
	}
	// Read never fails: the runtime ends the process if the system has no randomness.
	b := make([]byte, 16)
	rand.Read(b)
	response.ID = fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
	response.Output.Result = response.ID
	return response, nil
}
