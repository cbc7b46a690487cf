package kubernetes

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// places are fields of an object, as paths.
type places []string

// covers returns whether a change at, inside or around one of the fields changes it.
func (f places) covers(changed path) bool {
	return slices.ContainsFunc(f, func(field string) bool {
		for i, step := range strings.Split(field, ".") {
			if i >= len(changed) {
				return true // the change adds or removes everything around the field
			}
			if step != changed[i] {
				return false
			}
		}
		return true
	})
}

// immutableFields are the fields, by kind, that the API server refuses to change, or whose change makes the official
// plugin replace the object. Only the kinds that the program uses are here.
var immutableFields = map[schema.GroupKind]places{
	{Group: "apps", Kind: "DaemonSet"}:                               {"spec.selector"},
	{Group: "apps", Kind: "Deployment"}:                              {"spec.selector"},
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}: {"roleRef"},
	{Kind: "Service"}:                                                {"spec.clusterIP"},
}

// immutable lists the fields whose change from old to new replaces an object.
func (k *plugin) immutable(kind schema.GroupVersionKind, old, new map[string]any) places {
	result := append(places{"kind", "metadata.name", "metadata.namespace"}, immutableFields[kind.GroupKind()]...)
	if kind.GroupKind() != (schema.GroupKind{Kind: "ConfigMap"}) {
		return result
	}
	if old["immutable"] == true {
		result = append(result, "immutable")
	}
	if old["immutable"] == true || new["immutable"] == true || !k.settings.mutableConfigMap {
		result = append(result, "data", "binaryData")
	}
	return result
}
