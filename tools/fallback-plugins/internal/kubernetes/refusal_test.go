package kubernetes

import (
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestKindOf(t *testing.T) {
	for token, want := range map[tokens.Type]schema.GroupVersionKind{
		"kubernetes:core/v1:ConfigMap": {Version: "v1", Kind: "ConfigMap"},
		"kubernetes:apps/v1:DaemonSet": {Group: "apps", Version: "v1", Kind: "DaemonSet"},
		"kubernetes:rbac.authorization.k8s.io/v1:ClusterRole": {Group: "rbac.authorization.k8s.io", Version: "v1",
			Kind: "ClusterRole"},
		"kubernetes:example.com/v1alpha1:Thing": {Group: "example.com", Version: "v1alpha1", Kind: "Thing"},
	} {
		if kind, err := kindOf(token); err != nil || kind != want {
			t.Errorf("%s is %v, %v", token, kind, err)
		}
	}
	for _, token := range []tokens.Type{"kubernetes:helm.sh/v3:Release", "kubernetes:helm.sh/v4:Chart",
		"kubernetes:yaml/v2:ConfigFile", "kubernetes:kustomize/v2:Directory", "kubernetes:yaml:ConfigGroup"} {
		if _, err := kindOf(token); err == nil || !strings.Contains(err.Error(), "nodeforge fallback") ||
			!strings.Contains(err.Error(), string(token)) {
			t.Errorf("%s: error %v, want a refusal that names it", token, err)
		}
	}
}

func TestOnlyTheImplementedPartIsTaken(t *testing.T) {
	engine := newEngine(t)
	for name, one := range map[string]struct {
		token  tokens.Type
		inputs property.Map
		reason string
	}{
		"a patch": {"kubernetes:core/v1:ConfigMapPatch", props("kind", "ConfigMap", "metadata", object{"name": "a"}),
			"ConfigMapPatch"},
		"a list":  {"kubernetes:core/v1:ConfigMapList", props("items", list{}, "metadata", object{"name": "a"}), "list"},
		"no name": {configMapToken, props("metadata", object{"generateName": "x-"}), "without metadata.name"},
		"an annotation": {configMapToken, props("metadata", object{"name": "a", "annotations": object{"pulumi.com/waitFor": "x"}}),
			"pulumi.com/waitFor"},
	} {
		t.Run(name, func(t *testing.T) {
			response, err := engine.Check(p.CheckRequest{Urn: urn(one.token), Inputs: one.inputs})
			if err != nil || len(response.Failures) != 1 || !strings.Contains(response.Failures[0].Reason, one.reason) {
				t.Errorf("error %v, failures %v, want one about %s", err, response.Failures, one.reason)
			}
		})
	}
	for _, setting := range []string{"renderYamlToDirectory", "enableServerSideApply", "skipUpdateUnreachable", "strictMode",
		"deleteUnreachable", "kubeClientSettings", "context"} {
		value := map[string]string{"enableServerSideApply": "false"}[setting]
		if value == "" {
			value = "true"
		}
		response, err := engine.CheckConfig(p.CheckRequest{Inputs: props(setting, value)})
		if err != nil || len(response.Failures) != 1 || response.Failures[0].Property != setting {
			t.Errorf("%s: error %v, failures %v", setting, err, response.Failures)
		}
	}
	response, err := engine.CheckConfig(p.CheckRequest{Inputs: props("enableServerSideApply", "true", "kubeconfig", "x",
		"skipUpdateUnreachable", "false", "suppressDeprecationWarnings", "true", "clusterIdentifier", "x",
		"enableConfigMapMutable", "true", "version", "4.34.2")})
	if err != nil || len(response.Failures) != 0 {
		t.Errorf("defaults and implemented settings are refused: %v %v", err, response.Failures)
	}
}
