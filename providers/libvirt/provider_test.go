package provider

import (
	"context"
	"slices"
	"testing"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

const volumeURN = "urn:pulumi:dev::nodeforge::libvirt:index/volume:Volume::root"

func TestTokensEqualTheDynamicBridges(t *testing.T) {
	info := Info()
	wanted := map[string]string{
		"libvirt_cloudinit_disk": "libvirt:index/cloudinitDisk:CloudinitDisk",
		"libvirt_combustion":     "libvirt:index/combustion:Combustion",
		"libvirt_domain":         "libvirt:index/domain:Domain",
		"libvirt_ignition":       "libvirt:index/ignition:Ignition",
		"libvirt_network":        "libvirt:index/network:Network",
		"libvirt_pool":           "libvirt:index/pool:Pool",
		"libvirt_volume":         "libvirt:index/volume:Volume",
	}
	if len(info.Resources) != len(wanted) {
		t.Errorf("want %d resources, got %d", len(wanted), len(info.Resources))
	}
	for terraform, token := range wanted {
		if got := info.Resources[terraform]; got == nil || string(got.Tok) != token {
			t.Errorf("%s: want %s, got %+v", terraform, token, got)
		}
	}
}

func TestAMissingNameIsDerived(t *testing.T) {
	inputs := check(t, resource.PropertyMap{"size": resource.NewProperty(1024.0)})
	if name := inputs["name"].StringValue(); len(name) != len("root-1234567") {
		t.Errorf("want root- and 7 random characters, got %q", name)
	}
}

// A replacement with the name of the old volume would be the old volume. The bridge must prevent that.
func TestReplacementDeletesFirstOnlyUnderAnExplicitName(t *testing.T) {
	for name, explicit := range map[string]bool{"explicit": true, "derived": false} {
		t.Run(name, func(t *testing.T) {
			before := resource.PropertyMap{"size": resource.NewProperty(1024.0)}
			after := resource.PropertyMap{"size": resource.NewProperty(2048.0)}
			if explicit {
				before["name"] = resource.NewProperty("disk")
				after["name"] = resource.NewProperty("disk")
			}
			old := check(t, before)
			fresh := check(t, after)
			if !explicit {
				fresh["name"] = old["name"]
			}
			diff, err := server().Diff(context.Background(), &pulumirpc.DiffRequest{
				Id:        "/pool/disk",
				Urn:       volumeURN,
				OldInputs: marshal(t, old),
				Olds:      marshal(t, old),
				News:      marshal(t, fresh),
			})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(diff.Replaces, []string{"size"}) {
				t.Errorf("want a replacement because of size, got %v", diff.Replaces)
			}
			if diff.DeleteBeforeReplace != explicit {
				t.Errorf("want DeleteBeforeReplace %v, got %v", explicit, diff.DeleteBeforeReplace)
			}
		})
	}
}

func server() pulumirpc.ResourceProviderServer {
	info := Info()
	return tfbridge.NewProvider(context.Background(), nil, Name, Version, info.P, info, nil)
}

// check runs the provider's Check on a volume's inputs, as the engine does before a Diff.
func check(t *testing.T, inputs resource.PropertyMap) resource.PropertyMap {
	t.Helper()
	response, err := server().Check(context.Background(), &pulumirpc.CheckRequest{
		Urn:        volumeURN,
		News:       marshal(t, inputs),
		RandomSeed: []byte("a seed of thirty-two bytes, here"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(response.Failures) > 0 {
		t.Fatalf("check failed: %v", response.Failures)
	}
	checked, err := plugin.UnmarshalProperties(response.Inputs, plugin.MarshalOptions{KeepUnknowns: true})
	if err != nil {
		t.Fatal(err)
	}
	return checked
}

func marshal(t *testing.T, properties resource.PropertyMap) *structpb.Struct {
	t.Helper()
	marshalled, err := plugin.MarshalProperties(properties, plugin.MarshalOptions{KeepUnknowns: true})
	if err != nil {
		t.Fatal(err)
	}
	return marshalled
}
