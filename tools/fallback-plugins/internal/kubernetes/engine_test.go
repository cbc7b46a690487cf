package kubernetes

import (
	"context"
	"testing"
	"time"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// TestMain shortens the waits of these tests.
func TestMain(m *testing.M) {
	pollInterval, serviceSettle, firstCreateDelay = 20*time.Millisecond, 60*time.Millisecond, 10*time.Millisecond
	m.Run()
}

// engine calls the whole plugin as Pulumi's engine does.
type engine struct {
	integration.Server
	t *testing.T
}

// newEngine starts a plugin with provider settings of alternating names and values.
func newEngine(t *testing.T, settings ...any) *engine {
	t.Helper()
	server, err := integration.NewServer(context.Background(), pluginName, semver.MustParse("4.34.2"),
		integration.WithProvider(newPlugin(connect).provider()))
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Configure(p.ConfigureRequest{Args: props(settings...)}); err != nil {
		t.Fatal(err)
	}
	return &engine{server, t}
}

func urn(token tokens.Type) resource.URN { return resource.NewURN("test", "test", "", token, "it") }

const (
	configMapToken  = tokens.Type("kubernetes:core/v1:ConfigMap")
	secretToken     = tokens.Type("kubernetes:core/v1:Secret")
	deploymentToken = tokens.Type("kubernetes:apps/v1:Deployment")
	serviceToken    = tokens.Type("kubernetes:core/v1:Service")
)

// check passes inputs through the plugin's check. old are the inputs of an existing resource, or empty.
func (e *engine) check(token tokens.Type, old, inputs property.Map) property.Map {
	e.t.Helper()
	response, err := e.Check(p.CheckRequest{Urn: urn(token), State: old, Inputs: inputs})
	if err != nil || len(response.Failures) > 0 {
		e.t.Fatalf("check: %v %v", err, response.Failures)
	}
	return response.Inputs
}

func (e *engine) create(token tokens.Type, inputs property.Map) (p.CreateResponse, property.Map, error) {
	e.t.Helper()
	checked := e.check(token, property.Map{}, inputs)
	response, err := e.Create(p.CreateRequest{Urn: urn(token), Properties: checked})
	return response, checked, err
}

func (e *engine) mustCreate(token tokens.Type, inputs property.Map) (p.CreateResponse, property.Map) {
	e.t.Helper()
	response, checked, err := e.create(token, inputs)
	if err != nil {
		e.t.Fatal(err)
	}
	return response, checked
}

func (e *engine) diff(token tokens.Type, old, inputs property.Map) p.DiffResponse {
	e.t.Helper()
	response, err := e.Diff(p.DiffRequest{ID: "id", Urn: urn(token), OldInputs: old, Inputs: e.check(token, old, inputs)})
	if err != nil {
		e.t.Fatal(err)
	}
	return response
}

// props makes properties of alternating names and values.
func props(values ...any) property.Map {
	properties := map[string]property.Value{}
	for i := 0; i < len(values); i += 2 {
		if value, ok := values[i+1].(property.Value); ok {
			properties[values[i].(string)] = value
			continue
		}
		properties[values[i].(string)] = resource.FromResourcePropertyValue(resource.NewPropertyValue(values[i+1]))
	}
	return property.NewMap(properties)
}

type object = map[string]any

type list = []any

func textAt(properties property.Map, path ...string) string {
	if value := at(properties, path...); value.IsString() {
		return value.AsString()
	}
	return ""
}
