package command

import (
	"context"
	"testing"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

const (
	remoteToken = tokens.Type("command:remote:Command")
	localToken  = tokens.Type("command:local:Command")
)

// engine calls the whole plugin as Pulumi's engine does.
type engine struct {
	integration.Server
	t   *testing.T
	urn resource.URN
}

func newEngine(t *testing.T, token tokens.Type) *engine {
	t.Helper()
	server, err := integration.NewServer(context.Background(), "command", semver.MustParse("1.2.1"),
		integration.WithProvider(Provider()))
	if err != nil {
		t.Fatal(err)
	}
	return &engine{server, t, resource.NewURN("test", "test", "", token, "it")}
}

func (e *engine) check(inputs property.Map) property.Map {
	e.t.Helper()
	response, err := e.Check(p.CheckRequest{Urn: e.urn, Inputs: inputs})
	if err != nil || len(response.Failures) > 0 {
		e.t.Fatalf("check: %v %v", err, response.Failures)
	}
	return response.Inputs
}

func (e *engine) create(inputs property.Map) (property.Map, error) {
	e.t.Helper()
	response, err := e.Create(p.CreateRequest{Urn: e.urn, Properties: e.check(inputs)})
	return response.Properties, err
}

func (e *engine) mustCreate(inputs property.Map) property.Map {
	e.t.Helper()
	state, err := e.create(inputs)
	if err != nil {
		e.t.Fatal(err)
	}
	return state
}

func (e *engine) update(state, inputs property.Map) (property.Map, error) {
	e.t.Helper()
	response, err := e.Update(p.UpdateRequest{ID: "id", Urn: e.urn, State: state, Inputs: e.check(inputs)})
	return response.Properties, err
}

func (e *engine) delete(state property.Map) error {
	return e.Delete(p.DeleteRequest{ID: "id", Urn: e.urn, Properties: state})
}

// props makes inputs of alternating names and values.
func props(values ...any) property.Map {
	properties := map[string]property.Value{}
	for i := 0; i < len(values); i += 2 {
		properties[values[i].(string)] = resource.FromResourcePropertyValue(resource.NewPropertyValue(values[i+1]))
	}
	return property.NewMap(properties)
}

// connection returns a connection to the server with its pinned host key, and without a second attempt.
func (s *sshServer) connection() property.Map {
	return props("host", "127.0.0.1", "port", s.port, "privateKey", s.userKey, "hostKey", s.hostKey,
		"dialErrorLimit", 0.0, "perDialTimeout", 5.0)
}

// on adds the connection to the inputs of a remote command.
func (s *sshServer) on(inputs property.Map) property.Map {
	return inputs.Set("connection", property.New(s.connection()))
}

func expectText(t *testing.T, state property.Map, key, want string) {
	t.Helper()
	if value := state.Get(key); !value.IsString() || value.AsString() != want {
		t.Errorf("%s is %#v, want %q", key, value, want)
	}
}
