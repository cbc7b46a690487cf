// Package provider describes terraform-provider-libvirt as a Pulumi provider.
package provider

import (
	"github.com/dmacvicar/terraform-provider-libvirt/libvirt"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	sdkv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
)

const (
	// Name is the Pulumi package: tokens start with it and the plugin binary ends with it.
	Name = "libvirt"
	// Version is that of the bridged Terraform provider, of the plugin and of the npm package.
	Version = "0.8.3"
)

// Info maps every Terraform resource and data source to a Pulumi token.
//
// Tokens and property names equal those of Pulumi's dynamic bridge, so a stack can move to it without aliases.
// `name` is optional on every resource and defaults to the resource's Pulumi name with a random suffix. When a
// program sets `name` itself, the bridge asks the engine to delete before replacing.
func Info() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:              sdkv2.NewProvider(libvirt.Provider()),
		Name:           Name,
		Version:        Version,
		ResourcePrefix: Name,
		DisplayName:    "libvirt",
		Description:    "Virtual machines, volumes and networks of a libvirt host.",
		License:        "Apache-2.0",
		GitHubOrg:      "dmacvicar",
		Repository:     "https://github.com/dmacvicar/terraform-provider-libvirt",
		JavaScript: &tfbridge.JavaScriptInfo{
			PackageName:                  "@pulumi/libvirt",
			LiftSingleValueMethodReturns: true,
			RespectSchemaVersion:         true,
		},
	}
	info.MustComputeTokens(tokens.SingleModule("libvirt_", "index", tokens.MakeStandard(Name)))
	info.SetAutonaming(255, "-")
	return info
}
