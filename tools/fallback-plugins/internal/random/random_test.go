package random

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

const uuidToken = tokens.Type("random:index/randomUuid:RandomUuid")

// engine calls the whole plugin as Pulumi's engine does.
type engine struct {
	integration.Server
	t *testing.T
}

func newEngine(t *testing.T) *engine {
	t.Helper()
	server, err := integration.NewServer(context.Background(), "random", semver.MustParse("4.21.2"),
		integration.WithProvider(Provider()))
	if err != nil {
		t.Fatal(err)
	}
	return &engine{server, t}
}

func urn(token tokens.Type) resource.URN { return resource.NewURN("test", "test", "", token, "it") }

func (e *engine) check(token tokens.Type, inputs property.Map) property.Map {
	e.t.Helper()
	response, err := e.Check(p.CheckRequest{Urn: urn(token), Inputs: inputs})
	if err != nil || len(response.Failures) > 0 {
		e.t.Fatalf("check: %v %v", err, response.Failures)
	}
	return response.Inputs
}

func (e *engine) create(token tokens.Type, inputs property.Map) (string, property.Map) {
	e.t.Helper()
	response, err := e.Create(p.CreateRequest{Urn: urn(token), Properties: e.check(token, inputs)})
	if err != nil {
		e.t.Fatal(err)
	}
	return response.ID, response.Properties
}

// props makes inputs of alternating names and values.
func props(values ...any) property.Map {
	properties := map[string]property.Value{}
	for i := 0; i < len(values); i += 2 {
		properties[values[i].(string)] = resource.FromResourcePropertyValue(resource.NewPropertyValue(values[i+1]))
	}
	return property.NewMap(properties)
}

func TestUUID(t *testing.T) {
	engine := newEngine(t)
	id, state := engine.create(uuidToken, props())
	if !regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("id %q is not a UUID", id)
	}
	if state.Get("result").AsString() != id {
		t.Errorf("result is %#v, want the id", state.Get("result"))
	}
	if again, _ := engine.create(uuidToken, props()); again == id {
		t.Error("two UUIDs are the same")
	}
}

func TestPreviewIsUnknown(t *testing.T) {
	engine := newEngine(t)
	inputs := engine.check(uuidToken, props())
	response, err := engine.Create(p.CreateRequest{Urn: urn(uuidToken), Properties: inputs, DryRun: true})
	if err != nil || !response.Properties.Get("result").IsComputed() {
		t.Errorf("error %v, result %#v, want unknown", err, response.Properties.Get("result"))
	}
}

func TestEveryChangeReplacesAndNoChangeKeeps(t *testing.T) {
	engine := newEngine(t)
	inputs := props("keepers", map[string]any{"generation": "1"})
	old := engine.check(uuidToken, inputs)
	id, state := engine.create(uuidToken, inputs)
	diff := func(inputs property.Map) p.DiffResponse {
		response, err := engine.Diff(p.DiffRequest{ID: id, Urn: urn(uuidToken), State: state, OldInputs: old,
			Inputs: engine.check(uuidToken, inputs)})
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
	if same := diff(inputs); same.HasChanges {
		t.Errorf("unchanged inputs differ: %v", same.DetailedDiff)
	}
	changed := diff(inputs.Set("keepers", property.New(props("generation", "2"))))
	if len(changed.DetailedDiff) != 1 || changed.DetailedDiff["keepers.generation"].Kind != p.UpdateReplace {
		t.Errorf("a changed keeper gives %v, want a replacement", changed.DetailedDiff)
	}
	// A read returns the state: the value exists nowhere else.
	read, err := engine.Read(p.ReadRequest{ID: id, Urn: urn(uuidToken), Properties: state, Inputs: old})
	if err != nil || read.ID != id || !property.New(read.Properties).Equals(property.New(state)) {
		t.Errorf("read gives %v, %v", read, err)
	}
}

func TestOnlyRandomUuidIsImplemented(t *testing.T) {
	engine := newEngine(t)
	for _, token := range []tokens.Type{"random:index/randomPet:RandomPet", "random:index/randomPassword:RandomPassword"} {
		_, err := engine.Check(p.CheckRequest{Urn: urn(token)})
		if err == nil || !strings.Contains(err.Error(), `fallback for the "random" plugin does not implement `+string(token)) {
			t.Errorf("error %v, want one that names %s", err, token)
		}
	}
	_, err := engine.Read(p.ReadRequest{ID: "x", Urn: urn(uuidToken)})
	if err == nil || !strings.Contains(err.Error(), "import") {
		t.Errorf("error %v, want a refused import", err)
	}
}
