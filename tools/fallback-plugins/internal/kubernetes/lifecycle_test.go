package kubernetes

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

const defaultConfigMaps = "/api/v1/namespaces/default/configmaps"

func TestConfigMapLifecycle(t *testing.T) {
	server := newAPIServer(t)
	engine := newEngine(t, "kubeconfig", server.kubeconfig())
	inputs := props("metadata", object{"name": "a"}, "data", object{"k": "v"}, "immutable", false)
	created, old := engine.mustCreate(configMapToken, inputs)
	if created.ID != "default/a" || textAt(created.Properties, "metadata", "uid") == "" {
		t.Errorf("id %q, state %v, want the live object", created.ID, created.Properties)
	}
	body := server.last(t, "POST").body
	if body["apiVersion"] != "v1" || body["kind"] != "ConfigMap" {
		t.Errorf("the object was sent as %v", body)
	}

	labelled := inputs.Set("metadata", property.New(props("name", "a", "labels", object{"l": "1"})))
	updated, err := engine.Update(p.UpdateRequest{ID: created.ID, Urn: urn(configMapToken), State: created.Properties,
		OldInputs: old, Inputs: engine.check(configMapToken, old, labelled)})
	if err != nil {
		t.Fatal(err)
	}
	patch := server.last(t, "PATCH")
	manager := textAt(created.Properties, stateFieldManager)
	if patch.path != defaultConfigMaps+"/a" || !strings.HasPrefix(patch.contentType, "application/apply-patch") ||
		!strings.Contains(patch.query, "fieldManager="+manager) || !strings.Contains(patch.query, "force=false") {
		t.Errorf("the update was %s %s %s", patch.path, patch.contentType, patch.query)
	}
	if metadata := metadataOf(patch.body); metadata["resourceVersion"] != nil || metadata["managedFields"] != nil {
		t.Errorf("the update sends fields that only the server writes: %v", metadata)
	}
	if again := textAt(updated.Properties, stateFieldManager); again != manager {
		t.Errorf("the field manager changed from %s to %s", manager, again)
	}

	err = engine.Delete(p.DeleteRequest{ID: created.ID, Urn: urn(configMapToken), Properties: updated.Properties})
	if err != nil {
		t.Fatal(err)
	}
	// Before it applies, the first update moves the fields of the create to its own field manager.
	want := []string{"POST " + defaultConfigMaps, "PATCH " + defaultConfigMaps + "/a", "PATCH " + defaultConfigMaps + "/a",
		"DELETE " + defaultConfigMaps + "/a"}
	if made := server.made(); !slices.Equal(made, want) {
		t.Errorf("requests %v, want %v", made, want)
	}
	if body := server.last(t, "DELETE").body; body["propagationPolicy"] != "Foreground" {
		t.Errorf("deleted with %v", body)
	}
	if err := engine.Delete(p.DeleteRequest{ID: created.ID, Urn: urn(configMapToken)}); err != nil {
		t.Errorf("deleting a missing object: %v", err)
	}
}

func TestCreateRefusesAnExistingObjectUnlessUpsertIsSet(t *testing.T) {
	server := newAPIServer(t)
	engine := newEngine(t, "kubeconfig", server.kubeconfig())
	inputs := props("metadata", object{"name": "a"})
	engine.mustCreate(configMapToken, inputs)
	_, _, err := engine.create(configMapToken, inputs)
	if err == nil || !strings.Contains(err.Error(), errAlreadyExists.Error()) {
		t.Errorf("error %v, want a refusal", err)
	}
	newEngine(t, "kubeconfig", server.kubeconfig(), "upsertExistingObjects", "true").mustCreate(configMapToken, inputs)
	if last := server.last(t, "PATCH"); !strings.HasPrefix(last.contentType, "application/apply-patch") {
		t.Errorf("applied by %s", last.contentType)
	}
}

func TestConflictNamesTheOtherManagerAndTheFix(t *testing.T) {
	server := newAPIServer(t)
	engine := newEngine(t, "kubeconfig", server.kubeconfig())
	created, old := engine.mustCreate(configMapToken, props("metadata", object{"name": "a"}))
	server.conflict = true
	inputs := engine.check(configMapToken, old, props("metadata", object{"name": "a"}, "data", object{"a": "1"}))
	request := p.UpdateRequest{ID: created.ID, Urn: urn(configMapToken), State: created.Properties, OldInputs: old,
		Inputs: inputs}
	_, err := engine.Update(request)
	if err == nil || !strings.Contains(err.Error(), "stranger") ||
		!strings.Contains(err.Error(), "PULUMI_K8S_ENABLE_PATCH_FORCE=true") {
		t.Errorf("error %v, want the other manager and the fix", err)
	}
	forcing := newEngine(t, "kubeconfig", server.kubeconfig(), "enablePatchForce", "true")
	if _, err := forcing.Update(request); err != nil {
		t.Errorf("forced: %v", err)
	}
}

func TestCreateWaitsForTheNamespace(t *testing.T) {
	server := newAPIServer(t)
	engine := newEngine(t, "kubeconfig", server.kubeconfig())
	time.AfterFunc(30*time.Millisecond, func() {
		server.mutex.Lock()
		defer server.mutex.Unlock()
		server.objects["/api/v1/namespaces/later"] = object{}
	})
	created, _ := engine.mustCreate(configMapToken, props("metadata", object{"name": "a", "namespace": "later"}))
	if created.ID != "later/a" {
		t.Errorf("id %q", created.ID)
	}
}

func TestSecretsStaySecret(t *testing.T) {
	server := newAPIServer(t)
	engine := newEngine(t, "kubeconfig", server.kubeconfig())
	created, checked := engine.mustCreate(secretToken, props("metadata", object{"name": "s"},
		"stringData", object{"p": "hunter22"}))
	for place, properties := range map[string]property.Map{
		"inputs": checked, "state": created.Properties, "inputs in the state": created.Properties.Get(stateInputs).AsMap(),
	} {
		if !properties.Get("stringData").Secret() {
			t.Errorf("stringData is not secret in the %s", place)
		}
	}
	labels := props("a", property.New("s3cret-label").WithSecret(true), "b", "plain")
	metadata := props("name", "c", "labels", property.New(labels))
	state, _ := engine.mustCreate(configMapToken, props("metadata", property.New(metadata)))
	if got := at(state.Properties, "metadata", "labels", "a"); !got.Secret() {
		t.Error("a secret label is not secret in the state")
	}
	if got := at(state.Properties, "metadata", "labels", "b"); got.Secret() {
		t.Error("a plain label became secret")
	}
	err := redact(errors.New("invalid: hunter22 aHVudGVyMjI= x"), checked)
	if strings.Contains(err.Error(), "hunter22") || strings.Contains(err.Error(), "aHVudGVyMjI=") ||
		!strings.Contains(err.Error(), "invalid") {
		t.Errorf("error %v shows a secret", err)
	}
}

func TestReadFindsDriftAndNothingElse(t *testing.T) {
	server := newAPIServer(t)
	engine := newEngine(t, "kubeconfig", server.kubeconfig())
	created, old := engine.mustCreate(configMapToken, props("metadata", object{"name": "a"}, "data", object{"k": "v"}))
	read := func() p.ReadResponse {
		response, err := engine.Read(p.ReadRequest{ID: created.ID, Urn: urn(configMapToken), Properties: created.Properties,
			Inputs: old})
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
	if same := read(); !property.New(same.Inputs).Equals(property.New(old)) {
		t.Errorf("read of an unchanged object: %v, want %v", same.Inputs, old)
	}
	server.objects[defaultConfigMaps+"/a"]["data"] = object{"k": "drifted", "new": "other"}
	drifted := read()
	diff := engine.diff(configMapToken, drifted.Inputs, props("metadata", object{"name": "a"}, "data", object{"k": "v"}))
	if len(diff.DetailedDiff) != 1 || diff.DetailedDiff["data.k"].Kind != p.UpdateReplace {
		t.Errorf("diff after drift: %v", diff.DetailedDiff)
	}
	_, err := engine.Read(p.ReadRequest{ID: "default/a", Urn: urn(configMapToken)})
	if err == nil || !strings.Contains(err.Error(), "does not implement import of "+string(configMapToken)) {
		t.Errorf("error %v, want a refused import", err)
	}
	delete(server.objects, defaultConfigMaps+"/a")
	if gone := read(); gone.ID != "" {
		t.Errorf("a missing object was read as %q", gone.ID)
	}
}

func TestDeleteWaitsUntilTheObjectIsMissing(t *testing.T) {
	server := newAPIServer(t)
	engine := newEngine(t, "kubeconfig", server.kubeconfig())
	created, _ := engine.mustCreate(configMapToken, props("metadata", object{"name": "a"}))
	server.lingers = true
	remaining := 3
	server.onGet = func(kept map[string]any) map[string]any {
		if remaining--; remaining < 0 {
			return nil
		}
		return kept
	}
	request := p.DeleteRequest{ID: created.ID, Urn: urn(configMapToken), Properties: created.Properties}
	if err := engine.Delete(request); err != nil || remaining >= 0 {
		t.Errorf("error %v, %d looks left", err, remaining)
	}

	created, _ = engine.mustCreate(configMapToken, props("metadata", object{"name": "b"}))
	server.onGet = nil
	request = p.DeleteRequest{ID: created.ID, Urn: urn(configMapToken), Properties: created.Properties, Timeout: 0.2}
	if err := engine.Delete(request); err == nil || !strings.Contains(err.Error(), "example.com/hold") {
		t.Errorf("error %v, want the limit and the finalizer", err)
	}
}

func TestCancelEndsAWait(t *testing.T) {
	server := newAPIServer(t)
	engine := newEngine(t, "kubeconfig", server.kubeconfig())
	time.AfterFunc(100*time.Millisecond, func() { engine.Cancel() })
	response, _, err := engine.create(deploymentToken, deployment("a"))
	if err == nil || !strings.Contains(err.Error(), "cancelled") || response.PartialState == nil || response.ID == "" {
		t.Errorf("error %v, response %+v, want a cancelled wait that keeps the object", err, response)
	}
}

func deployment(app string, annotations ...string) property.Map {
	noted := object{}
	for i := 0; i < len(annotations); i += 2 {
		noted[annotations[i]] = annotations[i+1]
	}
	labels := object{"app": app}
	return props("metadata", object{"name": "d", "annotations": noted},
		"spec", object{"replicas": 1, "selector": object{"matchLabels": labels}, "template": object{
			"metadata": object{"labels": labels}, "spec": object{"containers": list{object{"name": "c", "image": "i:1"}}}}})
}

func TestUnreadyDeploymentFailsAndStaysInTheState(t *testing.T) {
	server := newAPIServer(t)
	engine := newEngine(t, "kubeconfig", server.kubeconfig())
	server.objects["/api/v1/namespaces/default/pods/d-1"] = object{"metadata": object{"name": "d-1"}, "status": object{
		"phase": "Pending", "containerStatuses": list{object{"name": "c", "state": object{"waiting": object{
			"reason": "ImagePullBackOff", "message": "no such image"}}}}}}
	server.objects["/api/v1/namespaces/default/events/e"] = object{"metadata": object{"name": "e"}, "reason": "FailedMount",
		"message": "volume is not there", "lastTimestamp": "2026-01-01T00:00:00Z"}
	response, checked, err := engine.create(deploymentToken, deployment("a", annotationTimeout, "1"))
	if err == nil || response.PartialState == nil || response.ID != "default/d" {
		t.Fatalf("error %v, response %+v, want a kept but unready object", err, response)
	}
	for _, wanted := range []string{"not ready after 1s", "pod d-1: Pending", "ImagePullBackOff: no such image",
		"FailedMount: volume is not there"} {
		if !strings.Contains(response.PartialState.Reasons[0], wanted) {
			t.Errorf("reason %q lacks %q", response.PartialState.Reasons[0], wanted)
		}
	}

	// The engine updates a resource with such an error even without a change, so the wait continues.
	looks := 0
	server.onGet = func(kept map[string]any) map[string]any {
		if looks++; looks > 3 && kept["kind"] == "Deployment" {
			kept["status"] = object{"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1,
				"conditions": list{object{"type": "Available", "status": "True"}}}
		}
		return kept
	}
	updated, err := engine.Update(p.UpdateRequest{ID: response.ID, Urn: urn(deploymentToken), State: response.Properties,
		OldInputs: checked, Inputs: checked})
	if err != nil || at(updated.Properties, "status", "availableReplicas").AsNumber() != 1 {
		t.Errorf("error %v, status %v, want a ready object", err, at(updated.Properties, "status"))
	}
}

func TestSkipAwait(t *testing.T) {
	engine := newEngine(t, "kubeconfig", newAPIServer(t).kubeconfig())
	engine.mustCreate(deploymentToken, deployment("a", annotationSkipAwait, "true"))
}

func TestServiceWaitsForItsEndpoints(t *testing.T) {
	server := newAPIServer(t)
	engine := newEngine(t, "kubeconfig", server.kubeconfig())
	inputs := props("metadata", object{"name": "s"}, "spec", object{"selector": object{"app": "a"}})
	checked := engine.check(serviceToken, property.Map{}, inputs)
	response, err := engine.Create(p.CreateRequest{Urn: urn(serviceToken), Properties: checked, Timeout: 0.2})
	if err == nil || response.PartialState == nil || !strings.Contains(err.Error(), "endpoints") {
		t.Errorf("error %v, want missing endpoints", err)
	}
	server.objects["/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/s-1"] = object{
		"metadata": object{"name": "s-1"}, "endpoints": list{object{"conditions": object{"ready": true}}}}
	_, err = engine.Update(p.UpdateRequest{ID: response.ID, Urn: urn(serviceToken), State: response.Properties,
		OldInputs: checked, Inputs: checked})
	if err != nil {
		t.Errorf("a service with a ready endpoint: %v", err)
	}
}
