package random

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Bytes is random:index/randomBytes:RandomBytes: secret random bytes. As in the official plugin its id is the base64
// text, and an id is not secret.
type Bytes struct{}

// BytesInputs are the inputs of Bytes.
type BytesInputs struct {
	Kept
	Length int `pulumi:"length"`
}

// BytesState is the state of Bytes.
type BytesState struct {
	BytesInputs
	Base64 string `pulumi:"base64" provider:"secret"`
	Hex    string `pulumi:"hex" provider:"secret"`
}

// Annotate gives the resource its token.
func (r *Bytes) Annotate(a infer.Annotator) {
	a.Describe(&r, "Secret random bytes.")
	setToken(a, "randomBytes", "RandomBytes")
}

// Annotate describes the inputs in the schema.
func (in *BytesInputs) Annotate(a infer.Annotator) {
	a.Describe(&in.Length, "How many random bytes to make, at least 1.")
}

// WireDependencies makes the outputs secret whatever SDK is in use.
func (*Bytes) WireDependencies(fields infer.FieldSelector, _ *BytesInputs, state *BytesState) {
	fields.OutputField(&state.Base64).AlwaysSecret()
	fields.OutputField(&state.Hex).AlwaysSecret()
}

// Create makes the bytes.
func (*Bytes) Create(
	_ context.Context, request infer.CreateRequest[BytesInputs],
) (response infer.CreateResponse[BytesState], err error) {
	response.Output.BytesInputs = request.Inputs
	if request.Inputs.Length < 1 {
		return response, errors.New("length must be at least 1")
	}
	if request.DryRun {
		return response, nil
	}
	bytes := randomBytes(request.Inputs.Length)
	response.ID = base64.StdEncoding.EncodeToString(bytes)
	response.Output.Base64 = response.ID
	response.Output.Hex = hex.EncodeToString(bytes)
	return response, nil
}
