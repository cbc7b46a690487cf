package standin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// Refusal is the one wording for "not in the stand-in": plugin is the plugin's name, what the token, property or
// feature that was asked for.
func Refusal(plugin, what string) error {
	return fmt.Errorf("%s is not implemented by the nodeforge stand-in for the %q plugin; the official plugin has it",
		what, plugin)
}

// Guard makes provider refuse, when a resource is checked, every token and top-level input property that its own
// schema does not have, and every function, method, component and import. Properties that begin with two underscores
// belong to the engine and pass.
func Guard(provider p.Provider, plugin, version string) p.Provider {
	guarded := provider
	surface := sync.OnceValues(func() (map[string][]string, error) { return surfaceOf(provider, plugin, version) })
	guarded.Check = func(ctx context.Context, request p.CheckRequest) (p.CheckResponse, error) {
		tokens, err := surface()
		if err != nil {
			return p.CheckResponse{}, err
		}
		token := string(request.Urn.Type())
		properties, ok := tokens[token]
		if !ok {
			return p.CheckResponse{}, Refusal(plugin, token)
		}
		if failures := unknownInputs(plugin, token, properties, request.Inputs); len(failures) > 0 {
			return p.CheckResponse{Inputs: request.Inputs, Failures: failures}, nil
		}
		return provider.Check(ctx, request)
	}
	guarded.Read = func(ctx context.Context, request p.ReadRequest) (p.ReadResponse, error) {
		// The engine sends no state for an import or a `.get`, and nothing outside the state knows such a resource.
		if request.Properties.Len() == 0 {
			return p.ReadResponse{}, Refusal(plugin, "import of "+string(request.Urn.Type()))
		}
		return provider.Read(ctx, request)
	}
	return RefuseCalls(guarded, plugin)
}

// RefuseCalls makes provider refuse functions, methods and components, none of which a stand-in has.
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

// surfaceOf lists the input properties of every resource token in provider's schema.
func surfaceOf(provider p.Provider, plugin, version string) (map[string][]string, error) {
	spec, err := p.GetSchema(context.Background(), plugin, version, provider)
	if err != nil {
		return nil, errors.Join(errors.New("reading the stand-in's own schema"), err)
	}
	surface := make(map[string][]string, len(spec.Resources))
	for token, resource := range spec.Resources {
		for name := range resource.InputProperties {
			surface[token] = append(surface[token], name)
		}
	}
	return surface, nil
}

func unknownInputs(plugin, token string, known []string, inputs property.Map) []p.CheckFailure {
	var failures []p.CheckFailure
	for key := range inputs.All {
		if !slices.Contains(known, key) && !strings.HasPrefix(key, "__") {
			reason := Refusal(plugin, fmt.Sprintf("property %q of %s", key, token)).Error()
			failures = append(failures, p.CheckFailure{Property: key, Reason: reason})
		}
	}
	slices.SortFunc(failures, func(a, b p.CheckFailure) int { return strings.Compare(a.Property, b.Property) })
	return failures
}
