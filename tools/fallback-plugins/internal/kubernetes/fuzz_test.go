package kubernetes

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// FuzzObject checks that an answer of the API server is judged, described and compared, whatever its fields hold.
func FuzzObject(f *testing.F) {
	kind := `{"apiVersion":"apps/v1","kind":"Deployment",`
	for _, seed := range []string{
		kind + `"metadata":{"name":"a","generation":2},"spec":{"replicas":2},"status":{"observedGeneration":2,"replicas":2,` +
			`"updatedReplicas":2,"availableReplicas":1,"conditions":[{"type":"Progressing","status":"False","reason":"r"}]}}`,
		kind + `"metadata":null,"spec":[],"status":{"conditions":[null,1,{"type":1}],"replicas":1e300}}`,
		`{"apiVersion":"v1","kind":"Pod","status":{"phase":"Pending","containerStatuses":[{"name":"c","state":{"waiting":` +
			`{"reason":"r","message":"m"}},"lastState":{"terminated":{"exitCode":1}}},null]}}`,
		`{"apiVersion":"v1","kind":"ResourceQuota","spec":{"hard":{"cpu":"1000m","memory":1.5}}}`,
	} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		var live, inputs unstructured.Unstructured
		if live.UnmarshalJSON([]byte(one)) != nil || inputs.UnmarshalJSON([]byte(other)) != nil {
			return
		}
		for _, judge := range readinessRules {
			if found := judge(&live); found.ready == (found.why != "") {
				t.Errorf("%s is ready %t, because %q", one, found.ready, found.why)
			}
		}
		podTrouble(&live)
		if changes := diffObjects(live.Object, plainObject(properties(live.Object))); len(changes) > 0 && !hasOwnKeys(live.Object) {
			t.Errorf("%s has other values as properties: %v", one, changes)
		}
		shaped := asInputs(live.Object, inputs.Object)
		if changes := diffObjects(shaped, asInputs(shaped, inputs.Object)); len(changes) > 0 {
			t.Errorf("the shape of %s in %s changes the second time: %v", one, other, changes)
		}
		hide(properties(live.Object), properties(inputs.Object))
	})
}

// hasOwnKeys tells whether an object has keys that the program cannot send: those of the plugin and of the SDK's spelling.
func hasOwnKeys(value any) bool {
	switch value := value.(type) {
	case map[string]any:
		for key, item := range value {
			if strings.HasPrefix(key, "__") || apiKey(sdkKey(key)) != key || hasOwnKeys(item) {
				return true
			}
		}
	case []any:
		for _, item := range value {
			if hasOwnKeys(item) {
				return true
			}
		}
	}
	return false
}

// FuzzToken checks that the token of a resource is a kind, or is refused.
func FuzzToken(f *testing.F) {
	for _, seed := range []string{"kubernetes:core/v1:Pod", "kubernetes:helm.sh/v3:Release", "kubernetes:a/b/c:D", ":/:"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// The engine sends no other text.
		token, err := tokens.ParseTypeToken(text)
		if err != nil {
			return
		}
		if kind, err := kindOf(token); err == nil && (kind.Kind == "" || kind.Version == "") {
			t.Errorf("%q has no kind or no version, and is not refused", text)
		}
	})
}

// FuzzKubeconfig checks that a kubeconfig is read or refused, and that no error shows a key of it.
func FuzzKubeconfig(f *testing.F) {
	const secret = "c2VjcmV0LWtleQ"
	f.Add("apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: 'https://192.0.2.1'}}]\n" +
		"contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n")
	f.Add("{}")
	f.Add("clusters: {}")
	f.Fuzz(func(t *testing.T, text string) {
		s := settings{kubeconfig: text + "\nusers: [{name: u, user: {client-key-data: " + secret + "}}]\n"}
		s.activeCluster()
		client, err := s.clientConfig()
		if err == nil {
			_, _, err = client.Namespace()
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows a key: %v", err)
		}
	})
}
