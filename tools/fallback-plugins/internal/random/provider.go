// Package random makes random values that stay the same until their inputs change, as the official "random" plugin does.
package random

import (
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/middleware/schema"

	"nodeforge.dev/fallback-plugins/internal/fallback"
)

// Provider serves RandomUuid, the one resource that the program uses, and refuses the rest of the official schema. The
// resource cannot be updated: every change of an input replaces it.
func Provider() p.Provider {
	provider := infer.Provider(infer.Options{
		Metadata: schema.Metadata{
			DisplayName: "Random",
			Description: "The nodeforge fallback for the official random plugin.",
		},
		Resources: []infer.InferredResource{infer.Resource(&UUID{})},
	})
	return fallback.Guard(provider, "random", fallback.RandomVersion)
}
