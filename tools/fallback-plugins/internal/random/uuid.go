package random

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// UUID is random:index/randomUuid:RandomUuid: 16 random bytes written as a UUID, not secret.
type UUID struct{}

// UUIDInputs are the inputs of a UUID.
type UUIDInputs struct{ Kept }

// UUIDState is the state of a UUID.
type UUIDState struct {
	UUIDInputs
	Result string `pulumi:"result"`
}

// Annotate gives the resource its token.
func (r *UUID) Annotate(a infer.Annotator) {
	a.Describe(&r, "A random UUID.")
	setToken(a, "randomUuid", "RandomUuid")
}

// Create makes the UUID. Like the official plugin it does not mark it as version 4: all 128 bits are random.
func (*UUID) Create(
	_ context.Context, request infer.CreateRequest[UUIDInputs],
) (response infer.CreateResponse[UUIDState], err error) {
	response.Output.UUIDInputs = request.Inputs
	if request.DryRun {
		return response, nil
	}
	b := randomBytes(16)
	response.ID = fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
	response.Output.Result = response.ID
	return response, nil
}
