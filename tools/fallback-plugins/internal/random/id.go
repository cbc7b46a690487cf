package random

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math/big"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// ID is random:index/randomId:RandomId: random bytes in four notations, not secret.
type ID struct{}

// IDInputs are the inputs of an ID.
type IDInputs struct {
	Kept
	ByteLength int     `pulumi:"byteLength"`
	Prefix     *string `pulumi:"prefix,optional"`
}

// IDState is the state of an ID.
type IDState struct {
	IDInputs
	B64Std string `pulumi:"b64Std"`
	B64URL string `pulumi:"b64Url"`
	Dec    string `pulumi:"dec"`
	Hex    string `pulumi:"hex"`
}

// Annotate gives the resource its token.
func (r *ID) Annotate(a infer.Annotator) {
	a.Describe(&r, "Random bytes to make names unique with.")
	setToken(a, "randomId", "RandomId")
}

// Annotate describes the inputs in the schema.
func (in *IDInputs) Annotate(a infer.Annotator) {
	a.Describe(&in.ByteLength, "How many random bytes to make, at least 1.")
	a.Describe(&in.Prefix, "What every notation begins with.")
}

// Create makes the bytes.
func (*ID) Create(
	_ context.Context, request infer.CreateRequest[IDInputs],
) (response infer.CreateResponse[IDState], err error) {
	response.Output.IDInputs = request.Inputs
	if request.Inputs.ByteLength < 1 {
		return response, errors.New("byteLength must be at least 1")
	}
	if request.DryRun {
		return response, nil
	}
	bytes := randomBytes(request.Inputs.ByteLength)
	prefix := ""
	if request.Inputs.Prefix != nil {
		prefix = *request.Inputs.Prefix
	}
	response.ID = base64.RawURLEncoding.EncodeToString(bytes)
	response.Output.B64URL = prefix + response.ID
	response.Output.B64Std = prefix + base64.StdEncoding.EncodeToString(bytes)
	response.Output.Hex = prefix + hex.EncodeToString(bytes)
	response.Output.Dec = prefix + new(big.Int).SetBytes(bytes).String()
	return response, nil
}

// randomBytes are fit for secrets. The system's source does not fail: the runtime ends the process if it does.
func randomBytes(count int) []byte {
	bytes := make([]byte, count)
	rand.Read(bytes)
	return bytes
}
