package kubernetes

import (
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

func TestWhatReplacesAnObject(t *testing.T) {
	plain, mutable := newEngine(t), newEngine(t, "enableConfigMapMutable", "true")
	named := func(values ...any) property.Map {
		return props(append([]any{"metadata", object{"name": "a", "namespace": "n"}}, values...)...)
	}
	for name, one := range map[string]struct {
		token    tokens.Type
		old, new property.Map
		replaces bool
	}{
		"a name": {
			configMapToken,
			named(),
			props("metadata", object{"name": "b", "namespace": "n"}),
			true,
		},
		"a namespace": {
			configMapToken,
			named(),
			props("metadata", object{"name": "a", "namespace": "m"}),
			true,
		},
		"a label": {
			configMapToken,
			named(),
			props("metadata", object{"name": "a", "namespace": "n", "labels": object{"a": "1"}}),
			false,
		},
		"data of a config map": {
			configMapToken,
			named("data", object{"a": "1"}),
			named("data", object{"a": "2"}),
			true,
		},
		"added data": {configMapToken, named(), named("data", object{"a": "2"}), true},
		"an address": {
			serviceToken,
			named("spec", object{"clusterIP": "10.0.0.1"}),
			named("spec", object{"clusterIP": "10.0.0.2"}),
			true,
		},
		"a port": {
			serviceToken,
			named("spec", object{"ports": list{object{"port": 80}}}),
			named("spec", object{"ports": list{object{"port": 81}}}),
			false,
		},
		"a role reference": {
			"kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
			named("roleRef", object{"name": "a"}),
			named("roleRef", object{"name": "b"}),
			true,
		},
		"subjects": {
			"kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
			named("subjects", list{object{"name": "a"}}),
			named("subjects", list{}),
			false,
		},
		"a deployment's labels": {deploymentToken, deployment("a"), deployment("b"), true},
		"a deployment's image":  {deploymentToken, deployment("a"), imaged(deployment("a"), "i:2"), false},
		"a daemon set's labels": {"kubernetes:apps/v1:DaemonSet", deployment("a"), deployment("b"), true},
		"a frozen config map":   {configMapToken, named("immutable", true), named("immutable", false), true},
		"a custom resource": {
			"kubernetes:example.com/v1:Thing",
			named("spec", object{"selector": "a"}),
			named("spec", object{"selector": "b"}),
			false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			old := plain.check(one.token, property.Map{}, one.old)
			diff := plain.diff(one.token, old, one.new)
			replaces := false
			for _, change := range diff.DetailedDiff {
				replaces = replaces || strings.HasSuffix(string(change.Kind), "&replace")
			}
			if !diff.HasChanges || replaces != one.replaces {
				t.Errorf("replaces %v, diff %v, want %v", replaces, diff.DetailedDiff, one.replaces)
			}
			sameName := textAt(old, "metadata", "name") == textAt(one.new, "metadata", "name") &&
				textAt(old, "metadata", "namespace") == textAt(plain.check(one.token, old, one.new), "metadata", "namespace")
			if diff.DeleteBeforeReplace != (one.replaces && sameName) {
				t.Errorf("delete before replace is %v", diff.DeleteBeforeReplace)
			}
			if same := plain.diff(one.token, old, one.old); same.HasChanges {
				t.Errorf("unchanged inputs differ: %v", same.DetailedDiff)
			}
		})
	}
	old := mutable.check(configMapToken, property.Map{}, named("data", object{"a": "1"}))
	if diff := mutable.diff(configMapToken, old, named("data", object{"a": "2"})); diff.DetailedDiff["data.a"].Kind != p.Update {
		t.Errorf("a mutable config map: %v", diff.DetailedDiff)
	}
	frozen := old.Set("immutable", property.New(true))
	diff := mutable.diff(configMapToken, frozen, frozen.Set("data", property.New(props("a", "2"))))
	if diff.DetailedDiff["data.a"].Kind != p.UpdateReplace {
		t.Errorf("an immutable config map of a provider that mutates: %v", diff.DetailedDiff)
	}
}

// imaged returns a workload with another image.
func imaged(workload property.Map, image string) property.Map {
	containers := property.New([]property.Value{property.New(props("name", "c", "image", image))})
	return with(workload, containers, "spec", "template", "spec", "containers")
}

func TestPaths(t *testing.T) {
	changes := diffObjects(object{"a": object{"b.c": list{object{"d": int64(1)}}}},
		object{"a": object{"b.c": list{object{"d": int64(2)}, "x"}}})
	if len(changes) != 2 || changes[0].path.String() != `a["b.c"][0].d` || changes[1].path.String() != `a["b.c"][1]` {
		t.Errorf("changes %v", changes)
	}
	if changes := diffObjects(object{"a": int64(1), "b": nil}, object{"a": float64(1)}); len(changes) != 0 {
		t.Errorf("the same numbers differ: %v", changes)
	}
}

func TestWhereAnObjectGoes(t *testing.T) {
	server := newAPIServer(t)
	engine := newEngine(t, "kubeconfig", server.kubeconfig())
	bare, filled := props("metadata", object{"name": "a"}), props("metadata", object{"name": "a", "namespace": "default"})
	for _, one := range [][2]property.Map{{bare, filled}, {filled, bare}} {
		response, err := engine.Diff(p.DiffRequest{ID: "a", Urn: urn(configMapToken), OldInputs: one[0], Inputs: one[1]})
		if err != nil || response.HasChanges {
			t.Errorf("a filled-in namespace is a change: %v %v", response, err)
		}
	}
	role := tokens.Type("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole")
	if checked := engine.check(role, property.Map{}, bare); !at(checked, "metadata", "namespace").IsNull() {
		t.Errorf("a cluster role was put into a namespace: %v", checked)
	}
	if checked := engine.check(configMapToken, property.Map{}, bare); textAt(checked, "metadata", "namespace") != "default" {
		t.Errorf("a config map was not put into a namespace: %v", checked)
	}
	// A kind that was unknown to the check may have no namespace.
	created, err := engine.Create(p.CreateRequest{Urn: urn(role), Properties: filled.Set("kind", property.New("ClusterRole")).
		Set("apiVersion", property.New("rbac.authorization.k8s.io/v1"))})
	request := server.last(t, "POST")
	if err != nil || created.ID != "a" || request.path != "/apis/rbac.authorization.k8s.io/v1/clusterroles" ||
		metadataOf(request.body)["namespace"] != nil {
		t.Errorf("error %v, id %q, request %+v", err, created.ID, request)
	}
}
