package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"nodeforge.dev/fallback-plugins/internal/fallback"
)

// The annotations of the official plugin that are implemented.
const (
	annotationPrefix    = "pulumi.com/"
	annotationSkipAwait = annotationPrefix + "skipAwait"
	annotationTimeout   = annotationPrefix + "timeoutSeconds"
)

// check completes the inputs with the kind and a namespace, and refuses everything that is not implemented.
func (k *plugin) check(ctx context.Context, request p.CheckRequest) (p.CheckResponse, error) {
	kind, err := kindOf(request.Urn.Type())
	if err != nil {
		return p.CheckResponse{}, err
	}
	inputs := request.Inputs
	if failures := refused(kind, inputs); len(failures) > 0 {
		return p.CheckResponse{Inputs: inputs, Failures: failures}, nil
	}
	if !inputs.Get("apiVersion").IsString() {
		inputs = inputs.Set("apiVersion", property.New(kind.GroupVersion().String()))
	}
	if !inputs.Get("kind").IsString() {
		inputs = inputs.Set("kind", property.New(kind.Kind))
	}
	inputs = k.placeObject(ctx, kind, inputs)
	return p.CheckResponse{Inputs: hide(inputs, property.Map{})}, nil
}

// refused lists the inputs that this plugin refuses. The official plugin accepts most of them.
func refused(kind schema.GroupVersionKind, inputs property.Map) []p.CheckFailure {
	var failures []p.CheckFailure
	fail := func(place string, err error) {
		failures = append(failures, p.CheckFailure{Property: place, Reason: err.Error()})
	}
	if patched, found := strings.CutSuffix(kind.Kind, "Patch"); found && sameString(inputs.Get("kind"), patched) {
		fail("", fallback.Refusal(pluginName, "patch resource "+kind.Kind))
	}
	if _, hasItems := inputs.GetOk("items"); hasItems && strings.HasSuffix(kind.Kind, "List") {
		fail("items", errors.New("a list is not an object of the cluster: declare its items as resources of their own"))
	}
	metadata, name := inputs.Get("metadata"), at(inputs, "metadata", "name")
	if !metadata.IsComputed() && !name.IsString() && !name.IsComputed() {
		fail("metadata.name", fallback.Refusal(pluginName, "an object without metadata.name"))
	}
	if annotations := at(inputs, "metadata", "annotations"); annotations.IsMap() {
		for name := range annotations.AsMap().AllStable {
			known := name == annotationSkipAwait || name == annotationTimeout
			if strings.HasPrefix(name, annotationPrefix) && !known {
				fail("", fallback.Refusal(pluginName, fmt.Sprintf("annotation %q", name)))
			}
		}
	}
	for name, value := range inputs.AllStable {
		if refersOutside(value) {
			// The failure names no property, because the engine shows the value of a property that it names.
			fail("", fmt.Errorf("property %q holds an asset, an archive or a resource and can hold only data", name))
		}
	}
	return failures
}

// placeObject puts an object without a namespace into the namespace of the kubeconfig.
func (k *plugin) placeObject(ctx context.Context, kind schema.GroupVersionKind, inputs property.Map) property.Map {
	if namespace := at(inputs, "metadata", "namespace"); namespace.IsString() || namespace.IsComputed() {
		return inputs
	}
	client, err := k.settings.clientConfig()
	if err != nil {
		return inputs
	}
	namespace, _, err := client.Namespace()
	if err != nil || namespace == "" {
		return inputs
	}
	cluster, _ := k.glance(ctx)
	if !cluster.namespaced(kind) {
		return inputs
	}
	return with(inputs, property.New(namespace), "metadata", "namespace")
}

func sameString(value property.Value, text string) bool {
	return value.IsString() && value.AsString() == text
}
