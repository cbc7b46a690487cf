package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"nodeforge.dev/stand-ins/internal/standin"
)

// The annotations that steer the official plugin and are implemented.
const (
	annotationPrefix       = "pulumi.com/"
	annotationAutonamed    = annotationPrefix + "autonamed"
	annotationSkipAwait    = annotationPrefix + "skipAwait"
	annotationTimeout      = annotationPrefix + "timeoutSeconds"
	annotationForce        = annotationPrefix + "patchForce"
	annotationFieldManager = annotationPrefix + "patchFieldManager"
	annotationPropagation  = annotationPrefix + "deletionPropagationPolicy"
)

// check completes the inputs with the kind, a name and a namespace, and refuses what is not implemented.
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
	if inputs, err = nameObject(inputs, request.State, request.Urn.Name(), request.RandomSeed); err != nil {
		return p.CheckResponse{}, err
	}
	inputs = k.placeObject(ctx, kind, inputs)
	return p.CheckResponse{Inputs: hide(inputs, property.Map{})}, nil
}

// refused lists what the official plugin would understand and this one does not, or neither would.
func refused(kind schema.GroupVersionKind, inputs property.Map) []p.CheckFailure {
	var failures []p.CheckFailure
	fail := func(place string, err error) {
		failures = append(failures, p.CheckFailure{Property: place, Reason: err.Error()})
	}
	if patched, found := strings.CutSuffix(kind.Kind, "Patch"); found && sameString(inputs.Get("kind"), patched) {
		fail("", standin.Refusal(pluginName, "patch resource "+kind.Kind))
	}
	if _, hasItems := inputs.GetOk("items"); hasItems && strings.HasSuffix(kind.Kind, "List") {
		fail("items", errors.New("a list is not an object of the cluster: declare its items as resources of their own"))
	}
	if !at(inputs, "metadata", "generateName").IsNull() {
		fail("metadata.generateName", errors.New("is not possible with server-side apply"))
	}
	if annotations := at(inputs, "metadata", "annotations"); annotations.IsMap() {
		for name := range annotations.AsMap().AllStable {
			switch name {
			case annotationAutonamed, annotationSkipAwait, annotationTimeout, annotationForce, annotationFieldManager,
				annotationPropagation:
			default:
				if strings.HasPrefix(name, annotationPrefix) {
					fail("", standin.Refusal(pluginName, fmt.Sprintf("annotation %q", name)))
				}
			}
		}
	}
	for name, value := range inputs.AllStable {
		if refersOutside(value) {
			// The engine shows the value of a property that fails, and this one may be secret.
			fail("", fmt.Errorf("property %q holds an asset, an archive or a resource and can hold only data", name))
		}
	}
	return failures
}

// nameObject gives an object without a name one that begins with the resource's: the automatic name it already had,
// or a new one. The annotation tells an automatic name from a chosen one.
func nameObject(inputs, old property.Map, name string, seed []byte) (property.Map, error) {
	given := at(inputs, "metadata", "name")
	if given.IsString() || given.IsComputed() || at(inputs, "metadata").IsComputed() {
		return inputs, nil
	}
	chosen := at(old, "metadata", "name")
	if !autonamed(old) || !chosen.IsString() {
		unique, err := resource.NewUniqueName(seed, name+"-", 0, 0, nil)
		if err != nil {
			return inputs, err
		}
		chosen = property.New(unique)
	}
	inputs = with(inputs, chosen, "metadata", "name")
	return with(inputs, property.New("true"), "metadata", "annotations", annotationAutonamed), nil
}

func autonamed(inputs property.Map) bool {
	return sameString(at(inputs, "metadata", "annotations", annotationAutonamed), "true")
}

// placeObject puts an object without a namespace into the one of the provider or of the kubeconfig.
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
