// Command pulumi-resource-libvirt is the resource plugin that the Pulumi engine starts for the libvirt package.
package main

import (
	_ "embed"

	"github.com/dmacvicar/terraform-provider-libvirt/libvirt"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"

	provider "nodeforge.dev/providers/libvirt"
)

//go:embed schema.json
var schema []byte

func main() {
	defer libvirt.CleanupLibvirtConnections()
	tfbridge.Main(provider.Name, provider.Version, provider.Info(), schema)
}
