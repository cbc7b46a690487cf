package random

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"golang.org/x/crypto/bcrypt"
)

const (
	idToken       = tokens.Type("random:index/randomId:RandomId")
	uuidToken     = tokens.Type("random:index/randomUuid:RandomUuid")
	stringToken   = tokens.Type("random:index/randomString:RandomString")
	passwordToken = tokens.Type("random:index/randomPassword:RandomPassword")
	bytesToken    = tokens.Type("random:index/randomBytes:RandomBytes")
)

// engine speaks to the whole plugin the way Pulumi's engine does.
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

// props makes inputs of names and values by turns.
func props(values ...any) property.Map {
	properties := map[string]property.Value{}
	for i := 0; i < len(values); i += 2 {
		properties[values[i].(string)] = resource.FromResourcePropertyValue(resource.NewPropertyValue(values[i+1]))
	}
	return property.NewMap(properties)
}

func TestIDNotations(t *testing.T) {
	id, state := newEngine(t).create(idToken, props("byteLength", 5, "prefix", "p-"))
	bytes, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil || len(bytes) != 5 {
		t.Fatalf("id %q is not 5 bytes of base64: %v", id, err)
	}
	for key, want := range map[string]string{
		"b64Url": "p-" + id,
		"b64Std": "p-" + base64.StdEncoding.EncodeToString(bytes),
		"hex":    "p-" + hex.EncodeToString(bytes),
		"dec":    "p-" + new(big.Int).SetBytes(bytes).String(),
	} {
		if value := state.Get(key); value.AsString() != want || value.Secret() {
			t.Errorf("%s is %#v, want %q, not secret", key, value, want)
		}
	}
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

func TestBytesAreSecret(t *testing.T) {
	_, state := newEngine(t).create(bytesToken, props("length", 7))
	bytes, err := hex.DecodeString(state.Get("hex").AsString())
	if err != nil || len(bytes) != 7 || base64.StdEncoding.EncodeToString(bytes) != state.Get("base64").AsString() {
		t.Errorf("hex %#v and base64 %#v are not the same 7 bytes", state.Get("hex"), state.Get("base64"))
	}
	if !state.Get("hex").Secret() || !state.Get("base64").Secret() {
		t.Error("random bytes are not secret")
	}
}

func TestPasswordIsSecretAndItsIDTellsNothing(t *testing.T) {
	id, state := newEngine(t).create(passwordToken, props("length", 90))
	password := state.Get("result")
	if id != "none" || !password.Secret() || !state.Get("bcryptHash").Secret() {
		t.Errorf("id %q, result secret %v, hash secret %v", id, password.Secret(), state.Get("bcryptHash").Secret())
	}
	if len(password.AsString()) != 90 {
		t.Errorf("%d characters, want 90", len(password.AsString()))
	}
	hash := []byte(state.Get("bcryptHash").AsString())
	if err := bcrypt.CompareHashAndPassword(hash, []byte(password.AsString())[:72]); err != nil {
		t.Errorf("the hash is not the password's: %v", err)
	}
}

func TestStringFollowsItsRecipe(t *testing.T) {
	engine := newEngine(t)
	for name, one := range map[string]struct {
		inputs  property.Map
		pattern string
	}{
		"everything":     {props("length", 40), `^[!-~]{40}$`},
		"a token's half": {props("length", 6, "special", false, "upper", false), `^[a-z0-9]{6}$`},
		"digits only":    {props("length", 9, "special", false, "upper", false, "lower", false), `^[0-9]{9}$`},
		"no digits":      {props("length", 30, "special", false, "numeric", false), `^[a-zA-Z]{30}$`},
		"the old name":   {props("length", 30, "special", false, "number", false), `^[a-zA-Z]{30}$`},
		"own specials":   {props("length", 8, "overrideSpecial", "£_", "minSpecial", 8), `^[£_]{8}$`},
	} {
		t.Run(name, func(t *testing.T) {
			_, state := engine.create(stringToken, one.inputs)
			if result := state.Get("result").AsString(); !regexp.MustCompile(one.pattern).MatchString(result) {
				t.Errorf("%q does not match %s", result, one.pattern)
			}
		})
	}
	_, state := engine.create(stringToken, props("length", 4, "minLower", 1, "minUpper", 1, "minNumeric", 1, "minSpecial", 1))
	result := state.Get("result").AsString()
	for _, class := range []string{lowerCase, upperCase, digits, specials} {
		if strings.IndexAny(result, class) < 0 {
			t.Errorf("%q has nothing of %s", result, class)
		}
	}
}

func TestImpossibleRecipesAreRefused(t *testing.T) {
	engine := newEngine(t)
	for property, inputs := range map[string]property.Map{
		"length":   props("length", 3, "minLower", 2, "minUpper", 2),
		"minLower": props("length", 9, "lower", false, "minLower", 1),
		"number":   props("length", 9, "numeric", true, "number", false),
		"special":  props("length", 9, "lower", false, "upper", false, "numeric", false, "special", false),
	} {
		response, err := engine.Check(p.CheckRequest{Urn: urn(stringToken), Inputs: inputs})
		if err != nil || len(response.Failures) != 1 || response.Failures[0].Property != property {
			t.Errorf("error %v, failures %v, want one of %s", err, response.Failures, property)
		}
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
	for _, token := range []tokens.Type{idToken, uuidToken, stringToken, passwordToken, bytesToken} {
		t.Run(token.Name().String(), func(t *testing.T) {
			size := map[tokens.Type]string{idToken: "byteLength", uuidToken: ""}
			inputs := props("keepers", map[string]any{"generation": "1"})
			if name, special := size[token]; !special {
				inputs = inputs.Set("length", property.New(8.0))
			} else if name != "" {
				inputs = inputs.Set(name, property.New(8.0))
			}
			old := engine.check(token, inputs)
			id, state := engine.create(token, inputs)
			diff := func(inputs property.Map) p.DiffResponse {
				response, err := engine.Diff(p.DiffRequest{ID: id, Urn: urn(token), State: state, OldInputs: old,
					Inputs: engine.check(token, inputs)})
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
			// A read finds what is in the state: there is nowhere else to look.
			read, err := engine.Read(p.ReadRequest{ID: id, Urn: urn(token), Properties: state, Inputs: old})
			if err != nil || read.ID != id || !property.New(read.Properties).Equals(property.New(state)) {
				t.Errorf("read gives %v, %v", read, err)
			}
		})
	}
}

func TestOnlyTheImplementedPartIsTaken(t *testing.T) {
	engine := newEngine(t)
	_, err := engine.Check(p.CheckRequest{Urn: urn("random:index/randomPet:RandomPet")})
	if err == nil || !strings.Contains(err.Error(), "random:index/randomPet:RandomPet is not implemented by the nodeforge stand-in") {
		t.Errorf("error %v, want one that names the token", err)
	}
	_, err = engine.Read(p.ReadRequest{ID: "x", Urn: urn(uuidToken)})
	if err == nil || !strings.Contains(err.Error(), "import") {
		t.Errorf("error %v, want a refused import", err)
	}
}
