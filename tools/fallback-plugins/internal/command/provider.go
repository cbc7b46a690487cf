// Package command runs commands on this machine and, over ssh, on others, as the official "command" plugin does.
package command

import (
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/middleware/schema"

	"nodeforge.dev/fallback-plugins/internal/fallback"
)

// Provider serves command:local:Command and command:remote:Command and refuses the rest of the official schema.
func Provider() p.Provider {
	provider := infer.Provider(infer.Options{
		Metadata: schema.Metadata{
			DisplayName: "Command",
			Description: "The nodeforge fallback for the official command plugin.",
		},
		Resources: []infer.InferredResource{
			infer.Resource(&LocalCommand{}),
			infer.Resource(&RemoteCommand{}),
		},
	})
	return fallback.Guard(fallback.ReplaceOn(provider, "triggers"), "command", fallback.CommandVersion)
}
