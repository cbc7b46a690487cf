package kubernetes

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

func TestLiveInTheShapeOfInputs(t *testing.T) {
	live := object{"status": object{}, "spec": object{"replicas": int64(2), "filled": "in", "resources": object{
		"requests": object{"cpu": "1", "memory": "1Gi"}}, "ports": list{object{"port": int64(80), "protocol": "TCP"}}}}
	inputs := object{"spec": object{"replicas": int64(1), "gone": "x", "empty": list{}, "resources": object{
		"requests": object{"cpu": "1000m", "memory": "1024Mi"}}, "ports": list{object{"port": int64(80)}}}}
	want := object{"spec": object{"replicas": int64(2), "empty": list{}, "resources": object{
		"requests": object{"cpu": "1000m", "memory": "1024Mi"}}, "ports": list{object{"port": int64(80)}}}}
	if changes := diffObjects(want, asInputs(live, inputs)); len(changes) != 0 {
		t.Errorf("differs from the expected object in %v", changes)
	}
}

func TestCustomResourceDefinitionKeys(t *testing.T) {
	spelled := props("schema", object{"x_kubernetes_preserve_unknown_fields": true})
	plain := plainObject(spelled)
	if plain["schema"].(object)["x-kubernetes-preserve-unknown-fields"] != true {
		t.Errorf("sent as %v", plain)
	}
	if back := properties(plain); !property.New(back).Equals(property.New(spelled)) {
		t.Errorf("came back as %v", back)
	}
}
