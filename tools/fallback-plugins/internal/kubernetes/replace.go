package kubernetes

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// places are fields of an object, as paths; "*" stands for any key or index.
type places []string

// covers tells whether a change at, inside or around one of the fields is a change of it.
func (f places) covers(changed path) bool {
	return slices.ContainsFunc(f, func(field string) bool {
		for i, step := range strings.Split(field, ".") {
			if i >= len(changed) {
				return true // all of what is around the field appeared or went
			}
			if step != "*" && step != changed[i] {
				return false
			}
		}
		return true
	})
}

// The fields of a Pod that can change on a running one.
var podMutable = []string{"activeDeadlineSeconds", "containers", "initContainers", "ephemeralContainers", "tolerations",
	"schedulingGates"}

const rbacGroup = "rbac.authorization.k8s.io"

// immutableFields are the fields, by kind, that the API server refuses to change, or whose change the official plugin
// makes a replacement for.
var immutableFields = map[schema.GroupKind]places{
	{Group: "apps", Kind: "DaemonSet"}:  {"spec.selector"},
	{Group: "apps", Kind: "Deployment"}: {"spec.selector"},
	{Group: "apps", Kind: "StatefulSet"}: {"spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.selector",
		"spec.serviceName", "spec.volumeClaimTemplates"},
	{Group: "batch", Kind: "Job"}:                   {"spec.completions", "spec.parallelism", "spec.selector", "spec.template"},
	{Group: rbacGroup, Kind: "ClusterRoleBinding"}:  {"roleRef"},
	{Group: rbacGroup, Kind: "RoleBinding"}:         {"roleRef"},
	{Group: "storage.k8s.io", Kind: "StorageClass"}: {"parameters", "provisioner"},
	{Kind: "PersistentVolumeClaim"}: {"spec.accessModes", "spec.selector", "spec.storageClassName",
		"spec.volumeName"},
	{Kind: "ResourceQuota"}: {"spec.scopes"},
	{Kind: "Service"}:       {"spec.clusterIP"},
}

// volumeSources are the fields of a PersistentVolume that say where the data is.
var volumeSources = []string{"awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc",
	"flexVolume", "flocker", "gcePersistentDisk", "glusterfs", "hostPath", "iscsi", "local", "nfs", "photonPersistentDisk",
	"portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume"}

// immutable lists the fields whose change replaces an object that is to become new instead of old.
func (k *plugin) immutable(kind schema.GroupVersionKind, old, new map[string]any) places {
	result := append(places{"kind", "metadata.name", "metadata.namespace"}, immutableFields[kind.GroupKind()]...)
	frozen := old["immutable"] == true || new["immutable"] == true
	if old["immutable"] == true {
		result = append(result, "immutable")
	}
	switch kind.GroupKind() {
	case schema.GroupKind{Kind: "ConfigMap"}:
		if frozen || !k.settings.mutableConfigMap {
			result = append(result, "data", "binaryData")
		}
	case schema.GroupKind{Kind: "Secret"}:
		result = append(result, "type")
		if frozen || !k.settings.mutableSecret {
			result = append(result, "data", "stringData")
		}
	case schema.GroupKind{Kind: "Pod"}:
		for _, pod := range []map[string]any{old, new} {
			spec, _ := pod["spec"].(map[string]any)
			for field := range spec {
				if !slices.Contains(podMutable, field) {
					result = append(result, "spec."+field)
				}
			}
		}
		// Even the image, which the API server would change, as the official plugin does.
		result = append(result, "spec.containers.*.*", "spec.initContainers.*.*")
	case schema.GroupKind{Kind: "PersistentVolume"}:
		for _, source := range volumeSources {
			result = append(result, "spec."+source)
		}
	}
	return result
}
