package kubernetes

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

func TestUnknownKubeconfigPreviewsWithoutACluster(t *testing.T) {
	// The official plugin would ask this cluster.
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "config"))
	if err := os.WriteFile(os.Getenv("KUBECONFIG"), []byte(newAPIServer(t).kubeconfig()), 0o600); err != nil {
		t.Fatal(err)
	}
	engine := newEngine(t, "kubeconfig", property.New(property.Computed))
	configured, err := engine.CheckConfig(p.CheckRequest{Inputs: props("kubeconfig", property.New(property.Computed))})
	if err != nil || len(configured.Failures) > 0 || !configured.Inputs.Get("kubeconfig").IsComputed() {
		t.Fatalf("check of the provider: %v %+v", err, configured)
	}
	inputs := engine.check(deploymentToken, property.Map{}, deployment("a"))
	preview, err := engine.Create(p.CreateRequest{Urn: urn(deploymentToken), Properties: inputs, DryRun: true})
	if err != nil || textAt(preview.Properties, "metadata", "name") != "d" {
		t.Errorf("preview of a create: %v %v", err, preview.Properties)
	}
	diff := engine.diff(deploymentToken, inputs, deployment("b"))
	if diff.DetailedDiff["spec.selector.matchLabels.app"].Kind != p.UpdateReplace || !diff.DeleteBeforeReplace {
		t.Errorf("diff %+v", diff)
	}
	_, err = engine.Update(p.UpdateRequest{ID: "d", Urn: urn(deploymentToken), OldInputs: inputs, Inputs: inputs, DryRun: true})
	if err != nil {
		t.Errorf("preview of an update: %v", err)
	}
	_, err = engine.Create(p.CreateRequest{Urn: urn(deploymentToken), Properties: inputs})
	if err == nil || !strings.Contains(err.Error(), "unreachable") {
		t.Errorf("error %v, want an unreachable cluster", err)
	}
}

func TestUnknownInputsArePreviewedAsTheyAre(t *testing.T) {
	server := newAPIServer(t)
	engine := newEngine(t, "kubeconfig", server.kubeconfig())
	inputs := props("metadata", property.New(props("name", property.New(property.Computed))),
		"data", property.New(props("k", property.New(property.Computed))))
	checked := engine.check(configMapToken, property.Map{}, inputs)
	preview, err := engine.Create(p.CreateRequest{Urn: urn(configMapToken), Properties: checked, DryRun: true})
	if err != nil || !at(preview.Properties, "data", "k").IsComputed() {
		t.Errorf("preview %v %v", preview.Properties, err)
	}
	if len(server.made()) != 0 {
		t.Errorf("the preview asked for %v", server.made())
	}
	known := engine.check(configMapToken, property.Map{}, props("metadata", object{"name": "a"}, "data", object{"k": "v"}))
	if diff := engine.diff(configMapToken, known, inputs); diff.DetailedDiff["data.k"].Kind != p.UpdateReplace ||
		diff.DetailedDiff["metadata.name"].Kind != p.UpdateReplace {
		t.Errorf("diff to unknown values: %v", diff.DetailedDiff)
	}
}

func TestPreviewIsADryRun(t *testing.T) {
	server := newAPIServer(t)
	engine := newEngine(t, "kubeconfig", server.kubeconfig())
	checked := engine.check(configMapToken, property.Map{}, props("metadata", object{"name": "a"}))
	_, err := engine.Create(p.CreateRequest{Urn: urn(configMapToken), Properties: checked, DryRun: true})
	if err != nil || !strings.Contains(server.last(t, "POST").query, "dryRun=All") {
		t.Errorf("error %v, query %q", err, server.last(t, "POST").query)
	}
	created, _ := engine.mustCreate(configMapToken, props("metadata", object{"name": "a"}))
	_, err = engine.Update(p.UpdateRequest{ID: created.ID, Urn: urn(configMapToken), State: created.Properties,
		OldInputs: checked, Inputs: checked, DryRun: true})
	if err != nil || !strings.Contains(server.last(t, "PATCH").query, "dryRun=All") {
		t.Errorf("error %v, query %q", err, server.last(t, "PATCH").query)
	}
}

func TestWrongKubeconfigIsNotShown(t *testing.T) {
	for _, broken := range []string{"clusters:\n- token: kubeconfig-token", "/no/such/kubeconfig-token"} {
		engine := newEngine(t, "kubeconfig", broken)
		_, _, err := engine.create(configMapToken, props("metadata", object{"name": "a"}))
		if err == nil || !strings.Contains(err.Error(), "kubeconfig") || strings.Contains(err.Error(), "kubeconfig-token") {
			t.Errorf("error %v, want one about the kubeconfig that does not show it", err)
		}
	}
}

func TestWhatReplacesTheProvider(t *testing.T) {
	kubeconfig := func(url, token string) string {
		return strings.Replace((&apiServer{Server: newAPIServer(t).Server}).kubeconfig(), "kubeconfig-token", token, 1) + url
	}
	first := kubeconfig("", "one")
	rotated := strings.Replace(first, "one", "two", 1)
	elsewhere := kubeconfig("", "one")
	engine := newEngine(t)
	for name, one := range map[string]struct {
		old, new property.Map
		kind     p.DiffKind
	}{
		"nothing":         {props("kubeconfig", first), props("kubeconfig", first), ""},
		"new credentials": {props("kubeconfig", first), props("kubeconfig", rotated), p.Update},
		"another cluster": {props("kubeconfig", first), props("kubeconfig", elsewhere), p.UpdateReplace},
		"not known yet": {
			props("kubeconfig", first),
			props("kubeconfig", property.New(property.Computed)),
			p.UpdateReplace,
		},
		"the same, identified": {
			props("kubeconfig", first, "clusterIdentifier", "x"),
			props("kubeconfig", elsewhere, "clusterIdentifier", "x"),
			p.Update,
		},
	} {
		t.Run(name, func(t *testing.T) {
			diff, err := engine.DiffConfig(p.DiffRequest{OldInputs: one.old, Inputs: one.new})
			if err != nil || diff.DetailedDiff["kubeconfig"].Kind != one.kind || diff.HasChanges != (one.kind != "") {
				t.Errorf("error %v, diff %+v, want %q", err, diff, one.kind)
			}
		})
	}
}
