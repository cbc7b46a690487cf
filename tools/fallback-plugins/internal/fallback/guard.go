package fallback

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// Refusal returns the error for everything that a fallback plugin lacks. plugin is the name of the plugin; feature is
// the token, property or feature that the program uses.
func Refusal(plugin, feature string) error {
	return fmt.Errorf("the nodeforge fallback for the %q plugin does not implement %s; the official plugin does. "+
		"Fix: install the official plugin", plugin, feature)
}

// Guard makes provider refuse every token and input property that its own schema lacks, also in nested objects. The refusal
// comes when the engine checks a resource. Functions, methods, components and imports are refused, too. Properties that
// begin with two underscores belong to the engine and pass.
func Guard(provider p.Provider, plugin, version string) p.Provider {
	guarded := provider
	surface := sync.OnceValues(func() (*schemaSurface, error) { return surfaceOf(provider, plugin, version) })
	guarded.Check = func(ctx context.Context, request p.CheckRequest) (p.CheckResponse, error) {
		known, err := surface()
		if err != nil {
			return p.CheckResponse{}, err
		}
		token := string(request.Urn.Type())
		properties, ok := known.resources[token]
		if !ok {
			return p.CheckResponse{}, Refusal(plugin, token)
		}
		var failures []p.CheckFailure
		for _, name := range known.unknown(properties, request.Inputs) {
			reason := Refusal(plugin, fmt.Sprintf("property %q of %s", name, token)).Error()
			failures = append(failures, p.CheckFailure{Property: name, Reason: reason})
		}
		if len(failures) > 0 {
			return p.CheckResponse{Inputs: request.Inputs, Failures: failures}, nil
		}
		return provider.Check(ctx, request)
	}
	guarded.Read = func(ctx context.Context, request p.ReadRequest) (p.ReadResponse, error) {
		// The engine sends no state for an import or a `.get`. Such a resource exists nowhere outside the state.
		if request.Properties.Len() == 0 {
			return p.ReadResponse{}, Refusal(plugin, "import of "+string(request.Urn.Type()))
		}
		return provider.Read(ctx, request)
	}
	return RefuseCalls(guarded, plugin)
}

// RefuseCalls makes provider refuse functions, methods and components, which no fallback plugin has.
func RefuseCalls(provider p.Provider, plugin string) p.Provider {
	provider.Invoke = func(_ context.Context, request p.InvokeRequest) (p.InvokeResponse, error) {
		return p.InvokeResponse{}, Refusal(plugin, "function "+string(request.Token))
	}
	provider.Call = func(_ context.Context, request p.CallRequest) (p.CallResponse, error) {
		return p.CallResponse{}, Refusal(plugin, "method "+string(request.Tok))
	}
	provider.Construct = func(_ context.Context, request p.ConstructRequest) (p.ConstructResponse, error) {
		return p.ConstructResponse{}, Refusal(plugin, "component "+string(request.Urn.Type()))
	}
	return provider
}

// properties maps the input properties of a resource or an object to the reference of their object type. The reference is ""
// for every other type.
type properties map[string]string

// schemaSurface is the part of a schema that Guard knows.
type schemaSurface struct {
	resources map[string]properties
	types     map[string]properties
}

// surfaceOf reads the input properties of every resource and object type from the schema of provider.
func surfaceOf(provider p.Provider, plugin, version string) (*schemaSurface, error) {
	spec, err := p.GetSchema(context.Background(), plugin, version, provider)
	if err != nil {
		return nil, errors.Join(errors.New("reading the fallback plugin's own schema"), err)
	}
	known := &schemaSurface{map[string]properties{}, map[string]properties{}}
	for token, resource := range spec.Resources {
		known.resources[token] = propertiesOf(resource.InputProperties)
	}
	for token, object := range spec.Types {
		if object.Type == "object" {
			known.types["#/types/"+token] = propertiesOf(object.Properties)
		}
	}
	return known, nil
}

func propertiesOf(specs map[string]schema.PropertySpec) properties {
	known := properties{}
	for name, spec := range specs {
		known[name] = spec.Ref
	}
	return known
}

// unknown returns the sorted paths of the input properties that the schema lacks.
func (s *schemaSurface) unknown(known properties, inputs property.Map) []string {
	var paths []string
	for key, value := range inputs.All {
		reference, ok := known[key]
		switch {
		case strings.HasPrefix(key, "__"):
		case !ok:
			paths = append(paths, key)
		case value.IsMap() && s.types[reference] != nil:
			for _, path := range s.unknown(s.types[reference], value.AsMap()) {
				paths = append(paths, key+"."+path)
			}
		}
	}
	slices.Sort(paths)
	return paths
}
