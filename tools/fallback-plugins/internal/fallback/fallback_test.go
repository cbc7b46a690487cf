package fallback

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
)

func TestRefusalNamesTheFeatureAndThePlugin(t *testing.T) {
	err := Refusal("random", "random:index/randomPet:RandomPet").Error()
	for _, wanted := range []string{"random:index/randomPet:RandomPet", "nodeforge fallback", `"random"`, "official plugin"} {
		if !strings.Contains(err, wanted) {
			t.Errorf("%q lacks %q", err, wanted)
		}
	}
}

func TestVersionsAreVersions(t *testing.T) {
	for _, version := range []string{CommandVersion, RandomVersion, KubernetesVersion} {
		if _, err := semver.Parse(version); err != nil {
			t.Errorf("%q: %v", version, err)
		}
	}
}

func TestAnnounceKeepsConfigure(t *testing.T) {
	calls := 0
	provider := Announce(p.Provider{Configure: func(context.Context, p.ConfigureRequest) error {
		calls++
		return errors.New("the provider's own error")
	}}, "test", "1.0.0")
	server, err := integration.NewServer(context.Background(), "test", semver.MustParse("1.0.0"),
		integration.WithProvider(provider))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := server.Configure(p.ConfigureRequest{}); err == nil || err.Error() != "the provider's own error" {
			t.Errorf("error %v", err)
		}
	}
	if calls != 2 {
		t.Errorf("the provider was configured %d times, want 2", calls)
	}
}

func TestReplaceOnTakesTheWholeProperty(t *testing.T) {
	provider := ReplaceOn(p.Provider{Diff: func(context.Context, p.DiffRequest) (p.DiffResponse, error) {
		return p.DiffResponse{DetailedDiff: map[string]p.PropertyDiff{
			"triggers": {Kind: p.Add}, "triggers[0].a": {Kind: p.Update}, "triggers.b": {Kind: p.Delete},
			"triggersToo": {Kind: p.Update}, "other": {Kind: p.Update},
		}}, nil
	}}, "triggers")
	response, err := provider.Diff(context.Background(), p.DiffRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]p.DiffKind{
		"triggers": p.AddReplace, "triggers[0].a": p.UpdateReplace, "triggers.b": p.DeleteReplace,
		"triggersToo": p.Update, "other": p.Update,
	} {
		if got := response.DetailedDiff[path].Kind; got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}
