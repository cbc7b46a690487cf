// Package random makes random values that stay as they are until their inputs change, as the official "random"
// plugin does.
package random

import (
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/middleware/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"nodeforge.dev/stand-ins/internal/standin"
)

// Provider serves RandomId, RandomUuid, RandomString, RandomPassword and RandomBytes and refuses the rest of the
// official schema. None of the resources can be updated: every change of an input, keepers included, replaces.
func Provider() p.Provider {
	provider := infer.Provider(infer.Options{
		Metadata: schema.Metadata{
			DisplayName: "Random",
			Description: "The nodeforge stand-in for the official random plugin.",
		},
		Resources: []infer.InferredResource{
			infer.Resource(&ID{}),
			infer.Resource(&UUID{}),
			infer.Resource(&String{}),
			infer.Resource(&Password{}),
			infer.Resource(&Bytes{}),
		},
	})
	return standin.Guard(provider, "random", standin.RandomVersion)
}

// Kept is the input that every random resource has.
type Kept struct {
	Keepers map[string]string `pulumi:"keepers,optional"`
}

// Annotate describes the input in the schema.
func (k *Kept) Annotate(a infer.Annotator) {
	a.Describe(&k.Keepers, "Any values; a change of one makes a new random value.")
}

// setToken gives a resource the token of the official schema, whose module repeats the name: index/randomId.
func setToken(a infer.Annotator, module tokens.ModuleName, name tokens.TypeName) {
	a.SetToken("index/"+module, name)
}
